"""Going from place to place: to the thing itself, and what a key says that means nothing there."""

from __future__ import annotations

import re

from settle import settled, text, until

from screens.app import Workbench


async def test_a_key_without_an_act_here_says_so(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("b")
        await until(pilot, lambda: "Roll back: nothing here answers to it" in text(bench))


async def test_going_to_a_thing_puts_the_cursor_on_it_in_a_place_never_seen_before(
    bench: Workbench,
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        count = bench.project.store.one("SELECT count(*) AS runs FROM runs")
        assert count
        assert count["runs"] > 1, "the newest is where the cursor would be anyway"
        bench.goto("run", "r_1")
        await until(pilot, lambda: bool(re.search(r"›\s+r_1\b", text(bench))))
