"""Jobs, targets and the runner, asked for at once in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from screens.feed import stat_signature
from workbench.compute.contract import Probe
from workbench.compute.jobs import Job, list_jobs
from workbench.compute.targets import TargetRow, list_targets, probe
from workbench.compute.wake import runner_pid
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST = 2000
"""Jobs that are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Jobs (newest first), targets, and the pid of this person's runner (None while it rests)."""

    jobs: Sequence[Job] = ()
    targets: Sequence[TargetRow] = ()
    runner: int | None = None
    said: tuple[object, ...] = ()
    """Sizes and times of the events of the jobs that have not ended, when this was read."""


def load(project: Project) -> Loaded:
    """Ask the records and the runner's lock."""
    found = list_jobs(project, limit=MOST)
    said = signature(events_of(project, found).values())
    return Loaded(found, list_targets(project), runner_pid(project), said)


def events_of(project: Project, jobs: Sequence[Job]) -> dict[str, Path]:
    """Return reference → events file of the jobs that have not ended."""
    return {
        job.reference: project.paths.job(job.id) / "events.jsonl" for job in jobs if not job.ended
    }


def signature(events: Iterable[Path]) -> tuple[object, ...]:
    """Return what changes when a job says something."""
    return tuple(stat_signature(path) for path in events)


def probe_all(project: Project, names: Sequence[str]) -> dict[str, Probe | str]:
    """Ask these targets what is there; a sentence for one that cannot be asked."""
    found: dict[str, Probe | str] = {}
    for name in names:
        try:
            found[name] = probe(project, name)
        except WorkbenchError as error:
            found[name] = f"{error.what}: {error.why}"
    return found


def probe_targets(project: Project) -> dict[str, Probe | str]:
    """Ask every target of the project."""
    return probe_all(project, [row.name for row in list_targets(project)])
