"""The jobs that have not ended, as they say it themselves: phase of the work, way to the target, usage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from screens.experiments.live import MOST, Live, Progress
from screens.feed import stat_signature
from workbench.compute.folder import EVENTS
from workbench.compute.jobs import Job
from workbench.compute.staging import STAGE, USAGE
from workbench.compute.told import News, read_news

if TYPE_CHECKING:
    from workbench.project.project import Project


@dataclass(frozen=True, slots=True)
class Now:
    """How far a job is: the phase of its work, and the news of its way and its usage."""

    progress: Progress = field(default_factory=Progress)
    news: News = field(default_factory=News)


class Going:
    """Reads what open jobs say. `follow` and `read` are called by one thread at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._live = Live()
        self._jobs: Sequence[Job] = ()

    def follow(self, jobs: Iterable[Job]) -> None:
        """Follow those of these jobs that have not ended, and no others."""
        self._jobs = open_jobs(jobs)
        events = {job.reference: self._project.paths.job(job.id) / EVENTS for job in self._jobs}
        self._live.follow(events)

    def read(self) -> dict[str, Now]:
        """Return reference → how far it is now."""
        progress = self._live.read()
        return {
            job.reference: Now(
                progress.get(job.reference, Progress()), read_news(self._project, job)
            )
            for job in self._jobs
        }


def open_jobs(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that have not ended; those that wait come last, and no more than are followed."""
    found = [job for job in jobs if not job.ended]
    return sorted(found, key=lambda job: job.state == "queued")[:MOST]


def signature(project: Project, jobs: Iterable[Job]) -> tuple[object, ...]:
    """Return what changes when one of these jobs says something."""
    folders: list[Path] = [project.paths.job(job.id) for job in open_jobs(jobs)]
    return tuple(
        stat_signature(folder / name) for folder in folders for name in (EVENTS, STAGE, USAGE)
    )
