"""Every place of a project of hostile, right-to-left, wide and long names; every place without colours."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import hostile_seed
import pytest
from kept import copy_of
from models_seed import NOW
from rich.cells import cell_len
from settle import settled, until
from test_boundary import FORBIDDEN
from textual.pilot import Pilot

from screens.app import Workbench
from screens.compute import facts
from screens.places import PLACES
from workbench.compute import checking
from workbench.compute.contract import Probe
from workbench.project.project import Project

Compare = Callable[..., bool]
FACTS = {"host": hostile_seed.LONG, "system": hostile_seed.ARABIC, "cores": "2"}
DIGITS = [str(digit) for digit in range(len(PLACES))]
SIZES = [(80, 24), (100, 30)]


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine, of this moment or of this folder."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(checking, "probe", lambda *_: Probe(True, FACTS))
    monkeypatch.setattr("workbench.project.settings.Settings.slots", 1)
    monkeypatch.setattr(facts, "_moment", lambda _moment, _now: "10:00:00, now")
    monkeypatch.setattr("screens.deployments.side.curl", lambda _project, _record: "curl ...")
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def hostile(tmp_path: Path) -> Project:
    return copy_of(hostile_seed.seed, tmp_path / "lab")


def at(digit: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def go(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press(digit)
        await settled(pilot)
        checker = getattr(pilot.app.screen, "checker", None)  # Compute's, which works in a thread
        await until(pilot, lambda: checker is None or not checker.under_way)
        await settled(pilot)

    return go


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("digit", DIGITS, ids=[place.id for place in PLACES])
def test_picture(
    hostile: Project, snap_compare: Compare, digit: str, size: tuple[int, int]
) -> None:
    app = Workbench(hostile, now=lambda: NOW)
    assert snap_compare(app, terminal_size=size, run_before=at(digit))


@pytest.mark.parametrize("digit", DIGITS, ids=[place.id for place in PLACES])
def test_picture_without_colours(
    bench: Workbench, project: Project, still: Any, snap_compare: Compare, digit: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("WORKBENCH_THEME")
    monkeypatch.setenv("NO_COLOR", "1")
    app = Workbench(project, now=lambda: still)
    assert app.theme == "workbench-16"
    assert snap_compare(app, terminal_size=(80, 24), run_before=at(digit))


async def test_no_line_is_wider_than_the_screen_and_nothing_is_obeyed(hostile: Project) -> None:
    app = Workbench(hostile, now=lambda: NOW)
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        for digit in DIGITS:
            await at(digit)(pilot)
            for strip in app.screen._compositor.render_strips():
                assert cell_len(strip.text) == 100, (digit, strip.text)
                assert FORBIDDEN.search(strip.text) is None
                assert len(strip.text) <= 200
