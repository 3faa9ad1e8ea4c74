"""The map of keys over a place: another key holds at once and is kept; one that cannot be is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from settle import settled, text, until
from textual.pilot import Pilot

from screens.app import Workbench
from screens.keymap import keep_key, personal
from screens.modals.form import FormModal
from screens.modals.keys import Keys
from workbench.errors import BadInput

Compare = Callable[..., bool]


async def opened(pilot: Pilot[Any]) -> None:
    await settled(pilot)
    await pilot.press("colon", *"change keys", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, Keys))
    await settled(pilot)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
def test_picture(bench: Workbench, snap_compare: Compare, size: tuple[int, int]) -> None:
    bench.keys = {"quit": "Q"}
    assert snap_compare(bench, terminal_size=size, run_before=opened)


async def test_another_key_holds_at_once_and_is_kept(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        screen = bench.screen
        assert isinstance(screen, Keys)
        screen.table.select("log")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        await pilot.press("ctrl+u", "p", "enter", "enter")
        await until(pilot, lambda: "log = p is the key of promote" in text(bench))
        await pilot.press("escape")
        await until(pilot, lambda: bench.screen is screen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        await pilot.press("ctrl+u", "exclamation_mark", "enter", "enter")
        await until(pilot, lambda: bench.screen is screen)
        assert bench.keys == {"log": "exclamation_mark"}
        await pilot.press("escape", "exclamation_mark")
        await until(pilot, lambda: "Log of this session" in text(bench))
    assert personal().keys == {"log": "exclamation_mark"}


def test_the_default_comes_back_with_an_empty_key() -> None:
    keys = keep_key("quit", "Q", {})
    assert keys == personal().keys == {"quit": "Q"}
    assert keep_key("quit", "", keys) == personal().keys == {}
    assert keep_key("quit", "q", {"quit": "Q"}) == {}


def test_what_cannot_be_used_is_refused_and_nothing_is_written() -> None:
    for key, why in (("p", "is the key of promote"), ("qq", "there is no key qq")):
        with pytest.raises(BadInput) as refusal:
            keep_key("quit", key, {})
        assert why in refusal.value.why
        assert refusal.value.code == "keys.wrong"
    assert not (Path(os.environ["XDG_CONFIG_HOME"]) / "workbench" / "config.toml").exists()
