"""Order among runs by keys: tags, the archive, deletion, and taking each back with `z`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from experiments_seed import seed
from kept import copy_of
from settle import settled, text, until
from test_experiments import opened, said
from textual.pilot import Pilot

from screens.app import Workbench
from screens.undo import KEPT, Undo
from workbench.errors import Conflict
from workbench.experiments.runs import get_run
from workbench.project.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of(seed, tmp_path / "colony")


async def act(pilot: Pilot[Any], name: str) -> None:
    """Do an act that has no key, as the palette does."""
    offer = next(offer for offer in pilot.app.offers() if offer.act.id == name)  # type: ignore[attr-defined]
    await offer.node.perform(offer.act)


async def test_archive_and_undo(bench: Workbench, project: Project) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("z")
        await until(pilot, lambda: "nothing was done in this session" in said(bench))
        place.point_at("r_4")
        await settled(pilot)
        await act(pilot, "runs.archive")
        await until(pilot, lambda: "r_4: archived. z takes it back." in said(bench))
        await until(pilot, lambda: place.runs.table.count == 5)
        await pilot.press("slash", *"archived:yes", "enter")
        await until(pilot, lambda: place.runs.table.key == "r_4")
        names = {offer.act.id for offer in bench.offers()}
        assert "runs.unarchive" in names
        assert "runs.archive" not in names
        await pilot.press("escape")
        await until(pilot, lambda: place.runs.table.count == 5)
        await pilot.press("z")
        await until(pilot, lambda: "Taken back: archived r_4." in said(bench))
        await until(pilot, lambda: place.runs.table.count == 6)
        assert not get_run(project, "r_4").archived


async def test_delete_wants_the_name_and_can_be_taken_back(
    bench: Workbench, project: Project
) -> None:
    async with opened(bench) as (pilot, place):
        for reference, why in (("r_5", "r_5 is running"), ("r_3", "penguin@1 was made from")):
            place.point_at(reference)
            await settled(pilot)
            await pilot.press("delete")
            await until(pilot, lambda why=why: why in said(bench))
        place.point_at("r_4")
        await settled(pilot)
        await pilot.press("delete")
        await until(pilot, lambda: "Delete r_4?" in text(bench))
        await pilot.press(*"r_4", "enter", "enter")
        await until(pilot, lambda: "r_4: deleted" in said(bench))
        await until(pilot, lambda: place.runs.table.count == 5)
        assert "workbench run delete r_4 --yes r_4" in said(bench)
        await pilot.press("z")
        await until(pilot, lambda: place.runs.table.count == 6)
        assert get_run(project, "r_4").state == "failed"


async def test_several_marked_runs_are_tagged_at_once(bench: Workbench, project: Project) -> None:
    async with opened(bench) as (pilot, place):
        place.runs.table.marks |= {"r_1", "r_2"}
        await act(pilot, "runs.tag")
        await until(pilot, lambda: "Tag 2 runs" in text(bench))
        await pilot.press(*"keep", "enter", "enter")
        await until(pilot, lambda: "2 runs: tagged keep" in said(bench))
        await until(pilot, lambda: get_run(project, "r_1").tags == ("keep",))
        await pilot.press("z")
        await until(pilot, lambda: "Taken back: the tag keep on 2 runs." in said(bench))
        assert get_run(project, "r_2").tags == ()


async def test_what_cannot_be_taken_back_any_more_is_told_once(bench: Workbench) -> None:
    def gone() -> None:
        raise Conflict("It is not there any more", why="somebody else was quicker")

    async with opened(bench) as (pilot, _):
        done: list[int] = []
        for at in range(KEPT + 3):
            bench.keep_undo(Undo(f"act {at}", lambda at=at: done.append(at)))  # type: ignore[misc]
        bench.keep_undo(Undo("the last one", gone))
        assert len(bench.undos) == KEPT
        await pilot.press("z")
        await until(pilot, lambda: "It is not there any more" in said(bench))
        await pilot.press("z")
        await until(pilot, lambda: done == [KEPT + 2])


Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["delete", "tag"])
def test_pictures(
    bench: Workbench, snap_compare: Compare, name: str, size: tuple[int, int]
) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        place: Any = bench.place
        await until(pilot, lambda: place.runs.table.count == 6)
        place.point_at("r_4")
        await settled(pilot)
        if name == "delete":
            await pilot.press("delete")
        else:
            await act(pilot, "runs.tag")
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)
