"""The runner's loop: look for work, take each job a step on, watch deployments, end when idle."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import msgspec

from workbench.compute.targets import open_target
from workbench.errors import WorkbenchError
from workbench.project.project import Project
from workbench.runner.follow import Follower

IDLE_VARIABLE = "WORKBENCH_RUNNER_IDLE"
IDLE = 60.0
"""Seconds without work after which the runner ends."""
BUSY_PAUSE, QUIET_PAUSE = 0.1, 0.25
SERVING_PAUSE = 5.0
LOST_PAUSE = 5.0
_LEFTOVERS = 20

_UNFINISHED = (
    "SELECT id, number, target, spec, state, cancel_requested, handle FROM jobs"
    " WHERE uid = ? AND state NOT IN ('succeeded', 'failed', 'cancelled') ORDER BY priority DESC, number"
)
_ENDED = (
    "SELECT number, target, handle FROM jobs WHERE uid = ? AND handle IS NOT NULL"
    " AND state IN ('succeeded', 'failed', 'cancelled') ORDER BY ended_at DESC LIMIT ?"
)

logger = logging.getLogger("workbench.runner")


def idle_limit() -> float:
    """Return after how many seconds without work the runner ends."""
    try:
        return float(os.environ.get(IDLE_VARIABLE, ""))
    except ValueError:
        return IDLE


class Loop:
    """Takes all work of one person in one project on, turn by turn. Only one exists: see the lock."""

    def __init__(self, project: Project, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.project = project
        self.busy = False
        self._clock = clock
        self._uid = os.getuid()
        self._seen: tuple[int, int] | None = None
        self._looked: tuple[int, int] | None = None
        self._rows: list[dict[str, Any]] = []
        self._followers: dict[str, Follower] = {}
        self._serves = False
        self._serving_again = 0.0
        self._lost_again = 0.0

    def turn(self) -> bool:
        """Do one turn; True while there is work (a job under way or a deployment to watch)."""
        self._refresh()
        active = self._turn_jobs()
        watching = self._turn_serving()
        self.busy = active
        return active or watching

    def unread(self) -> bool:
        """Tell whether something was written since the last turn looked."""
        return self.project.store.changed() != self._looked

    def clear_leftovers(self) -> None:
        """Remove the folders of ended jobs that a killed runner had no time to remove."""
        for row in self.project.store.query(_ENDED, (self._uid, _LEFTOVERS)):
            try:
                target = open_target(self.project, row["target"])
                target.remove(msgspec.json.decode(row["handle"]))
            except (WorkbenchError, OSError) as error:
                logger.warning("j_%s: its folder stays: %s", row["number"], error)

    def _refresh(self) -> None:
        """Ask the tables again if anything was written since the last time."""
        # What was looked at and could not be read is not waited for: a runner must come to its end.
        seen = self._looked = self.project.store.changed()
        if seen == self._seen:
            return

        def read(view: Any) -> tuple[list[dict[str, Any]], bool]:
            rows = view.query(_UNFINISHED, (self._uid,))
            served = view.one(
                "SELECT 1 AS one FROM deployments WHERE uid = ? LIMIT 1", (self._uid,)
            )
            return rows, served is not None

        self._rows, self._serves = self.project.store.read(read)
        self._seen = seen
        self._followers = {
            row["id"]: self._followers.get(row["id"]) or Follower(self.project, row["id"])
            for row in self._rows
        }

    def _turn_jobs(self) -> bool:
        taken = sum(row["state"] not in {"queued", "lost"} for row in self._rows)
        look_at_lost = self._clock() >= self._lost_again
        if look_at_lost:
            self._lost_again = self._clock() + LOST_PAUSE
        active = False
        for row in self._rows:
            if row["state"] == "lost" and not look_at_lost and not row["cancel_requested"]:
                continue
            slot = row["state"] == "queued" and taken < self.project.settings.slots
            if row["state"] == "queued" and not slot and not row["cancel_requested"]:
                active = True
                continue
            recorded = self._followers[row["id"]].turn(row, slot=slot)
            taken += slot
            active = active or recorded or row["state"] != "lost"
        return active

    def _turn_serving(self) -> bool:
        if not self._serves or self._clock() < self._serving_again:
            return False
        try:
            # Only for who has deployments: its imports are half of this process's memory.
            from workbench.serving.watch import step

            self._serves = step(self.project)
        except Exception:  # deployments must not end the jobs' loop
            logger.exception("deployments: unexpected")
            self._serving_again = self._clock() + SERVING_PAUSE
            return False
        return self._serves
