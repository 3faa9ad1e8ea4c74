"""A timer fires once whatever the machine does, and so a new size of the terminal is never lost."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from settle import settled, text, until

from screens.app import Workbench
from screens.timers import after

SCREENS = Path(__file__).parents[2] / "screens"


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine so busy that the process rests for a minute between two looks of a timer at the clock."""
    minutes = itertools.count()

    def rested() -> float:
        timer = sys._getframe(1).f_locals["self"]
        # Only where it fires once: one that repeats would never come to an end of skipping.
        return time.monotonic() + (60.0 * next(minutes) if timer._repeat == 0 else 0.0)

    monkeypatch.setattr("textual.timer._time", SimpleNamespace(get_time=rested))


async def test_it_fires_on_a_busy_machine(bench: Workbench, request: pytest.FixtureRequest) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        fired: list[str] = []
        request.getfixturevalue("busy")
        place = bench.place
        assert place is not None
        place.set_timer(0.01, lambda: fired.append("Textual's own"))
        after(place, 0.01, lambda: fired.append("ours"))
        await until(pilot, lambda: "ours" in fired)
        assert fired == ["ours"], "where Textual mends this, screens.timers can go"


async def test_a_busy_machine_gets_the_new_size(
    bench: Workbench, request: pytest.FixtureRequest
) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        request.getfixturevalue("busy")
        for columns, rows in ((100, 30), (80, 24)):
            await pilot.resize_terminal(columns, rows)
            await until(pilot, lambda rows=rows: len(text(bench).splitlines()) == rows)
        assert "? Keys" in text(bench)


def test_nothing_uses_a_timer_that_may_be_skipped() -> None:
    users = {
        path.name for path in SCREENS.rglob("*.py") if ".set_timer(" in path.read_text("utf-8")
    }
    assert users == {"app.py", "timers.py"}
