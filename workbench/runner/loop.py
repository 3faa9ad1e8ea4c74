"""The runner's loop: look for work, take each job a step on, watch deployments, end when idle."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from workbench.compute.forgetting import clear_left, left_targets
from workbench.compute.targets import open_target, slots_of
from workbench.errors import NotFound, WorkbenchError
from workbench.project.project import Project
from workbench.runner.follow import Follower
from workbench.runner.hands import Hands, OneHand
from workbench.store.store import View
from workbench.text import clean

IDLE_VARIABLE = "WORKBENCH_RUNNER_IDLE"
IDLE = 60.0
"""Seconds without work after which the runner ends."""
BUSY_PAUSE, QUIET_PAUSE = 0.02, 0.25
SERVING_PAUSE = 5.0
LOST_PAUSE = 5.0
LEFT_PAUSE = 300.0
"""Seconds between two tries to clear up on targets where something was left: no runner stays for that."""
_LEFTOVERS = 20

_UNFINISHED = (
    "SELECT id, number, target, spec, runtime, state, cancel_requested, forget, handle, started_at"
    " FROM jobs"
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
    """Takes all work of one person in one project on, turn by turn. Only one exists: see the lock.

    Each job is one hand's at a time; with several hands a job's long way to its target does not hold
    up the others. What a hand recorded is read before its job is given to a hand again.
    """

    def __init__(
        self,
        project: Project,
        *,
        clock: Callable[[], float] = time.monotonic,
        hands: Hands | None = None,
    ) -> None:
        self.project = project
        self.busy = False
        self._clock = clock
        self._hands = hands or OneHand()
        self._uid = os.getuid()
        self._seen: tuple[int, int] | None = None
        self._looked: tuple[int, int] | None = None
        self._rows: list[dict[str, Any]] = []
        self._followers: dict[str, Follower] = {}
        self._held: set[str] = set()  # jobs in a hand, or whose record was not read since
        self._done: deque[str] = deque()
        self._unread_settings = ""
        self._serves = False
        self._serving_again = 0.0
        self._lost_again = 0.0
        self._left_again = 0.0

    def turn(self) -> bool:
        """Do one turn; True while there is work (a job under way or a deployment to watch)."""
        self._refresh()
        active = self._turn_jobs()
        watching = self._turn_serving()
        self._turn_left()
        self.busy = active
        return active or watching

    def wait(self, seconds: float) -> None:
        """Wait before the next turn, not longer than until a hand is done."""
        self._hands.wait(seconds)

    def hurry(self, target: str) -> None:
        """Look at the jobs of a target at once, whatever pause they were in; from any thread."""
        followers = self._followers
        for row in self._rows:
            if row["target"] == target and row["id"] in followers:
                followers[row["id"]].hurry()
        self._hands.wake()

    def close(self, seconds: float = 10.0) -> bool:
        """Let the hands finish, transfers given up; True when all have, within `seconds`."""
        for follower in self._followers.values():
            follower.leaving = True
        return self._hands.rest(seconds)

    def unread(self) -> bool:
        """Tell whether something was written since the last turn looked."""
        return self.project.store.changed() != self._looked

    def clear_leftovers(self) -> None:
        """Remove the folders of ended jobs that a killed runner had no time to remove."""
        for row in self.project.store.query(_ENDED, (self._uid, _LEFTOVERS)):
            self._hands.give(partial(self._clear_leftover, row))

    def _clear_leftover(self, row: dict[str, Any]) -> bool:
        try:
            target = open_target(self.project, row["target"])
            target.remove(msgspec.json.decode(row["handle"]))
        except (WorkbenchError, OSError) as error:
            logger.warning("j_%s: its folder stays: %s", row["number"], error)
        return False

    def _refresh(self) -> None:
        """Ask the tables again if anything was written since the last time."""
        done = [self._done.popleft() for _ in range(len(self._done))]
        # What was looked at and could not be read is not waited for: a runner must come to its end.
        seen = self._looked = self.project.store.changed()
        if seen != self._seen:
            self._read_settings()
            self._rows, self._serves = self.project.store.read(self._read)
            self._seen = seen
            self._followers = {
                row["id"]: self._followers.get(row["id"])
                or Follower(self.project, row["id"], freed=self._hands.wake)
                for row in self._rows
            }
        # Done before the look: what these recorded is in what was read.
        self._held.difference_update(done)

    def _read_settings(self) -> None:
        """Look at the settings again: a job may be for a target that was written down just now."""
        try:
            self.project.fresh_settings()
        except (WorkbenchError, OSError) as error:
            if str(error) != self._unread_settings:
                logger.warning("the settings stay as they were: %s", error)
            self._unread_settings = str(error)
        else:
            self._unread_settings = ""

    def _read(self, view: View) -> tuple[list[dict[str, Any]], bool]:
        rows = view.query(_UNFINISHED, (self._uid,))
        served = view.one("SELECT 1 AS one FROM deployments WHERE uid = ? LIMIT 1", (self._uid,))
        return rows, served is not None

    def _turn_jobs(self) -> bool:
        taken = Counter(row["target"] for row in self._rows if self._takes_a_slot(row))
        look_at_lost = self._clock() >= self._lost_again
        if look_at_lost:
            self._lost_again = self._clock() + LOST_PAUSE
        active = False
        for row in self._rows:
            follower, wanted = self._followers[row["id"]], not row["cancel_requested"]
            follower.unwanted = not wanted
            if row["state"] == "lost" and not look_at_lost and wanted:
                continue
            active = active or row["state"] != "lost"
            if row["id"] in self._held or self._clock() < follower.next_look:
                continue
            slot = row["state"] == "queued" and taken[row["target"]] < self._slots(row["target"])
            if row["state"] == "queued" and not slot and wanted:
                continue
            taken[row["target"]] += slot
            self._held.add(row["id"])
            self._hands.give(partial(self._take_on, follower, row, slot))
        return active

    def _takes_a_slot(self, row: dict[str, Any]) -> bool:
        """Tell whether the job counts: it works there, or a hand is about to start it."""
        if self._followers[row["id"]].released or row["state"] == "lost":
            return False
        return row["state"] != "queued" or row["id"] in self._held

    def _slots(self, target: str) -> int:
        try:
            return slots_of(self.project, target)
        except NotFound:
            return 1  # its follower says what is wrong

    def _take_on(self, follower: Follower, row: dict[str, Any], slot: bool) -> bool:
        try:
            return follower.turn(row, slot=slot)
        finally:
            self._done.append(row["id"])

    def _turn_left(self) -> None:
        """Now and then try to clear up where the target of something forgotten was away."""
        if self._clock() < self._left_again:
            return
        self._left_again = self._clock() + LEFT_PAUSE
        for target in left_targets(self.project, self._uid):
            self._hands.give(partial(self._clear_left, target))

    def _clear_left(self, target: str) -> bool:
        try:
            for gone in clear_left(self.project, target, self._uid):
                logger.info("%s: %s was left there and is gone now", target, clean(gone.name))
        except (WorkbenchError, OSError) as error:
            logger.info("%s: what was left there stays: %s", target, clean(error, 500))
        return False

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
