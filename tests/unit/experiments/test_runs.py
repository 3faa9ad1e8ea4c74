from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from workbench.compute.jobs import get_job
from workbench.compute.spec import decode_spec
from workbench.errors import BadInput, Conflict, NotFound
from workbench.experiments import experiments, runs
from workbench.experiments.compare import compare_runs
from workbench.experiments.finish import run_ended
from workbench.experiments.runs import Run, cancel, compare, get_run, list_runs, read_report
from workbench.project.project import Project
from workbench.records.runs import MetricFigures, RunEnded
from workbench.training.result import ModelFile, RunResult
from workbench.training.signature import Signature
from workbench.training.signatures import keep, recall
from workbench.training.work import TrainWork

Queue = Callable[..., Run]


def figures(**values: float | str) -> dict[str, MetricFigures]:
    return {
        name.replace("__", "."): MetricFigures(last=value, best=value, min=value, max=value)
        for name, value in values.items()
    }


def end(project: Project, run: Run, **values: float | str) -> None:
    project.store.append(RunEnded(id=run.id, state="succeeded", metrics=figures(**values)))


def test_run_and_job_come_as_one_unit(
    project: Project, queued: Queue, woken: list[Project]
) -> None:
    before = project.store.journal.end()
    run = queued(max_iter=7, seed=3)
    job = get_job(project, run.job)
    assert (run.reference, run.state, job.state, job.run) == ("r_1", "queued", "queued", run.id)
    assert woken == [project]
    lines = b"".join(
        p.read_bytes() for p in sorted(project.paths.journal.glob("*.jsonl"))
    ).splitlines()
    assert [r["kind"] for r in msgspec.json.decode(lines[-1])["records"]] == [
        "run.created",
        "job.queued",
    ]
    assert before != project.store.journal.end()

    row = project.store.one("SELECT spec FROM jobs")
    assert row is not None
    spec = decode_spec(project.store.objects.read(row["spec"]))
    work = msgspec.convert(spec.work, TrainWork)
    assert (spec.module, spec.run) == ("workbench.training.worker", run.id)
    assert spec.plugins == ("plugins.trainers.hgb:TRAINER", "plugins.formats.skops:FORMAT")
    version = project.store.one("SELECT object FROM dataset_versions")
    assert version is not None
    assert spec.inputs == {"data.parquet": version["object"]}
    assert (work.seed, work.params["max_iter"], work.dataset) == (3, 7, "rows@1")
    # Every option has its value on record, defaults included.
    assert run.params["learning_rate"] == 0.1
    assert work.problem == experiments.get_experiment(project, "late").problem


def test_a_file_changed_by_hand_is_noted_with_the_run(project: Project, queued: Queue) -> None:
    path = project.paths.experiments / "late.toml"
    path.write_text(path.read_text().replace("threshold = 0.7", "threshold = 0.75"))
    run = queued()
    assert b"0.75" in project.store.objects.read(run.problem)
    assert project.store.one("SELECT threshold FROM experiments") == {"threshold": 0.75}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"trainer": "nothing"}, "plugin.trainers"),
        ({"learning_rate": 0}, "option.value"),
        ({"learning_rate": 2}, "option.value"),
        ({"max_iter": 1.5}, "option.value"),
        ({"no_such": 1}, "option.unknown"),
        ({"seed": -1}, "run.seed"),
    ],
)
def test_what_cannot_work_is_not_queued(
    project: Project, queued: Queue, woken: list[Project], values: dict, code: str
) -> None:
    before = project.store.changed()
    with pytest.raises((BadInput, NotFound)) as caught:
        queued(**values)
    assert caught.value.code == code
    assert (project.store.changed(), woken) == (before, [])


def test_no_such_place_and_no_such_data(
    project: Project, queued: Queue, woken: list[Project]
) -> None:
    for options in ({"target": "moon"}, {"dataset_ref": "rows@9"}, {"dataset_ref": "none"}):
        with pytest.raises(NotFound):
            runs.train(project, "late", "hgb", {}, **options)
    assert woken == []


def test_a_trainer_without_the_task(
    project: Project, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugins.trainers.hgb import TRAINER

    monkeypatch.setattr(type(TRAINER), "tasks", frozenset({"regression"}))
    with pytest.raises(BadInput) as caught:
        queued()
    assert caught.value.code == "run.task"


def test_lists_filter_and_sort(project: Project, queued: Queue) -> None:
    made = [queued(), queued("linear"), queued(), queued("dummy")]
    end(project, made[0], roc_auc=0.8, log_loss=0.3, cv__roc_auc=0.7)
    end(project, made[1], roc_auc=0.9, log_loss=0.5)
    end(project, made[2], roc_auc="NaN")

    def numbers(**options: object) -> list[int]:
        return [run.number for run in list_runs(project, **options)]

    assert numbers() == [4, 3, 2, 1]
    assert numbers(sort="oldest", limit=2) == [1, 2]
    assert numbers(sort="roc_auc") == [2, 1, 4, 3]
    assert numbers(sort="log_loss") == [1, 2, 4, 3]
    assert numbers(sort="roc_auc", limit=1, trainer="hgb") == [1]
    assert numbers(state="queued") == [4]
    assert numbers(experiment="none") == []
    first = list_runs(project, sort="oldest")[0]
    assert first.metrics == {"log_loss": 0.3, "roc_auc": 0.8}
    assert list_runs(project)[1].metrics == {"roc_auc": "NaN"}
    assert first.params["max_iter"] == 100
    with pytest.raises(BadInput) as caught:
        numbers(sort="no such")
    assert caught.value.code == "run.sort"
    assert "roc_auc" in caught.value.why


def test_references(project: Project, queued: Queue) -> None:
    _, two = queued(), queued()
    for ref in ("r_2", two.id, two.id[-6:], two.id[-6:].lower()):
        assert get_run(project, ref).id == two.id
    for ref in ("r_3", "nonsense!", "j_1", "0" * 26):
        with pytest.raises(NotFound) as caught:
            get_run(project, ref)
        assert caught.value.code == "run.none"


def test_an_ambiguous_suffix_is_a_conflict(
    project: Project, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(f"01J{head}{'0' * 18}WXYZ" for head in "ABCD")
    monkeypatch.setattr(runs, "new_ulid", lambda: next(ids))
    queued(), queued()
    with pytest.raises(Conflict) as caught:
        get_run(project, "WXYZ")
    assert caught.value.code == "run.ambiguous"
    assert "r_1, r_2" in caught.value.why


def test_the_end_makes_objects(project: Project, queued: Queue, tmp_path: Path) -> None:
    run, out = queued(), tmp_path / "out"
    out.mkdir()
    (out / "m.skops").write_bytes(b"model")
    (out / "report.md").write_text("# R")
    (out / "p.parquet").write_bytes(b"rows")
    result = RunResult(
        metrics=figures(roc_auc=0.75, cv__roc_auc=0.7),
        model=ModelFile(file="m.skops", format="skops", content="m1:1", signature="{}"),
        report="report.md",
        artifacts=("p.parquet",),
    )
    (out / "result.json").write_bytes(msgspec.json.encode(result))
    project.store.append(*run_ended(project, run.id, out, "succeeded"))
    ended = get_run(project, "r_1")
    assert ended.state == "succeeded"
    assert ended.metrics == {"roc_auc": 0.75}
    assert set(ended.figures) == {"roc_auc", "cv.roc_auc"}
    assert ended.model is not None
    assert project.store.objects.read(ended.model.object) == b"model"
    assert [(a.name, a.bytes) for a in ended.artifacts] == [("p.parquet", 4)]
    assert read_report(project, "r_1") == "# R"


@pytest.mark.parametrize(
    "damage",
    [
        lambda out: (out / "result.json").unlink(),
        lambda out: (out / "result.json").write_bytes(b"{"),
        lambda out: (out / "report.md").unlink(),
        lambda out: (out / "result.json").write_bytes(
            msgspec.json.encode(RunResult(metrics={}, model=None, report="../../workbench.toml"))
        ),
    ],
)
def test_a_result_that_cannot_be_used_is_a_failed_run(
    project: Project, queued: Queue, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    run, out = queued(), tmp_path / "out"
    out.mkdir()
    (out / "report.md").write_text("# R")
    result = RunResult(metrics={}, model=None, report="report.md")
    (out / "result.json").write_bytes(msgspec.json.encode(result))
    damage(out)
    (record,) = run_ended(project, run.id, out, "succeeded")
    assert isinstance(record, RunEnded)
    assert record.state == "failed"
    assert record.error
    assert (project.root / "workbench.toml").exists()


def test_a_result_too_large_for_the_journal_is_a_failed_run(
    project: Project, queued: Queue, tmp_path: Path
) -> None:
    run = queued()
    names = tuple(f"{number:0200}" for number in range(300))
    for name in ("report.md", *names):
        (tmp_path / name).write_text("x")
    result = RunResult(metrics={}, model=None, report="report.md", artifacts=names)
    (tmp_path / "result.json").write_bytes(msgspec.json.encode(result))
    project.store.append(*run_ended(project, run.id, tmp_path, "succeeded"))
    ended = get_run(project, run.id)
    assert ended.state == "failed"
    assert "bytes of the journal, too many for one line" in ended.error


def test_a_large_signature_is_an_object_that_the_record_names(
    project: Project, queued: Queue, tmp_path: Path
) -> None:
    run = queued()
    long = Signature(task="binary", target="y", inputs=(), outputs=(), classes=("k" * 100_000, "n"))
    model = ModelFile(
        file="m", format="skops", content="m1:x", signature=msgspec.json.encode(long).decode()
    )
    (tmp_path / "m").write_text("model")
    (tmp_path / "report.md").write_text("# R")
    result = RunResult(metrics={}, model=model, report="report.md")
    (tmp_path / "result.json").write_bytes(msgspec.json.encode(result))
    (record,) = run_ended(project, run.id, tmp_path, "succeeded")
    assert isinstance(record, RunEnded)
    assert record.model is not None
    assert len(record.model.signature) < 100
    project.store.append(record)
    assert recall(project.store.objects, record.model.signature) == long
    small = '{"task":"binary","target":"y","inputs":[],"outputs":[],"classes":["a","b"]}'
    assert keep(project.store.objects, small) == small


def test_the_reason_of_a_failure_is_kept(project: Project, queued: Queue, tmp_path: Path) -> None:
    run = queued()
    project.store.append(*run_ended(project, run.id, tmp_path, "failed", "no luck"))
    assert get_run(project, run.id).error == "no luck"
    with pytest.raises(NotFound) as caught:
        read_report(project, run.id)
    assert caught.value.code == "run.no_report"
    assert "no luck" in caught.value.why


def test_comparison_shows_what_differs(project: Project, queued: Queue) -> None:
    made = [queued(max_iter=10), queued(max_iter=20), queued("dummy", seed=1)]
    end(project, made[0], roc_auc=0.8, log_loss=0.4)
    end(project, made[1], roc_auc=0.9, log_loss=0.5)
    end(project, made[2], roc_auc=0.9)
    found = compare(project, ["r_1", "r_2", "r_3"])
    assert {line.name: line.values for line in found.settings} == {
        "trainer": ("hgb", "hgb", "dummy"),
        "seed": (0, 0, 1),
    }
    params = {line.name: line.values for line in found.params}
    assert params["max_iter"] == (10, 20, None)
    assert params["classes"] == (None, None, "prior")
    lines = {line.name: line for line in found.metrics}
    assert lines["roc_auc"].best == (1, 2)
    assert lines["roc_auc"].change[1] == pytest.approx(0.1)
    assert lines["log_loss"].best == (0,)
    assert lines["log_loss"].values == (0.4, 0.5, None)
    two = compare_runs([get_run(project, ref) for ref in ("r_1", "r_2")])
    assert [line.name for line in two.params] == ["max_iter"]
    assert two.settings == ()


@pytest.mark.parametrize("refs", [["r_1"], ["r_1", "r_1"], []])
def test_a_comparison_needs_two(project: Project, queued: Queue, refs: list[str]) -> None:
    queued()
    with pytest.raises(BadInput) as caught:
        compare(project, refs)
    assert caught.value.code == "run.compare"


def test_cancel_is_asked_of_the_job(
    project: Project, queued: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.compute.jobs.wake_runner", lambda project: None)
    run = queued()
    cancel(project, run.reference)
    assert get_job(project, run.job).cancel_requested
    end(project, run)
    assert get_run(project, run.id).state == "succeeded"
