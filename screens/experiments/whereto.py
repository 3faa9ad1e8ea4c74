"""Where a run is sent and what it may use, as fields of the form that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.widgets.fields import Field
from workbench.compute.checking import Check, last_checks
from workbench.compute.limiting import (
    memory_text,
    parse_cpus,
    parse_memory,
    parse_time,
    time_text,
)
from workbench.compute.limits import Limits
from workbench.compute.targets import TargetRow, list_targets
from workbench.project.settings import LOCAL

if TYPE_CHECKING:
    from workbench.project.project import Project

OWN = "-"
"""How the names of our own fields begin, so that no trainer's option can have the same."""
_STATES = {"ok": "can run jobs", "warn": "usable", "fail": "cannot run jobs", "down": "no answer"}


def target_field(project: Project) -> Field:
    """Return the field with the targets that there are now, each with how it is."""
    project.fresh_settings()
    rows = list_targets(project)
    checks = last_checks(project, rows)
    notes = {row.name: _note(row, checks.get(row.name)) for row in rows}
    return Field(
        OWN + "target", "target", "where it runs", "choice", LOCAL,
        tuple(notes), notes=notes,
    )  # fmt: skip


def _note(row: TargetRow, check: Check | None) -> str:
    state = "this machine" if row.name == LOCAL else _STATES[check.state] if check else "not asked"
    jobs = f"{row.unfinished} open job{'s' * (row.unfinished != 1)}"
    return f"{row.kind}, {state}, {jobs}" if row.name != LOCAL else f"{state}, {jobs}"


def limit_fields() -> list[Field]:
    """Return the fields of what a run may use; empty is no limit."""
    return [
        Field(OWN + "time", "time limit", "such as 30m or 2h; empty: none", parse=parse_time),
        Field(
            OWN + "memory", "memory limit", "such as 512M or 4G; empty: none", parse=parse_memory
        ),
        Field(OWN + "cpus", "core limit", "such as 2 or 0.5; empty: none", parse=parse_cpus),
    ]


def where(target: str, limits: Limits) -> list[str]:
    """Return target and limits as flags; what is as usual is left out."""
    argv = [] if target == LOCAL else ["--target", target]
    if limits.time is not None:
        argv += ["--time", time_text(limits.time)]
    if limits.memory is not None:
        text = memory_text(limits.memory)  # where it is rounded, the bytes themselves
        exact = parse_memory(text) == limits.memory
        argv += ["--memory", text if exact else str(limits.memory)]
    if limits.cpus is not None:
        argv += ["--cpus", f"{limits.cpus:g}"]
    return argv
