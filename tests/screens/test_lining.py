"""Runs beside each other on the screen: the pinned baseline, means over seeds, curves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from experiments_seed import say_folds, seed
from kept import copy_of
from settle import settled, text, until
from test_experiments import opened, said
from test_keeping import act
from textual.pilot import Pilot

from screens.app import Workbench
from screens.experiments.kept import Chosen, Kept
from workbench.project.project import Project

Compare = Callable[..., bool]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of(seed, tmp_path / "colony")


async def test_a_pinned_baseline_is_kept_and_compared_with(
    bench: Workbench, project: Project
) -> None:
    async with opened(bench) as (pilot, place):
        place.point_at("r_2")
        await settled(pilot)
        await act(pilot, "runs.pin")
        await until(pilot, lambda: "r_2 is the baseline." in said(bench))
        await until(pilot, lambda: "r_2 ◆" in text(bench) and "base r_2" in text(bench))
        await pilot.press("c")
        await until(pilot, lambda: "this is the baseline r_2" in said(bench))
        place.point_at("r_3")
        await settled(pilot)
        await pilot.press("c")  # one run is enough
        await until(pilot, lambda: "0.9713 *" in text(bench))
        assert "workbench run compare r_3 --baseline r_2" in said(bench)
        assert [c.title.strip() for c in place.runs.aside.compared.columns[1:3]] == ["r_2", "r_3"]
        await pilot.press("escape")
        await settled(pilot)
    assert Kept(project.id).chosen == Chosen(baseline="r_2")  # in the next session, too
    again = Workbench(project, now=bench.now)
    async with opened(again) as (pilot, place):
        await until(pilot, lambda: "r_2 ◆" in text(again))
        await act(pilot, "runs.unpin")
        await until(pilot, lambda: "r_2 ◆" not in text(again))
        assert "runs.unpin" not in {offer.act.id for offer in again.offers()}


def test_what_was_chosen_may_be_damaged(tmp_path: Path) -> None:
    kept = Kept("01K", tmp_path)
    kept.pin("r_3")
    kept.show("late", ("run", "state"))
    kept.show("", ("run",))
    assert Kept("01K", tmp_path).chosen == Chosen(
        baseline="r_3", columns={"late": ("run", "state"), "": ("run",)}
    )
    kept.show("late", ())
    assert Kept("01K", tmp_path).chosen.columns == {"": ("run",)}
    (tmp_path / "runs" / "01K.json").write_text("{")
    assert Kept("01K", tmp_path).chosen == Chosen()
    (tmp_path / "runs" / "01K.json").unlink()
    (tmp_path / "runs").chmod(0o500)
    kept.pin("r_4")  # where nothing can be written it holds for the session
    assert kept.chosen.baseline == "r_4"
    (tmp_path / "runs").chmod(0o700)


async def curves(pilot: Pilot[Any], project: Project) -> None:
    say_folds(project, 2, [0.91, 0.93, 0.89, 0.94, 0.95])
    say_folds(project, 3, [0.96, 0.95, 0.97, 0.98, 0.96])
    await settled(pilot)
    await pilot.press("3")
    await settled(pilot)
    place: Any = pilot.app.place  # type: ignore[attr-defined]
    await until(pilot, lambda: place.runs.table.count == 6)
    place.runs.table.marks |= {"r_2", "r_3"}
    await act(pilot, "runs.curves")
    await until(pilot, lambda: "cv.macro_f1 of 2 runs" in text(pilot.app))


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["curves", "seeds"])
def test_pictures(
    bench: Workbench, project: Project, snap_compare: Compare, name: str, size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await curves(pilot, project)
        if name == "seeds":
            await pilot.press("escape")
            await settled(pilot)
            await act(pilot, "runs.seeds")
            await until(pilot, lambda: "over seed: mean" in text(bench))
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


async def test_columns_are_chosen_ordered_and_kept(bench: Workbench, project: Project) -> None:
    def names(place: Any) -> list[str]:
        return [column.name for column in place.runs.table.columns]

    async with opened(bench) as (pilot, place):
        usual = names(place)
        await act(pilot, "runs.columns")
        await until(pilot, lambda: "Columns of all runs" in text(bench))
        await until(pilot, lambda: bench.screen.table.count > 12)  # type: ignore[attr-defined]
        # State off; the metric before the trainer; a parameter on.
        await pilot.press("down", "space", "down", "left")
        modal: Any = bench.screen
        modal.table.select("param.learning_rate")
        await settled(pilot)
        await pilot.press("space", "enter")
        await until(pilot, lambda: "state" not in names(place))
        wanted = [name for name in usual if name != "state"]
        wanted.remove("metric.macro_f1")
        wanted.insert(1, "metric.macro_f1")
        assert names(place) == [*wanted, "param.learning_rate"]
    again = Workbench(project, now=bench.now)
    async with opened(again) as (pilot, place):
        assert names(place) == [*wanted, "param.learning_rate"]
        place.runs.narrow_to("species")  # chosen for all runs, not for these
        await until(pilot, lambda: "state" in names(place))
        place.runs.narrow_to("")
        await until(pilot, lambda: "state" not in names(place))
        await act(pilot, "runs.columns")
        await until(pilot, lambda: "Columns of all runs" in text(again))
        await pilot.press("r", "enter")
        await until(pilot, lambda: names(place) == usual)
    assert Kept(project.id).chosen.columns == {}


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture_of_the_columns(
    bench: Workbench, snap_compare: Compare, size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        place: Any = bench.place
        await until(pilot, lambda: place.runs.table.count == 6)
        await act(pilot, "runs.columns")
        await until(pilot, lambda: "Columns of all runs" in text(bench))
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


async def test_runs_that_said_nothing_have_no_curves(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        place.point_at("r_1")
        await settled(pilot)
        await act(pilot, "runs.curves")
        await until(pilot, lambda: "No run has points of macro_f1" in text(bench))
