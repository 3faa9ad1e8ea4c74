"""Reproducing a run: what its record gives, what differs by now, and how the two compare."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from workbench.compute.jobs import get_job
from workbench.compute.spec import decode_spec
from workbench.errors import BadInput, Conflict, NotFound, WorkbenchError
from workbench.experiments.keeping import delete
from workbench.experiments.reproduce import (
    Changed,
    plan_again,
    reproduce,
    reproduced,
    reproduced_words,
)
from workbench.experiments.runs import Run, get_run
from workbench.ids import new_ulid
from workbench.project.project import Project
from workbench.records.runs import FittedModel, MetricFigures, RunCreated, RunEnded, RunFacts
from workbench.training.work import TrainWork

Queue = Callable[..., Run]


def end(project: Project, run: Run, content: str = "m1:a", **values: float | str) -> Run:
    """End a run as the runner does, with these figures (`cv__auc` for `cv.auc`)."""
    figures = {
        name.replace("__", "."): MetricFigures(last=value, best=value, min=value, max=value)
        for name, value in values.items()
    }
    model = FittedModel(object="0" * 64, content=content, format="skops", bytes=1, signature="{}")
    project.store.append(RunEnded(id=run.id, state="succeeded", metrics=figures, model=model))
    return get_run(project, run.id)


def elsewhere(project: Project, like: Run, **changes: Any) -> Run:
    """Record a run as another machine would have: equal but for `changes`."""
    values: dict[str, Any] = {
        "id": new_ulid(), "number": like.number + 50, "job": like.job, "experiment": like.experiment,
        "problem": like.problem, "trainer": like.trainer, "params": like.params, "seed": like.seed,
        "dataset": like.dataset, "dataset_version": like.dataset_version, "target": like.target,
        "facts": like.facts,
    }  # fmt: skip
    created = RunCreated(**(values | changes))
    project.store.append(created)
    return end(project, get_run(project, created.id), roc_auc=0.5)


def test_it_is_trained_from_the_record_whatever_the_file_says_now(
    project: Project, queued: Queue, woken: list[Project]
) -> None:
    first = end(project, queued(max_iter=7, seed=3), roc_auc=0.9)
    file = project.paths.experiments / "late.toml"
    file.write_text(file.read_text().replace("threshold = 0.7", "threshold = 0.99"))
    assert plan_again(project, "r_1").changed == ()
    assert len(woken) == 1  # to plan starts nothing
    second = reproduce(project, "r_1")
    assert (second.reference, second.state, second.reproduces) == ("r_2", "queued", first.id)
    assert (second.params, second.seed) == (first.params, 3)
    assert (second.problem, second.dataset_version) == (first.problem, first.dataset_version)
    assert len(woken) == 2
    # The job is told the old problem, and the experiment is not taken back to it.
    row = project.store.one("SELECT spec FROM jobs WHERE id = ?", [get_job(project, second.job).id])
    assert row is not None
    work = msgspec.convert(decode_spec(project.store.objects.read(row["spec"])).work, TrainWork)
    assert (work.problem.threshold, work.params["max_iter"], work.seed) == (0.7, 7, 3)
    assert project.store.query("SELECT object FROM experiments") == [{"object": first.problem}]
    queued()
    recorded = project.store.one("SELECT threshold FROM experiments")
    assert recorded == {"threshold": 0.99}


def _git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


def test_code_that_has_changed_is_told_beforehand(project: Project, queued: Queue) -> None:
    _git(project.root, "init")
    (project.root / "code.py").write_text("one = 1\n")
    _git(project.root, "add", ".")
    _git(project.root, "commit", "-m", "one")
    first = end(project, queued(), roc_auc=0.9)
    assert plan_again(project, "r_1").changed == ()
    (project.root / "code.py").write_text("one = 2\n")
    (told,) = plan_again(project, "r_1").changed
    assert (told.name, told.before) == ("uncommitted changes", "")
    assert told.now.startswith("a patch, ")
    _git(project.root, "commit", "-am", "two")
    (told,) = plan_again(project, "r_1").changed
    assert (told.name, told.before) == ("git commit", first.facts.commit)
    assert len(told.now) == len(told.before) == 40


def test_packages_python_and_machine_are_compared(project: Project, queued: Queue) -> None:
    run = queued()
    lock = project.store.objects.put_bytes(b"# Python 3.10.1\nnumpy==1.0\nleft-pad==9.9\n")
    packages = run.facts.packages | {"numpy": "1.0"}
    facts = msgspec.structs.replace(
        run.facts, python="3.10.1", packages=packages, lock_object=lock, gpus=("H100",),
        processor="Abacus",
    )  # fmt: skip
    old = elsewhere(project, run, facts=facts)
    changed = {one.name: one for one in plan_again(project, old.reference).changed}
    assert changed["numpy"] == Changed(name="numpy", before="1.0", now=run.facts.packages["numpy"])
    assert changed["Python"].before == "3.10.1"
    assert changed["left-pad"] == Changed(name="left-pad", before="9.9", now="")
    assert (changed["pytest"].before, changed["GPUs"].now) == ("", "")
    assert changed["processor"].before == "Abacus"
    assert "scikit-learn" not in changed
    # What was never recorded is not guessed at.
    bare = elsewhere(project, run, number=90, facts=RunFacts(packages=packages))
    assert "left-pad" not in {one.name for one in plan_again(project, bare.reference).changed}


def test_an_option_that_had_no_value_then_is_told(project: Project, queued: Queue) -> None:
    run = queued()
    fewer = {name: value for name, value in run.params.items() if name != "max_iter"}
    old = elsewhere(project, run, params=fewer)
    (told,) = plan_again(project, old.reference).changed
    assert (told.name, told.before, told.now) == ("hgb's option max_iter", "", "100")
    assert reproduce(project, old.reference).params == run.params


def test_what_cannot_be_trained_again_is_refused(project: Project, queued: Queue) -> None:
    run = queued()
    with pytest.raises(Conflict, match=r"it is queued.*no figures to compare") as caught:
        plan_again(project, "r_1")
    assert caught.value.code == "run.reproduce"
    gone = elsewhere(project, run, dataset_version=new_ulid())
    odd = elsewhere(project, run, number=90, params=run.params | {"speed": 1})
    away = elsewhere(project, run, number=91, target="moon")
    lost = elsewhere(project, run, number=92, problem="0" * 64)
    for old, kind, code in (
        (gone, NotFound, "data.not_found"),
        (odd, BadInput, "option.unknown"),
        (away, WorkbenchError, None),
        (lost, NotFound, None),
    ):
        with pytest.raises(kind) as refused:
            reproduce(project, old.reference)
        assert code in {None, refused.value.code}
    row = project.store.one("SELECT object FROM dataset_versions")
    assert row is not None
    project.store.objects.path(row["object"]).unlink()
    end(project, run, roc_auc=0.9)
    with pytest.raises(NotFound):
        reproduce(project, "r_1")
    assert project.store.one("SELECT count(*) AS n FROM jobs") == {"n": 1}


def test_equal_runs_are_told_so(project: Project, queued: Queue) -> None:
    end(project, queued(), roc_auc=0.9, cv__roc_auc="NaN", f1="Infinity")
    second = reproduce(project, "r_1")
    assert reproduced_words(project, second) == (
        "It is trained from the record of r_1, to be compared with it."
    )
    second = end(project, second, roc_auc=0.9 + 1e-13, cv__roc_auc="NaN", f1="Infinity")
    found = reproduced(project, second)
    assert (found.equal, found.same_model, found.compared) == (True, True, 3)
    assert found.words == "r_2 reproduces r_1: the same model, all 3 figures equal."
    third = reproduce(project, "r_1")
    third = end(project, third, "m1:b", roc_auc=0.9, cv__roc_auc="NaN", f1="Infinity")
    assert reproduced_words(project, third) == (
        "r_3 reproduces r_1: another model file, all 3 figures equal."
    )


def test_which_figures_differ_and_by_how_much(project: Project, queued: Queue) -> None:
    end(project, queued(), roc_auc=0.9, log_loss=0.5, f1="NaN", recall=0.25)
    second = end(project, reproduce(project, "r_1"), roc_auc=0.875, log_loss=0.5, f1=0.5, brier=0.1)
    found = reproduced(project, second)
    assert (found.equal, found.compared) == (False, 5)
    assert {one.name: (one.before, one.now, one.change) for one in found.figures} == {
        "roc_auc": (0.9, 0.875, pytest.approx(-0.025)),
        "f1": ("NaN", 0.5, "NaN"),
        "recall": (0.25, None, None),
        "brier": (None, 0.1, None),
    }
    assert found.words == (
        "r_2 does not reproduce r_1: 4 of 5 figures differ, though the model is the same."
    )


def test_without_figures_nothing_is_claimed(project: Project, queued: Queue) -> None:
    end(project, queued())
    found = reproduced(project, end(project, reproduce(project, "r_1")))
    assert not found.equal
    assert found.words == "r_2 and r_1 have no figures to compare."


def test_a_first_run_that_is_deleted_or_never_was(project: Project, queued: Queue) -> None:
    first = end(project, queued(), roc_auc=0.9)
    with pytest.raises(Conflict) as caught:
        reproduced(project, first)
    assert caught.value.code == "run.no_first"
    assert reproduced_words(project, first) == ""
    second = end(project, reproduce(project, "r_1"), roc_auc=0.9)
    delete(project, ["r_1"])
    assert reproduced_words(project, second) == "The run that it reproduces was deleted."
