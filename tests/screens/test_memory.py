"""Coming back: place, cursor, sort, filter and views as they were left; broken or old state is nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from settle import settled, status, until
from textual.pilot import Pilot
from textual.widgets import Input

from screens.app import Workbench
from screens.memory import VERSION, Kept, Left, Listed, read, read_seen
from screens.widgets.pane import ListPane
from screens.widgets.views import Views
from workbench.project.paths import state_home
from workbench.project.project import Project


@pytest.fixture
def folder(project: Project) -> Path:
    return state_home() / "screens" / project.id


def again(project: Project, still: datetime, *, fresh: bool = False) -> Workbench:
    return Workbench(project, now=lambda: still, fresh=fresh)


@asynccontextmanager
async def opened(app: Workbench) -> AsyncIterator[Pilot[Any]]:
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot)
        yield pilot


def pane(app: Workbench) -> ListPane:
    assert app.place is not None
    return app.place.query(ListPane).first()


def keep(folder: Path, **values: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session.json").write_bytes(msgspec.json.encode(Kept(VERSION, **values)))


async def test_a_session_is_found_again(bench: Workbench, still: datetime, folder: Path) -> None:
    async with opened(bench) as pilot:
        await pilot.press("6")
        await settled(pilot)
        table = pane(bench).table
        await pilot.press("S", "slash", *"train", "enter")
        await until(pilot, lambda: table.filter_text == "train" and table.sort is not None)
        await pilot.press("j", "j")
        await settled(pilot)
        await until(pilot, lambda: table.cursor == 2)
        left, sort, rows = table.key, table.sort, table.count
        views = [each.view for each in bench.screen.query(Views)]
        await pilot.press("q")
    assert (folder / "session.json").stat().st_mode & 0o777 == 0o600
    other = again(bench.project, still)
    async with opened(other) as pilot:
        assert other.current_mode == "compute"
        table = pane(other).table
        assert (table.key, table.sort, table.count) == (left, sort, rows)
        assert table.filter_text == "train"
        assert other.screen.query_one("FilterInput", Input).value == "train"
        assert [each.view for each in other.screen.query(Views)] == views
        assert other.standing is not None  # the bars are filled without Home
        await pilot.press("escape")
        await until(pilot, lambda: table.filter_text == "")
    fresh = again(bench.project, still, fresh=True)
    async with opened(fresh):
        assert fresh.current_mode == "home"
        assert fresh.memory.since is not None  # what arrived meanwhile is told all the same


async def test_views_are_found_again(project: Project, still: datetime, folder: Path) -> None:
    first = again(project, still)
    async with opened(first) as pilot:
        await pilot.press("4")
        await settled(pilot)
        views = first.screen.query(Views).first()
        await pilot.press("tab", "v")
        await until(pilot, lambda: views.view == list(views.widgets)[1])
        await pilot.press("q")
    second = again(project, still)
    async with opened(second):
        assert second.screen.query(Views).first().view == list(views.widgets)[1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"version": 99, "place": "models"}',
        b'{"version": 1, "place": 3}',
        b'{"version": 1, "place": "models", "left_at": "2026-01-01T00:00:00"}',
    ],
)
async def test_broken_and_old_state_is_nothing(
    project: Project, still: datetime, folder: Path, body: bytes
) -> None:
    folder.mkdir(parents=True)
    for name in ("session.json", "seen.json"):
        (folder / name).write_bytes(body)
    assert read(folder / "session.json") is None
    assert read_seen(folder / "seen.json") == frozenset()
    app = again(project, still)
    async with opened(app):
        assert app.current_mode == "home"


async def test_what_no_longer_fits_is_left_out(
    project: Project, still: datetime, folder: Path
) -> None:
    listed = Listed(key="j_999", sort="no_such_column", filter="")
    places = {"compute": Left(listed, ("no such view",)), "gone": Left()}
    keep(folder, place="compute", places=places)
    app = again(project, still)
    async with opened(app):
        table = pane(app).table
        assert table.sort is None
        assert table.cursor == 0
        assert table.count == 7
    keep(folder, place="no such place")
    assert again(project, still).memory.place == "home"


async def test_state_that_cannot_be_written_harms_nothing(
    project: Project, still: datetime, folder: Path
) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    app = again(project, still)
    async with opened(app) as pilot:
        await pilot.press("6")
        await settled(pilot)
        app.memory.keep()
        await settled(pilot)
        await pilot.press("q")
    assert folder.read_text() == "in the way"


async def test_it_is_kept_now_and_then_so_that_a_lost_line_loses_little(
    project: Project, still: datetime, folder: Path
) -> None:
    app = again(project, still)
    async with opened(app) as pilot:
        await pilot.press("4")
        await settled(pilot)
        app.memory.keep()
        await settled(pilot)
        kept = read(folder / "session.json")
        assert kept is not None
        assert (kept.place, kept.left_at) == ("models", still)
        written = (folder / "session.json").stat().st_ino
        app.memory.keep()
        await settled(pilot)
        assert (folder / "session.json").stat().st_ino == written  # nothing changed


@pytest.mark.parametrize(("digit", "key"), [("6", "x"), ("5", "x")])
async def test_keys_pressed_before_a_list_has_come_wait_for_it(
    bench: Workbench, digit: str, key: str
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press(digit, key)
        await until(pilot, lambda: bench.screen.is_modal or "Stop" in status(bench), "an answer")
        assert "there is no" not in status(bench)
