"""What the shim does while the worker runs: reap, measure, hold it to its limits, end the family.

Time is held by looking twice a second, and memory where the kernel does not hold it
(workbench.compute.holding), so that limits hold without root and without control groups.
Standard library only.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from workbench.compute import cgroups
from workbench.compute.cgroups import Group
from workbench.compute.folder import MARK, write_usage
from workbench.compute.identity import Identity
from workbench.compute.limiting import memory_text, time_text
from workbench.compute.limits import Usage, limits_of
from workbench.compute.processes import descendants, end_all, identified, marked
from workbench.compute.using import biggest_waited, cpu_seconds, memory, memory_exactly

GRACE = 1.0
"""Seconds between asking a job's processes to end and ending them: the whole takes less than two."""

LOOK = 0.5
"""Seconds between two looks at what a job uses."""


class Outcome(NamedTuple):
    """How the worker ended: its exit status, negative for a signal; `reason` when we ended it."""

    code: int | None
    reason: str = ""


class Watcher:
    """Follows the worker `pid` of the job in `folder` to its end, within what its spec `asked` for.

    `group` is the control group that the kernel holds it in, if any. `signals` are blocked in this
    process and waited for: SIGCHLD, SIGTERM (end the job), SIGALRM.
    """

    def __init__(
        self,
        folder: Path,
        pid: int,
        asked: Mapping[str, Any],
        group: Group | None,
        signals: Collection[signal.Signals],
    ) -> None:
        self._folder = folder
        self._pid = pid
        self._limits = limits_of(asked)
        self._group = group
        self._signals = signals
        self._began = time.monotonic()
        self._ended: dict[int, int] = {}
        self._peak = 0
        self._written = -math.inf

    def until_end(self) -> Outcome:
        """Wait for the worker, end what it leaves running, and return how it ended."""
        reason = ""
        while self._pid not in self._ended and not reason:
            signal.setitimer(signal.ITIMER_REAL, self._pause())
            if signal.sigwait(self._signals) == signal.SIGTERM:
                reason = "stopped by request"
            self._reap()
            # The kernel's word first: a manager may ask us to end because of it.
            reason = self._over_memory() or reason or self._look()
        signal.setitimer(signal.ITIMER_REAL, 0)
        # Also after a normal end: nothing of a job outlives it.
        end_all(self._family, grace=GRACE, between=self._reap)
        self._reap()
        # One that ended before the first look was measured by the kernel alone.
        self._peak = self._peak or biggest_waited()
        self._tell([])
        if self._group is not None:
            self._group.remove()
        code = self._ended.get(self._pid)
        if reason and code == 0:
            # It took our signal for a wish and ended well; it did not finish.
            code = -signal.SIGTERM
        return Outcome(code, reason)

    def _over_memory(self) -> str:
        """Say so when the kernel ended a process of the job for its memory, unless the job finished."""
        kills = self._group.oom_kills() if self._group is not None else 0
        if not kills:
            return ""
        self._peak = max(self._peak, self._limits.memory or 0)  # between two looks: it was all used
        return "" if self._ended.get(self._pid) == 0 else self._memory_text

    def _pause(self) -> float:
        if self._limits.time is None:
            return LOOK
        return max(min(LOOK, self._began + self._limits.time - time.monotonic()), 0.001)

    def _look(self) -> str:
        """Measure the job; return why it must end, empty when it need not."""
        if self._pid in self._ended:
            return ""
        limits = self._limits
        family = [who for who in descendants(os.getpid()) if who.pid != os.getpid()]
        used = self._tell(family)
        if limits.time is not None and time.monotonic() - self._began >= limits.time:
            return f"over its time of {time_text(limits.time)}"
        over = not self._held and limits.memory is not None and used > limits.memory
        if over and limits.memory is not None and memory_exactly(family) > limits.memory:
            return self._memory_text
        return ""

    @property
    def _held(self) -> bool:
        """Whether the kernel holds the job to its memory; it counts what it would have to give back."""
        return self._group is not None and self._group.memory is not None

    @property
    def _memory_text(self) -> str:
        return f"over its memory of {memory_text(self._limits.memory or 0)}"

    def _tell(self, family: list[Identity]) -> int:
        """Write what the job uses, once a second and at its end; return its memory."""
        used = memory(family)
        self._peak = max(self._peak, used)
        now = time.monotonic()
        if not family or now - self._written >= 1.0:
            self._written = now
            usage = Usage(cpu_seconds(family), used, self._peak)
            with contextlib.suppress(
                OSError
            ):  # news, not a record: a full disk is the worker's to tell
                write_usage(self._folder, asdict(usage))
        return used

    def _family(self) -> set[Identity]:
        me = os.getpid()
        found = {*descendants(me), *marked(MARK, self._folder.name)}
        if self._group is not None:
            found.update(identified(cgroups.pids(self._group.folders)))
        return {who for who in found if who.pid != me}

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                self._ended[pid] = os.waitstatus_to_exitcode(status)
