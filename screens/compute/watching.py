"""What open jobs say, read in a thread when it changes; the place is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from screens.compute.going import Going, Now, signature
from screens.compute.loading import Loaded, settings_signature
from screens.feed import Feed, in_thread
from workbench.compute.jobs import Job
from workbench.compute.wake import runner_pid
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from workbench.project.project import Project

EVENTS, RUNNER, SETTINGS = "jobs", "runner", "settings"
"""The names under which the feed watches what open jobs say, the runner, and the files with settings."""


class Watching:
    """The open jobs of the place. UI thread only; `changed()` is called when they are further."""

    def __init__(
        self,
        owner: DOMNode,
        changed: Callable[[], object],
        failed: Callable[[WorkbenchError], object],
    ) -> None:
        self._owner, self._changed, self._failed = owner, changed, failed
        self._jobs: Sequence[Job] = ()
        self._going: Going | None = None
        self._reading = self._again = False
        self.live: dict[str, Now] = {}
        """Job's reference → how far it is."""

    def follow(self, feed: Feed, project: Project, loaded: Loaded) -> None:
        """Follow what is open of these jobs, and look at the runner and the settings."""
        jobs = self._jobs = loaded.jobs
        self._going = self._going or Going(project)
        feed.watch(EVENTS, lambda: signature(project, jobs), seen=loaded.said)
        feed.watch(RUNNER, lambda: runner_pid(project), seen=loaded.runner)
        feed.watch(SETTINGS, lambda: settings_signature(project), seen=loaded.written)
        self.read()

    def read(self) -> None:
        """Read what the jobs said, one reading at a time; what comes meanwhile leads to one more."""
        going, jobs = self._going, self._jobs
        if going is None:
            return
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False

        def read() -> dict[str, Now]:
            going.follow(jobs)
            return going.read()

        in_thread(
            self._owner, read, self._come, group="events", failed=self._not_read, exclusive=False
        )

    def _come(self, live: dict[str, Now]) -> None:
        self._reading = False
        if live or self.live:
            self.live = live
            self._changed()
        if self._again:
            self.read()

    def _not_read(self, error: WorkbenchError) -> None:
        self._reading = False
        self._failed(error)
