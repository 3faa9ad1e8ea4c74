"""The places where work runs: list them, open one, ask what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench import plugins
from workbench.compute.contract import Probe, Target
from workbench.errors import NotFound

if TYPE_CHECKING:
    from workbench.project.project import Project


class TargetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A target as a list shows it, with how many of its jobs have not ended."""

    name: str
    plugin: str
    unfinished: int


def list_targets(project: Project) -> list[TargetRow]:
    """Return every target of the project by name."""
    rows = project.store.query(
        "SELECT target, count(*) AS jobs FROM jobs"
        " WHERE state NOT IN ('succeeded', 'failed', 'cancelled') GROUP BY target"
    )
    jobs = {row["target"]: row["jobs"] for row in rows}
    return [
        TargetRow(name=name, plugin=name, unfinished=jobs.get(name, 0))
        for name in plugins.names("compute")
    ]


def open_target(project: Project, name: str) -> Target:
    """Return the target `name`. Raises NotFound with those that there are, or PluginError."""
    known = plugins.names("compute")
    if name not in known:
        raise NotFound(
            f"There is no target {name[:80]}",
            where=f"{project.paths.settings}",
            why="known: " + (", ".join(known) or "none"),
            fix="Choose one of these",
            code="target.none",
        )
    target: Target = plugins.load("compute", name)
    return target


def probe(project: Project, name: str) -> Probe:
    """Ask the target what is there. Raises NotFound, PluginError, TargetError."""
    return open_target(project, name).probe()
