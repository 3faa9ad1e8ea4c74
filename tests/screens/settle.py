"""Waiting for a condition on the screen, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from screens.place import Place

PATIENCE = 60.0
"""Seconds, by the clock, after which a condition is held never to come: long, for a loaded machine."""


async def until(pilot: Pilot[Any], condition: Callable[[], bool], what: str = "") -> None:
    """Return as soon as `condition` holds; fail after PATIENCE."""
    deadline = monotonic() + PATIENCE
    while True:
        await pilot.pause(0)  # what was sent before has been dealt with, and drawn
        if condition():
            return
        if monotonic() > deadline:
            raise AssertionError(f"did not come: {what or condition}\n{text(pilot.app)}")
        await asyncio.sleep(0.01)


async def settled(pilot: Pilot[Any]) -> None:
    """Return when nothing is being read and everything that was read is shown."""
    while True:
        await until(pilot, lambda: _quiet(pilot.app), "a quiet screen")
        await pilot.pause()  # idle: what was put off until after a frame has been done, too
        if _quiet(pilot.app):
            return


def _quiet(app: App[Any]) -> bool:
    places = [screen for screen in app.screen_stack if isinstance(screen, Place)]
    standing = getattr(app, "standing", True)
    return (
        standing is not None
        and not any(worker.is_running for worker in app.workers)
        and not any(place._loading or place._stale for place in places)
    )


def text(app: App[Any]) -> str:
    """Return what is on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def status(app: App[Any]) -> str:
    """Return the status line of the place in front."""
    from screens.frame.statusline import StatusLine

    return app.screen_stack[0].query_one(StatusLine).render().plain
