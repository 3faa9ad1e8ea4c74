"""Waiting for a job: its log and events as they grow, its end; by file sizes, 10 looks a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from workbench.compute.events import Event
from workbench.compute.jobs import Job, event_reader, get_job, log_path, read_range
from workbench.compute.wake import wake_runner
from workbench.errors import Conflict

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.project.project import Project

PAUSE = 0.1
_WAKE_EVERY = 5.0


class Watch:
    """A job as it goes on. The records are asked only after the journal has grown."""

    def __init__(self, project: Project, ref: str) -> None:
        self.project = project
        self._seen = project.store.changed()
        self.job = get_job(project, ref)

    def refresh(self) -> Job:
        """Return the job as it is now."""
        seen = self.project.store.changed()
        if seen != self._seen:
            self.job = get_job(self.project, self.job.id)
            self._seen = seen
        return self.job


def log_so_far(project: Project, ref: str, offset: int = 0) -> Iterator[bytes]:
    """Yield the job's log from byte `offset` to where it ends now."""
    path = log_path(project, get_job(project, ref))
    while data := read_range(path, offset):
        offset += len(data)
        yield data


def follow_log(
    project: Project,
    ref: str,
    offset: int = 0,
    *,
    looks: Callable[[Job], object] = lambda _: None,
) -> Iterator[bytes]:
    """Yield the job's log from byte `offset` on as it grows; ends with the job.

    `looks` is called with the job at each look, which is ten times a second.
    """
    watch = Watch(project, ref)
    woken = time.monotonic()
    path = log_path(project, watch.job)
    while True:
        # Asked before reading: what an ended job wrote is there as a whole.
        job = watch.refresh()
        ended = job.ended
        while data := read_range(path, offset):
            offset += len(data)
            yield data
        if ended:
            return
        looks(job)
        if time.monotonic() - woken > _WAKE_EVERY:
            wake_runner(project)
            woken = time.monotonic()
        time.sleep(PAUSE)


def follow(project: Project, ref: str) -> Iterator[Job | Event]:
    """Yield the job at each change of its state, and its events as they come; ends with the job.

    The runner is started again should it be gone, so that a wait always ends.
    """
    watch = Watch(project, ref)
    reader = event_reader(project, watch.job)
    shown: Job | None = None
    woken = time.monotonic()
    while True:
        job = watch.refresh()
        last = job.ended
        if last:
            yield from reader.read()
        if shown is None or job.state != shown.state:
            shown = job
            yield job
        if last:
            return
        yield from reader.read()
        if time.monotonic() - woken > _WAKE_EVERY:
            wake_runner(project)
            woken = time.monotonic()
        time.sleep(PAUSE)


def new_file(path: Path) -> BinaryIO:
    """Open a file that is not there yet, for writing. Raises Conflict for one that is."""
    try:
        return path.open("xb")
    except FileExistsError:
        raise Conflict(
            "There is a file of that name",
            where=str(path),
            why="what is in it would be lost",
            fix="Choose another name, or remove it",
            code="file.exists",
        ) from None


def wait(project: Project, ref: str) -> Job:
    """Wait for the job's end and return it."""
    job = get_job(project, ref)
    for item in follow(project, job.id):
        if isinstance(item, Job):
            job = item
    return job
