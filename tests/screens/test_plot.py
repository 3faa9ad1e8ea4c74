"""A chart that took long never comes over what was asked for after it."""

from __future__ import annotations

import threading

from settle import until
from textual.app import App, ComposeResult

from screens.widgets.plot import Plot


class One(App[None]):
    """A plot, nothing else."""

    def compose(self) -> ComposeResult:
        """The plot."""
        yield Plot(empty="nothing yet")


async def test_words_stay_when_a_slow_drawing_comes_after_them() -> None:
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
        plot.draw(None, empty="The filter is no condition")
        go.set()
        await until(pilot, lambda: not any(worker.is_running for worker in app.workers))
        assert "no condition" in plot.render().plain


async def test_of_two_drawings_the_later_stays() -> None:
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
        plot.draw(lambda width, height: f"new {width} {height}")
        await until(pilot, lambda: "new 40 10" in plot.render().plain)
        go.set()
        await until(pilot, lambda: not any(worker.is_running for worker in app.workers))
        assert "new 40 10" in plot.render().plain
