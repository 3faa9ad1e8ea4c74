"""Following the runs that have not ended: their events are watched, and read in a thread when they grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from textual.widget import Widget

from screens.experiments.live import Live, Progress
from screens.feed import Feed, in_thread
from workbench.errors import WorkbenchError


class Following:
    """The open runs of one list. UI thread only; `changed()` is called when they are further."""

    def __init__(self, owner: Widget, changed: Callable[[], object]) -> None:
        self._owner = owner
        self._changed = changed
        self._live = Live()
        self._watched: dict[str, Path] = {}
        self._reading = False
        self._again = False
        self.progress: Mapping[str, Progress] = {}
        """Run's reference → how far it is."""

    def follow(self, feed: Feed, events: dict[str, Path]) -> None:
        """Follow these runs (reference → file of their events) and no others."""
        for gone in self._watched.keys() - events.keys():
            feed.unwatch(_name(gone))
        for reference in events.keys() - self._watched.keys():
            feed.watch_file(_name(reference), events[reference])
        self._watched = events
        self.progress = {name: now for name, now in self.progress.items() if name in events}
        self.read()

    def on_feed(self, names: frozenset[str]) -> None:
        """Read when one of them said something."""
        if any(_name(reference) in names for reference in self._watched):
            self.read()

    def read(self) -> None:
        """Read what is new; while that is being done, remember to do it once more."""
        if self._reading:
            self._again = True
            return
        if not self._watched:
            return
        self._reading, self._again = True, False
        watched = self._watched

        def further() -> dict[str, Progress]:
            self._live.follow(watched)
            return self._live.read()

        in_thread(
            self._owner, further, self._come, group="events", failed=self._failed, exclusive=False
        )

    def _come(self, progress: dict[str, Progress]) -> None:
        self._reading = False
        self.progress = {name: now for name, now in progress.items() if name in self._watched}
        self._changed()
        if self._again:
            self.read()

    def _failed(self, _: WorkbenchError) -> None:
        # A file that cannot be read now is tried again when it grows.
        self._reading = False


def _name(reference: str) -> str:
    return f"events {reference}"
