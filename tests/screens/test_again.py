"""Training a run again from its record: the question says what differs, the details how it came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from experiments_seed import seed
from kept import copy_of
from settle import settled, text, until
from test_experiments import opened, said
from test_keeping import act
from textual.pilot import Pilot

from screens.app import Workbench
from workbench.experiments.runs import Run, get_run, train
from workbench.ids import new_ulid
from workbench.project.project import Project
from workbench.records.runs import MetricFigures, RunCreated, RunEnded


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("workbench.experiments.runs.wake_runner", lambda project: None)
    return copy_of(seed, tmp_path / "colony")


def end(project: Project, run: Run, value: float) -> None:
    """End a run with one figure."""
    figures = MetricFigures(last=value, best=value, min=value, max=value)
    project.store.append(RunEnded(id=run.id, state="succeeded", metrics={"macro_f1": figures}))


def as_of_old(project: Project) -> Run:
    """Record a run as Python 3.9 would have made it, with a figure."""
    like = train(project, "species", "linear", {"c": 0.5}, seed=3)
    created = RunCreated(
        id=new_ulid(), number=9, job=like.job, experiment="species", problem=like.problem,
        trainer="linear", params=like.params, seed=3, dataset=like.dataset,
        dataset_version=like.dataset_version, target="local",
        facts=msgspec.structs.replace(like.facts, python="3.9.1"),
    )  # fmt: skip
    project.store.append(created)
    end(project, get_run(project, created.id), 0.75)
    return get_run(project, created.id)


async def question(pilot: Pilot[Any], place: Any, reference: str) -> None:
    place.point_at(reference)
    await until(pilot, lambda: place.runs.run is not None and place.runs.run.reference == reference)
    await settled(pilot)
    await act(pilot, "runs.reproduce")


async def test_a_run_is_reproduced_and_its_details_tell_how(
    bench: Workbench, project: Project
) -> None:
    first = as_of_old(project)
    async with opened(bench, 140, 40) as (pilot, place):
        await question(pilot, place, "r_9")
        await until(pilot, lambda: "Reproduce r_9?" in text(bench))
        shown = text(bench)
        assert "linear for species on penguins@1, seed 3: as recorded." in shown
        assert f"3.9.1 → {get_run(project, 'r_7').facts.python}" in shown
        assert "workbench run reproduce r_9 --detach" in shown
        await settled(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "r_10 is queued, to reproduce r_9." in said(bench))
        await until(pilot, lambda: place.runs.table.key == "r_10")
        second = get_run(project, "r_10")
        assert (second.reproduces, second.seed, second.params) == (first.id, 3, first.params)
        await until(pilot, lambda: "trained from the record of r_9" in text(bench))
        end(project, second, 0.5)
        await until(pilot, lambda: "r_10 does not reproduce r_9: 1 of 1 figures" in text(bench))


async def test_no_is_no(bench: Workbench, project: Project) -> None:
    as_of_old(project)
    async with opened(bench) as (pilot, place):
        await question(pilot, place, "r_9")
        await until(pilot, lambda: "Reproduce r_9?" in text(bench))
        await settled(pilot)
        await pilot.press("enter")  # Cancel has the focus
        await until(pilot, lambda: "Reproduce r_9?" not in text(bench))
        await settled(pilot)
        assert project.store.one("SELECT max(number) AS n FROM runs") == {"n": 9}


async def test_what_cannot_be_reproduced_says_why(bench: Workbench, project: Project) -> None:
    async with opened(bench) as (pilot, place):
        await question(pilot, place, "r_4")
        await until(pilot, lambda: "r_4 is failed" in said(bench))
        # Its problem was never stored: seeded runs have none.
        await question(pilot, place, "r_3")
        await until(pilot, lambda: "0000" in said(bench))
        assert "Reproduce r_3?" not in text(bench)
