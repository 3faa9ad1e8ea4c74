"""States and their transition tables: pure data, each declared once; what is not in a table is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from workbench.errors import Conflict

JobState = Literal[
    "queued", "starting", "running", "stopping", "succeeded", "failed", "cancelled", "lost"
]
RunState = Literal["queued", "starting", "running", "succeeded", "failed", "cancelled", "lost"]
DeploymentState = Literal[
    "starting", "healthy", "degraded", "suspended", "stopped", "failed", "lost"
]

Table = Mapping[str, frozenset[str]]

JOB: Table = {
    "queued": frozenset({"starting", "cancelled", "failed"}),
    "starting": frozenset({"running", "stopping", "succeeded", "failed", "cancelled", "lost"}),
    "running": frozenset({"stopping", "succeeded", "failed", "cancelled", "lost"}),
    "stopping": frozenset({"cancelled", "succeeded", "failed", "lost"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "lost": frozenset(set(get_args(JobState)) - {"lost"}),
}
RUN: Table = {
    "queued": frozenset({"starting", "cancelled", "failed"}),
    "starting": frozenset({"running", "succeeded", "failed", "cancelled", "lost"}),
    "running": frozenset({"succeeded", "failed", "cancelled", "lost"}),
    "succeeded": frozenset(),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
    "lost": frozenset(set(get_args(RunState)) - {"lost"}),
}
DEPLOYMENT: Table = {
    "starting": frozenset({"healthy", "degraded", "stopped", "failed", "lost"}),
    "healthy": frozenset({"starting", "degraded", "suspended", "stopped", "failed", "lost"}),
    "degraded": frozenset({"starting", "healthy", "suspended", "stopped", "failed", "lost"}),
    "suspended": frozenset({"starting", "stopped", "failed", "lost"}),
    "stopped": frozenset({"starting"}),
    "failed": frozenset({"starting", "stopped"}),
    "lost": frozenset(set(get_args(DeploymentState)) - {"lost"}),
}

JOB_ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""States of a job or a run after which nothing more happens by itself."""


def check_transition(table: Table, what: str, now: str, then: str) -> None:
    """Raise Conflict unless `table` allows `what` to go from `now` to `then`."""
    if then not in table[now]:
        raise Conflict(
            f"{what} is {now} and cannot become {then}",
            where=what,
            why="possible from here: " + (", ".join(sorted(table[now])) or "nothing, it has ended"),
            fix="Look at it again: it may have changed meanwhile",
            code="state",
        )
