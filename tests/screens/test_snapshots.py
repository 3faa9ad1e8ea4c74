"""Pictures of the frame, accepted by eye: `pytest tests/screens/test_snapshots.py --snapshot-update`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from settle import settled
from textual.pilot import Pilot

from screens.app import Workbench
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal
from screens.widgets.fields import Field, from_options
from workbench.options import Option

Compare = Callable[..., bool]
SIZES = [(100, 30), (80, 24)]


def pressed(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return run


@pytest.mark.parametrize("size", [*SIZES, (140, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_home(bench: Workbench, snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=pressed())


@pytest.mark.parametrize("theme", ["workbench-light", "workbench-safe", "workbench-16"])
def test_other_themes(bench: Workbench, snap_compare: Compare, theme: str) -> None:
    bench.theme = theme
    assert snap_compare(bench, terminal_size=(100, 30), run_before=pressed())


async def test_no_colour(project: Any, still: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Workbench(project, now=lambda: still)
    assert app.theme == "workbench-16"
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        styles = [
            segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip.apply_filter(app._filters[-1], app.screen.background_colors[1])
            if segment.style is not None
        ]
        assert {style.color.name for style in styles if style.color} == {"default"}
        assert {style.bgcolor.name for style in styles if style.bgcolor} == {"default"}
        assert any(style.reverse for style in styles)  # the cursor is still seen


def test_too_small(bench: Workbench, snap_compare: Compare) -> None:
    assert snap_compare(bench, terminal_size=(79, 24), run_before=pressed())


@pytest.mark.parametrize("key", ["question_mark", "colon", "full_stop", "J", "L"])
def test_over_the_place(bench: Workbench, snap_compare: Compare, key: str) -> None:
    assert snap_compare(bench, terminal_size=(80, 24), run_before=pressed("tab", key))


def test_a_form(bench: Workbench, snap_compare: Compare) -> None:
    options = (
        Option("max_iter", "int", 100, "Trees at most.", minimum=1, maximum=1000),
        Option("learning_rate", "float", 0.1, "How far a tree may go.", minimum=0, unit="per step"),
        Option("solver", "choice", "fast", "How it is solved.", choices=("fast", "exact", "both")),
        Option("early_stopping", "bool", True, "Stop when it does not get better."),
    )
    fields = [
        Field("file", "file", "The table.", kind="path", required=True),
        *from_options(options),
    ]

    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        bench.push_screen(
            FormModal(
                "Train hgb on flights@2",
                fields,
                lambda values: values,
                verb="Start",
                command=lambda values: ("run", "train", "-P", f"max_iter={values['max_iter']}"),
                intro="A run is never overwritten: this one will be r_8.",
            )
        )
        await settled(pilot)
        await pilot.press("tab", "0", "tab")
        await settled(pilot)

    assert snap_compare(bench, terminal_size=(80, 24), run_before=run)


def test_a_question(bench: Workbench, snap_compare: Compare) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        bench.push_screen(
            Confirm(
                "Promote delay@1 to production",
                ["delay@1 becomes what production means.", "The deployment eta follows it."],
                verb="Promote",
                name="delay",
                argv=("model", "promote", "delay@1", "--to", "production"),
            )
        )
        await settled(pilot)

    assert snap_compare(bench, terminal_size=(80, 24), run_before=run)
