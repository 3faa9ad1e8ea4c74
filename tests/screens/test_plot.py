"""A chart that took long never comes over what was asked for after it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from settle import until
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from screens.widgets.plot import Plot


class One(App[None]):
    """A plot, nothing else."""

    def compose(self) -> ComposeResult:
        """The plot."""
        yield Plot(empty="nothing yet")


@asynccontextmanager
async def slow_drawing() -> AsyncIterator[tuple[Pilot[None], Plot, threading.Event]]:
    """Lend a plot that draws something slow, which ends once the event is set."""
    begun, go = threading.Event(), threading.Event()

    def slow(width: int, height: int) -> str:
        begun.set()
        assert go.wait(30), (width, height)
        return "the old chart"

    app = One()
    async with app.run_test(size=(40, 10)) as pilot:
        plot = app.query_one(Plot)
        plot.draw(slow)
        await until(pilot, begun.is_set)
        yield pilot, plot, go


async def come(pilot: Pilot[None], go: threading.Event) -> None:
    """Let the slow drawing come to its end."""
    go.set()
    await until(pilot, lambda: not any(worker.is_running for worker in pilot.app.workers))


async def test_words_stay_when_a_slow_drawing_comes_after_them() -> None:
    async with slow_drawing() as (pilot, plot, go):
        plot.draw(None, empty="The filter is no condition")
        await come(pilot, go)
        assert "no condition" in plot.render().plain


async def test_of_two_drawings_the_later_stays() -> None:
    async with slow_drawing() as (pilot, plot, go):
        plot.draw(lambda width, height: f"new {width} {height}")
        await until(pilot, lambda: "new 40 10" in plot.render().plain)
        await come(pilot, go)
        assert "new 40 10" in plot.render().plain
