"""What runs now, phase by phase: the events of one job, read as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.feed import in_thread
from screens.frame.statusline import Progress, progress_of
from workbench.compute.events import EventReader, Phase

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.project.overview import RunningJob

EVENTS = "progress"
"""The name under which the feed watches the followed job's events."""


class Follower:
    """Follows the first of the jobs that have not ended, for the status line. UI thread only."""

    def __init__(self, app: Workbench) -> None:
        self._app = app
        self._running: tuple[RunningJob, ...] = ()
        self._reader: EventReader | None = None
        self._phase: Phase | None = None

    def follow(self, running: tuple[RunningJob, ...]) -> None:
        """Follow the first of these from now on."""
        before = self._running[0].id if self._running else ""
        self._running = running
        now = running[0].id if running else ""
        if now == before:
            return
        self._phase = None
        self._reader = None
        self._app.feed.unwatch(EVENTS)
        if now:
            path = self._app.project.paths.job(now) / "events.jsonl"
            self._reader = EventReader(path)
            self._app.feed.watch_file(EVENTS, path)
            self.read()

    def read(self) -> None:
        """Read what is new."""
        reader = self._reader
        if reader is None:
            return

        def newest() -> Phase | None:
            phases = [event for event in reader.read() if isinstance(event, Phase)]
            return phases[-1] if phases else None

        def come(phase: Phase | None) -> None:
            if phase is not None and reader is self._reader:
                self._phase = phase
                self._app.tick()

        in_thread(self._app, newest, come, group="progress", exclusive=False)

    def progress(self) -> Progress | None:
        """Return what to show now."""
        phase = self._phase
        if phase is None:
            return progress_of(self._running, self._app.now())
        words = f"{phase.name} {phase.done} of {phase.total}" if phase.total else phase.name
        share = phase.done / phase.total if phase.total else None
        return progress_of(self._running, self._app.now(), words, share)
