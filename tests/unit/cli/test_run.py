from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from workbench.cli.experiment import group as experiment_group
from workbench.cli.progress import Progress
from workbench.cli.run import group as run_group
from workbench.cli.run_text import duration, figure
from workbench.compute import jobs
from workbench.compute.events import EventWriter, Message, Metric, Phase
from workbench.data import datasets
from workbench.errors import BadInput, Conflict, NotFound, UsageError
from workbench.experiments import runs
from workbench.project.project import Project, init_project, open_project
from workbench.records.runs import MetricFigures, RunEnded

NEW = ("new", "late", "--dataset", "rows", "--target", "y", "--task", "binary")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for module in (jobs, runs):
        monkeypatch.setattr(module, "wake_runner", lambda project: None)
    init_project(tmp_path / "line", "line")
    project = open_project(tmp_path / "line", via="test")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    file = tmp_path / "rows.csv"
    lines = [f"{(i * 37) % 61},{'late' if i % 3 else 'ok'}" for i in range(60)]
    file.write_text("x,y\n" + "\n".join(lines) + "\n")
    datasets.add(project, file, name="rows")
    return project


def run(group: Any, *words: str) -> Result:
    result = CliRunner().invoke(group, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def data(result: Result, schema: str) -> Any:
    body = json.loads(result.stdout)
    assert body["schema"] == f"workbench/{schema}"
    return body["data"]


def test_new_and_show(project: Project) -> None:
    made = run(experiment_group, *NEW, "--threshold", "0.8", "--drop", "x2", "--folds", "3")
    # The problem is written, and what keeps a run from it is told at once.
    assert "There is no column x2" in made.stderr
    shown = data(run(experiment_group, "show", "late", "--json"), "experiment.show@1")
    problem = shown["experiment"]["problem"]
    assert (problem["metric"], problem["direction"], problem["threshold"]) == (
        "roc_auc", "maximize", 0.8,
    )  # fmt: skip
    assert problem["split"]["folds"] == 3
    text = run(experiment_group, "show", "late").stdout
    assert "metric   roc_auc, maximize, threshold 0.8" in text
    (row,) = data(run(experiment_group, "list", "--json"), "experiment.list@1")
    assert (row["name"], row["runs"]) == ("late", 0)
    assert run(experiment_group, "list").stdout.splitlines()[1].split()[:3] == [
        "late",
        "binary",
        "y",
    ]
    with pytest.raises(Conflict):
        run(experiment_group, *NEW)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("--metric", "rmse"), BadInput),
        (("--folds", "1"), UsageError),
        (("--test", "1.5"), UsageError),
        (("--split-seed", "-1"), UsageError),
    ],
)
def test_new_refuses_and_writes_nothing(
    project: Project, words: tuple[str, ...], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        run(experiment_group, *NEW, *words)
    assert not project.paths.experiments.exists()


def test_train_detached_list_show_compare(project: Project) -> None:
    run(experiment_group, *NEW)
    assert run(run_group, "list").stdout.startswith("No runs.")
    queued = run(run_group, "train", "late", "--trainer", "hgb", "-P", "max_iter=5", "--detach")
    assert queued.stdout == "r_1\n"
    second = data(
        run(run_group, "train", "late", "--trainer", "linear", "--detach", "--json"), "run.train@1"
    )
    assert second["reference"] == "r_2"
    for number, value in ((1, 0.9), (2, "NaN")):
        figures = MetricFigures(last=value, best=value, min=value, max=value)
        project.store.append(
            RunEnded(
                id=runs.get_run(project, f"r_{number}").id, state="succeeded",
                metrics={"roc_auc": figures, "cv.roc_auc": figures},
            )
        )  # fmt: skip
    rows = data(run(run_group, "list", "--json", "--sort", "roc_auc"), "run.list@1")
    assert [row["metrics"] for row in rows] == [{"roc_auc": 0.9}, {"roc_auc": "NaN"}]
    lines = run(run_group, "list", "--trainer", "hgb").stdout.splitlines()
    assert len(lines) == 2
    assert "roc_auc 0.9" in lines[1]
    shown = data(run(run_group, "show", "r_1", "--json"), "run.show@1")
    assert shown["params"]["max_iter"] == 5
    assert set(shown["figures"]) == {"roc_auc", "cv.roc_auc"}
    assert "max_iter           5" in run(run_group, "show", "r_1").stdout
    compared = data(run(run_group, "compare", "r_1", "r_2", "--json"), "run.compare@1")
    assert compared["runs"] == ["r_1", "r_2"]
    assert compared["metrics"][0]["values"] == [0.9, "NaN"]
    assert "trainer" in run(run_group, "compare", "r_1", "r_2").stdout
    with pytest.raises(NotFound):
        run(run_group, "report", "r_1")
    run(run_group, "train", "late", "--trainer", "dummy", "--detach")
    assert run(run_group, "cancel", "r_3").stdout == "r_3 is asked to stop.\n"
    assert jobs.get_job(project, "j_3").cancel_requested
    assert run(run_group, "logs", "r_3").stdout == ""


def test_compare_over_seeds_and_curves(project: Project) -> None:
    run(experiment_group, *NEW)
    for seed, value in enumerate((0.5, 0.7, 0.9)):
        run(run_group, "train", "late", "--trainer", "dummy", "--seed", str(seed), "--detach")
        figures = MetricFigures(last=value, best=value, min=value, max=value)
        made = runs.get_run(project, f"r_{seed + 1}")
        project.store.append(RunEnded(id=made.id, state="succeeded", metrics={"f1": figures}))
        folder = project.paths.job(made.job)
        folder.mkdir(parents=True)
        with EventWriter(folder / "events.jsonl") as events:
            events.metric("cv.f1", value, 1)
            events.metric("cv.f1", value + 0.05, 2)
    words = ("compare", "r_1", "r_2", "r_3")
    text = run(run_group, *words, "--group", "seed").stdout
    assert "r_1 ×3 (base)" in text
    assert "0.700 [0.203, 1.197]" in text  # 4.303 * 0.2 / sqrt(3) = 0.4968
    found = data(run(run_group, *words, "--group", "seed", "--json"), "run.compare@1")
    assert found["members"] == [["r_1", "r_2", "r_3"]]
    assert found["metrics"][0]["high"][0] == pytest.approx(1.19683, abs=1e-5)
    based = data(run(run_group, "compare", "r_1", "--baseline", "r_3", "--json"), "run.compare@1")
    assert based["runs"] == ["r_3", "r_1"]
    drawn = run(run_group, *words, "--curve", "f1").stdout
    assert drawn.startswith("cv.f1 of 3 runs")
    assert data(run(run_group, *words, "--curve", "f1", "--json"), "run.curves@1")["data"]["curves"]
    with pytest.raises(NotFound):
        run(run_group, *words, "--curve", "auc")


def test_columns_are_named(project: Project) -> None:
    run(experiment_group, *NEW)
    run(run_group, "train", "late", "--trainer", "hgb", "-P", "max_iter=7", "--detach")
    run(run_group, "tag", "r_1", "keep")
    figures = MetricFigures(last=0.875, best=0.875, min=0.875, max=0.875)
    ended = RunEnded(
        id=runs.get_run(project, "r_1").id, state="succeeded", metrics={"roc_auc": figures}
    )
    project.store.append(ended)
    asked = "run,auc,max_iter,tag,time,when,metric.roc_auc"
    lines = run(run_group, "list", "--columns", asked).stdout.splitlines()
    assert lines[0].split() == ["RUN", "ROC_AUC", "MAX_ITER", "TAG", "TIME", "WHEN"]
    assert lines[1].split()[:5] == ["r_1", "0.875", "7", "keep", "-"]
    (row,) = data(
        run(run_group, "list", "--columns", "run,auc,max_iter,seed", "--json"), "run.columns@1"
    )
    assert row == {"run": "r_1", "metric.roc_auc": 0.875, "param.max_iter": 7, "seed": 0}
    for wrong, why in (
        ("run,nothing", "known: run, state"),
        ("run,,seed", "known"),
        ("max", "param.max"),
    ):
        with pytest.raises(BadInput) as caught:
            run(run_group, "list", "--columns", wrong)
        assert caught.value.code == "run.columns"
        assert why in caught.value.why


def test_order_among_runs(project: Project) -> None:
    run(experiment_group, *NEW)
    for _ in range(2):
        run(run_group, "train", "late", "--trainer", "dummy", "--detach")
    assert run(run_group, "tag", "r_1", "r_2", "keep").stdout == "r_1, r_2: tagged keep.\n"
    assert run(run_group, "tag", "r_1", "keep").stdout.startswith("Nothing to do")
    assert data(run(run_group, "untag", "r_1", "keep", "--json"), "run.untag@1") == {
        "runs": ["r_1"]
    }
    lines = run(run_group, "list", "--filter", "tag:keep").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", "r_2"]
    assert run(run_group, "archive", "r_1").stdout == "r_1: archived.\n"
    assert run(run_group, "list", "--filter", "tag:no").stdout == "No run matches.\n"
    assert len(data(run(run_group, "list", "--json"), "run.list@1")) == 1
    run(run_group, "unarchive", "r_1")
    assert [
        r["number"] for r in data(run(run_group, "list", "--json", "--offset", "1"), "run.list@1")
    ] == [1]
    for number in (1, 2):
        project.store.append(RunEnded(id=runs.get_run(project, f"r_{number}").id, state="failed"))
    for words in (("r_1",), ("r_1", "--yes", "r_2"), ("r_1", "r_2", "--yes", "r_1")):
        with pytest.raises(UsageError) as caught:
            run(run_group, "delete", *words)
        assert caught.value.code == "run.delete_unconfirmed"
    assert (
        run(run_group, "delete", "r_1", "r_2", "--yes", "2 runs").stdout == "r_1, r_2: deleted.\n"
    )
    assert run(run_group, "restore", "r_2").stdout == "r_2: here again.\n"
    assert [r["number"] for r in data(run(run_group, "list", "--json"), "run.list@1")] == [2]


def test_bounds_are_named(project: Project) -> None:
    run(experiment_group, *NEW)
    with pytest.raises(BadInput) as caught:
        run(run_group, "train", "late", "--trainer", "hgb", "-P", "learning_rate=7")
    assert "more than 0, at most 1" in str(caught.value)


def test_progress_is_one_line() -> None:
    progress = Progress("r_1", "f1")
    progress.state = "running"
    assert progress.take(Phase(name="read")) == "r_1 running  read"
    assert progress.take(Phase(name="folds", done=0, total=4)) == ""
    assert progress.take(Metric(name="cv.f1", value=0.12345, step=1)) == ""
    assert progress.take(Metric(name="cv.recall", value=1.0, step=1)) == ""
    line = progress.take(Phase(name="folds", done=1, total=4))
    assert line == "r_1 running  folds 1/4  25 %  cv.f1 0.1235"
    assert (
        progress.take(Message(text="\x1b[2J careful", level="warning")) == "warning: ␛[2J careful"
    )
    assert progress.take(Message(text="by the way")) == ""


def test_words() -> None:
    spans = (None, 0.44, 41.2, 185, 7800)
    assert [duration(s) for s in spans] == ["-", "0.4s", "41s", "3m 05s", "2h 10m"]
    assert [figure(f) for f in (None, 0.123456, "NaN", "-Infinity")] == [
        "-",
        "0.1235",
        "nan",
        "-inf",
    ]
