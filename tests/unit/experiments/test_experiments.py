from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from workbench.errors import BadInput, Conflict, NotFound, WorkbenchError
from workbench.experiments import experiments
from workbench.experiments.problem import problem_text, read_problem
from workbench.experiments.runs import Run
from workbench.project.project import Project
from workbench.records.runs import MetricFigures, RunEnded
from workbench.training.work import Guardrail, Problem, Split

GOOD = """\
goal = "g"
dataset = "rows"
target = "y"
task = "binary"
metric = "roc_auc"
direction = "maximize"
"""
RAIL = "[[guardrail]]\nmetric = '%s'\nthreshold = 0.5\n"


@pytest.mark.parametrize(
    "problem",
    [
        Problem(goal="g", dataset="rows", target="y", task="binary", metric="f1", direction="maximize"),
        Problem(
            goal='Quotes " and \\ and\nlines <task>', dataset="rows@3", target="the target",
            task="regression", metric="rmse", direction="minimize", threshold=1e-3, drop=("a b", 'c"d'),
            split=Split(method="random", test=0.3, folds=7, seed=11),
        ),
        Problem(
            goal="", dataset="r", target="y", task="binary", metric="f1", direction="maximize",
            positive="<metric>", guardrails=(Guardrail(metric="recall", threshold=0.6),),
            split=Split(method="time", column='the "day"'),
        ),
    ],
)  # fmt: skip
def test_a_problem_reads_back(tmp_path: Path, problem: Problem) -> None:
    file = tmp_path / "e.toml"
    file.write_text(problem_text(problem))
    assert read_problem(file)[0] == problem
    assert file.read_text().count("#") >= 6


@pytest.mark.parametrize(
    ("text", "code", "line", "told"),
    [
        (GOOD + "tresh = 1\n", "experiment.unknown", 7, "threshold"),
        (GOOD.replace('"y"', "3"), "experiment.type", 3, "expected a text"),
        (GOOD.replace("binary", "binry"), "experiment.type", 4, "binary, multiclass, regression"),
        (GOOD.replace('task = "binary"\n', ""), "experiment.missing", 1, "binary, multiclass, regression"),
        (GOOD + "threshold = 'x'\n", "experiment.type", 7, "expected a number"),
        (GOOD + "[split]\nfolds = 1\n", "experiment.type", 7, "2 to 50"),
        (GOOD + "[split]\nfold = 3\n", "experiment.unknown", 8, "folds"),
        (GOOD + "goal = 'again'\n", "experiment.syntax", 7, "overwrite"),
        (GOOD.replace("roc_auc", "rmse"), "experiment.metric", 5, "roc_auc"),
        (GOOD.replace("maximize", "minimize"), "experiment.direction", 6, "more of it is better"),
        (GOOD + RAIL % "rmse", "experiment.metric", 8, "roc_auc"),
        (GOOD + RAIL % "recall" + RAIL % "recall", "experiment.guardrail", 11, "one already"),
        (GOOD + RAIL % "roc_auc", "experiment.guardrail", 8, "judged by"),
        (GOOD + "[[guardrail]]\nmetric = 'f1'\n", "experiment.missing", 7, "expected a number"),
        (GOOD + "[split]\nmethod = 'time'\n", "experiment.type", 7, "tells a row's time"),
        (GOOD + "[split]\ncolumn = 'x'\n", "experiment.type", 7, "goes by none"),
        (GOOD.replace("rows", "../rows"), "name", 2, "a name starts with"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_by_line(
    tmp_path: Path, text: str, code: str, line: int, told: str
) -> None:
    file = tmp_path / "e.toml"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_problem(file)
    refusal = caught.value
    assert refusal.code == code
    assert f"{file}, line {line}" in refusal.where
    assert told in refusal.why
    assert refusal.fix


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_bytes(b"goal = '\xff'")
    with pytest.raises(BadInput) as caught:
        read_problem(file)
    assert caught.value.code == "experiment.syntax"


def test_new_is_noted_once(project: Project, problem: Problem) -> None:
    made = experiments.new_experiment(project, "late", problem)
    assert Path(made.path) == project.root / "experiments" / "late.toml"
    assert project.store.objects.read(made.object) == Path(made.path).read_bytes()
    row = project.store.one("SELECT * FROM experiments")
    assert row is not None
    assert (row["metric"], row["threshold"], row["object"]) == ("roc_auc", 0.7, made.object)
    before = project.store.changed()
    experiments.note(project, "late")
    assert project.store.changed() == before
    with pytest.raises(Conflict) as caught:
        experiments.new_experiment(project, "late", problem)
    assert caught.value.code == "experiment.exists"


def test_save_keeps_comments_and_refuses_nonsense(project: Project, problem: Problem) -> None:
    path = Path(experiments.new_experiment(project, "late", problem).path)
    path.write_text("# mine\n" + path.read_text())
    saved = experiments.save_experiment(project, "late", {"threshold": 0.9, "split.folds": 3})
    assert saved.problem.threshold == 0.9
    assert saved.problem.split.folds == 3
    assert path.read_text().startswith("# mine\n")
    row = project.store.one("SELECT threshold FROM experiments")
    assert row == {"threshold": 0.9}
    assert (
        experiments.save_experiment(project, "late", {"threshold": None}).problem.threshold is None
    )
    kept = path.read_bytes()
    for changes in ({"metric": "rmse"}, {"split.folds": 1}, {"nonsense": 1}, {"task": "none"}):
        with pytest.raises(BadInput):
            experiments.save_experiment(project, "late", changes)
        assert path.read_bytes() == kept


def test_reading_writes_nothing(project: Project, problem: Problem) -> None:
    path = Path(experiments.new_experiment(project, "late", problem).path)
    path.write_text(path.read_text() + "# changed by hand\n")
    before = project.store.changed(), sorted(project.paths.objects.rglob("*"))
    experiments.get_experiment(project, "late")
    experiments.list_experiments(project)
    assert (project.store.changed(), sorted(project.paths.objects.rglob("*"))) == before


@pytest.mark.parametrize("name", ["../x", "UP", "latest", "", "a" * 64, "a\0"])
def test_names_stay_in_their_folder(project: Project, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        experiments.get_experiment(project, name)
    assert caught.value.code == "name"


def test_none_of_that_name(project: Project) -> None:
    with pytest.raises(NotFound) as caught:
        experiments.get_experiment(project, "none")
    assert caught.value.code == "experiment.none"


def test_the_list_has_the_best_and_the_broken(project: Project, queued: Callable[..., Run]) -> None:
    def end(run: Run, value: float | str) -> None:
        figures = MetricFigures(last=value, best=value, min=value, max=value)
        project.store.append(RunEnded(id=run.id, state="succeeded", metrics={"roc_auc": figures}))

    for value in (0.7, 0.9, "NaN", 0.8):
        end(queued(), value)
    (project.paths.experiments / "broken.toml").write_text("goal = 3")
    (project.paths.experiments / "Bad Name.toml").write_text(GOOD)
    (project.paths.experiments / "unused.toml").write_text(GOOD)
    rows = {row.name: row for row in experiments.list_experiments(project)}
    late = rows["late"]
    assert (late.runs, late.best, late.best_run) == (4, 0.9, "r_2")
    assert "line 1" in rows["broken"].error
    assert "cannot be" in rows["Bad Name"].error
    assert (rows["unused"].metric, rows["unused"].runs, rows["unused"].error) == ("roc_auc", 0, "")
    assert msgspec.json.encode(list(rows.values()))


def test_a_check_refuses_before_anything_is_queued(
    project: Project, problem: Problem, queued: Callable[..., Run], woken: list[Project]
) -> None:
    experiments.save_experiment(project, "late", {"target": "absent"})
    before = project.store.changed()
    with pytest.raises(WorkbenchError) as caught:
        queued()
    assert caught.value.code == "experiment.target_absent"
    assert project.store.changed() == before
    assert woken == []
