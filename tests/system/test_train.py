"""`workbench run train` as people use it: it waits, shows how far it is, and lets go on ctrl-c."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from late_project import late_project

from workbench.compute.jobs import cancel as cancel_job
from workbench.compute.waiting import wait
from workbench.experiments.runs import get_run, read_report
from workbench.ids import new_ulid
from workbench.project.project import Project
from workbench.records.runs import MetricFigures, RunCreated, RunEnded
from workbench.states import JOB_ENDED

LONG = "max_iter=100000"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = late_project(tmp_path / "p")
    yield made
    for row in made.store.query("SELECT id, state FROM jobs"):
        if row["state"] not in JOB_ENDED:
            cancel_job(made, row["id"])
            wait(made, row["id"])


def start(project: Project, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench", "run", "train", "late", *words],
        env=os.environ | {"WORKBENCH_PROJECT": str(project.root)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(process: subprocess.Popen[str], word: str) -> list[str]:
    """Read stderr until a line has `word`; what comes later is read away."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if word in line:
            break
    else:
        raise AssertionError(seen)
    return seen


def test_it_waits_and_answers(project: Project) -> None:
    process = start(project, "--trainer", "linear", "--json")
    out, told = process.communicate(timeout=240)
    assert process.returncode == 0, told
    data = json.loads(out)["data"]
    assert (data["reference"], data["state"]) == ("r_1", "succeeded")
    assert data["metrics"]["roc_auc"] > 0.95  # y is a step of x
    assert data["figures"]["dummy.roc_auc"]["last"] == 0.5
    assert "folds 2/2  100 %  cv.roc_auc" in told
    run = get_run(project, "r_1")
    assert run.model is not None
    assert project.store.objects.verify(run.model.object) is None
    assert "# Know late ones" in read_report(project, "r_1")


def test_ctrl_c_detaches_and_the_run_goes_on(project: Project) -> None:
    # Whoever was started in the background ignores it, and so do those that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start(project, "--trainer", "hgb", "-P", LONG)
    until(process, "prepare")
    process.send_signal(signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Detached: r_1 goes on" in told
    assert get_run(project, "r_1").state == "running"


def test_a_run_that_is_cancelled_exits_1(project: Project) -> None:
    process = start(project, "--trainer", "hgb", "-P", LONG, "--json")
    until(process, "prepare")
    asked = threading.Thread(target=cancel_job, args=(project, "j_1"))
    asked.start()
    out, _ = process.communicate(timeout=60)
    asked.join()
    assert process.returncode == 1
    assert json.loads(out)["error"]["code"] == "run.cancelled"
    assert get_run(project, "r_1").state == "cancelled"


def again(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "workbench", "run", "reproduce", *words],
        env=os.environ | {"WORKBENCH_PROJECT": str(project.root)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_a_run_is_reproduced_and_compared(project: Project) -> None:
    out, told = start(project, "--trainer", "linear", "--seed", "3", "--json").communicate(
        timeout=240
    )
    first = json.loads(out)["data"]
    assert first["state"] == "succeeded", told
    equal = again(project, "r_1")
    assert equal.returncode == 0, equal.stderr
    assert "Nothing that is recorded differs from when r_1 was made." in equal.stderr
    figures = len(first["figures"])
    told = f"r_2 reproduces r_1: the same model, all {figures} figures equal."
    assert equal.stdout == told + "\n"
    second = get_run(project, "r_2")
    assert (second.reproduces, second.seed) == (first["id"], 3)

    # A run that is recorded with figures that training does not come to.
    like, number = get_run(project, "r_1"), 7
    facts = msgspec.structs.replace(like.facts, python="3.10.1")
    created = RunCreated(
        id=new_ulid(), number=number, job=like.job, experiment="late", problem=like.problem,
        trainer="linear", params=like.params, seed=3, dataset=like.dataset,
        dataset_version=like.dataset_version, target="local", facts=facts,
    )  # fmt: skip
    auc = MetricFigures(last=0.5, best=0.5, min=0.5, max=0.5)
    ended = RunEnded(id=created.id, state="succeeded", metrics=like.figures | {"roc_auc": auc})
    project.store.append(created, ended)
    apart = again(project, "r_7")
    assert apart.returncode == 3, apart.stderr
    assert "Since r_7 was made, this has changed" in apart.stderr
    assert f"r_8 does not reproduce r_7: 1 of {figures} figures differ." in apart.stdout
    (line,) = [line for line in apart.stdout.splitlines() if line.startswith("roc_auc")]
    reached = second.metrics["roc_auc"]
    assert isinstance(reached, float)
    assert line.split() == ["roc_auc", "0.5", f"{reached:.10g}", f"{reached - 0.5:+.3g}"]
    assert "3.10.1" in apart.stdout
