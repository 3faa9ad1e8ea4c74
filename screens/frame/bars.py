"""Keeps the bars of every place current: what the app knows, written into the frame's three lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.css.query import NoMatches
from textual.timer import Timer

from screens.frame.footline import FootLine
from screens.frame.statusline import Progress, StatusLine
from screens.frame.topbar import TopBar
from screens.timers import after

if TYPE_CHECKING:
    from screens.app import Workbench
    from screens.place import Place

FRESH = 6.0
"""Seconds for which a new message has the status line for itself."""


class Bars:
    """The top bars, status lines and footers of all places. UI thread only."""

    def __init__(self, app: Workbench) -> None:
        self._app = app
        self._progress: Progress | None = None
        self._fresh: Timer | None = None

    def places(self) -> Iterator[Place[Any]]:
        """Yield every place that has been made."""
        from screens.place import Place

        for stack in self._app._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, Place) and screen.is_mounted:
                    yield screen

    def dress(self, place: Place[Any]) -> None:
        """Fill the bars of a new place and keep its footer to its focus."""
        place.bindings_updated_signal.subscribe(place, lambda _: self.foot(place))
        self._fill(place)

    def refresh(self) -> None:
        """Write what the app knows now into all of them."""
        for place in self.places():
            self._fill(place)
        self._shine_through()

    def message(self) -> None:
        """Show the newest message, for some seconds instead of what runs."""
        if self._fresh is not None:
            self._fresh.stop()
        self._fresh = after(self._app, FRESH, self._stale)
        self.refresh()

    def _stale(self) -> None:
        self._fresh = None
        self.refresh()

    def progress(self, progress: Progress | None) -> None:
        """Show what runs now."""
        if progress != self._progress:
            self._progress = progress
            self.refresh()

    def foot(self, place: Place[Any] | None) -> None:
        """Write the footer of the place in front anew, with the keys of what has the focus over it."""
        if place is not None and place is self._app.place and place.is_mounted:
            place.query_one(FootLine).offers = tuple(self._app.offers())
            self._shine_through()

    def _shine_through(self) -> None:
        """Let a modal under another one show anew what is below it: Textual renews the uppermost only."""
        for screen in self._app.screen_stack[1:-1]:
            screen.refresh()

    def _fill(self, place: Place[Any]) -> None:
        try:
            top, line = place.query_one(TopBar), place.query_one(StatusLine)
        except NoMatches:
            return  # it is being taken down
        app = self._app
        top.project = app.project.name
        if app.standing is not None:
            top.jobs = len(app.standing.running)
            top.health = app.standing.health
        line.progress = self._progress
        line.entry = app.session.newest
        line.fresh = self._fresh is not None
        line.unread = app.session.unread
