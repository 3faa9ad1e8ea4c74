"""Jobs, targets, their last checks and the runner, asked for at once in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from screens.compute.going import signature
from screens.feed import stat_signature
from workbench.compute.checking import Check, last_checks
from workbench.compute.jobs import Job, list_jobs
from workbench.compute.targets import TargetRow, list_targets
from workbench.compute.wake import runner_pid
from workbench.project.paths import config_home

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST = 2000
"""Jobs that are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Jobs (newest first), targets, and the pid of this person's runner (None while it rests)."""

    jobs: Sequence[Job] = ()
    targets: Sequence[TargetRow] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    runner: int | None = None
    said: tuple[object, ...] = ()
    """What the jobs that have not ended had said when this was read."""
    written: tuple[object, ...] = ()
    """Sizes and times of the files with settings when this was read."""


def load(project: Project) -> Loaded:
    """Ask the records, the settings and the runner's lock."""
    written = settings_signature(project)
    project.fresh_settings()  # a target may have been written down elsewhere
    found = list_jobs(project, limit=MOST)
    targets = list_targets(project)
    checks = last_checks(project, targets)
    said = signature(project, found)
    return Loaded(found, targets, checks, runner_pid(project), said, written)


def settings_signature(project: Project) -> tuple[object, ...]:
    """Return what changes when settings are written: the project's, or the person's own."""
    return (
        stat_signature(project.paths.settings),
        stat_signature(config_home() / "config.toml"),
    )
