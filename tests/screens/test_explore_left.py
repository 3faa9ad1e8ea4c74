"""The charts of Explore in the next session: as they were left, and nothing of what no longer fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from settle import settled, text, until
from test_explore import bench, enter, project

from screens.app import Workbench
from screens.explore.left import Grid, fitting, read
from screens.explore.spec import Spec
from screens.memory import VERSION, Kept, Left
from workbench.data.datasets import list_versions
from workbench.project.paths import state_home
from workbench.project.project import Project

__all__ = ["bench", "project"]  # fixtures

TYPES = {"kind": "String", "mass": "Float64"}


def again(before: Workbench) -> Workbench:
    return Workbench(before.project, now=before.now)


async def test_the_charts_are_found_again(bench: Workbench) -> None:  # the fixture
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        place.choose("birds", "mass")
        await until(pilot, lambda: place.spec.columns == ("mass",))
        await pilot.press("enter", "n")
        await until(pilot, lambda: len(place.charts.cells) == 2)
        await settled(pilot)
        place.put(Spec("bar", ("kind",), where="mass > 2"))
        await settled(pilot)
        left = [cell.spec for cell in place.charts.cells]
        assert [spec.kind for spec in left] == ["histogram", "bar"]
        await pilot.press("q")
    other = again(bench)
    async with other.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        assert other.current_mode == "explore"
        place = other.screen  # type: ignore[assignment]  # it is Explore
        await until(pilot, lambda: len(place.charts.cells) == 2)
        await until(pilot, lambda: "Bar of kind" in text(other) and "mass > 2" in text(other))
        await settled(pilot)
        assert place.version is not None
        assert place.version.reference == "birds@1"  # not the one that was added last
        assert [cell.spec for cell in place.charts.cells] == left
        assert place.charts.at == 1
        await pilot.press("q")
    home = again(bench)
    async with home.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("0")
        await settled(pilot)
        await pilot.press("q")
    last = again(bench)
    async with last.run_test(size=(140, 40)) as pilot:  # kept, though nobody was there meanwhile
        place = await enter(pilot)
        await until(pilot, lambda: [cell.spec for cell in place.charts.cells] == left)


def test_what_no_longer_fits_is_left_out() -> None:
    good = Spec("bar", ("kind",))
    wrong = [
        Spec("no such kind", ("kind",)),
        Spec("bar", ("gone",)),
        Spec("bar", ()),
        replace(good, group="gone"),
    ]
    assert fitting(Grid("v", (*wrong, good, good, good), 9), TYPES, 2) == [good, good]


@pytest.mark.parametrize("kept", [3, "x", {"charts": 1}, {"version": 2}, [{}]])
def test_what_is_something_else_is_nothing(kept: Any) -> None:
    assert read(kept) == Grid()


async def test_a_version_that_is_gone_is_nothing(
    bench: Workbench,  # the fixture
    project: Project,  # the fixture
) -> None:
    folder = state_home() / "screens" / project.id
    folder.mkdir(parents=True)
    grids = {"gone": Grid("01K", (Spec("bar", ("kind",)),))}
    here = list_versions(project)[0].id
    grids["unfit"] = Grid(here, (Spec("bar", ("gone",)),))
    for grid in grids.values():
        own = msgspec.to_builtins(grid)
        kept = Kept(VERSION, place="explore", places={"explore": Left(own=own)})
        (folder / "session.json").write_bytes(msgspec.json.encode(kept))
        app = again(bench)
        async with app.run_test(size=(100, 30)) as pilot:
            await settled(pilot)
            await until(pilot, lambda: "Histogram of" in text(app))  # noqa: B023  # used at once
            assert "bees@1" in text(app)
