"""Processes, known by more than a number: a pid is reused, so start time and boot are kept with it.

Standard library only on Linux (the shim on a target carries it); elsewhere psutil answers, imported
where it is needed (8 ms).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

_PROC = Path("/proc")
_HAS_PROC = sys.platform == "linux"

Life = Literal["alive", "dead", "reused", "rebooted"]


@dataclass(frozen=True)
class Identity:
    """One process and no other: pid, start time, boot.

    `start` is in clock ticks since boot on Linux (proc(5), field 22 of stat), which no change of
    the clock moves; elsewhere in milliseconds since the epoch.
    """

    pid: int
    start: int
    boot: str


@cache
def boot_id() -> str:
    """Return what names this boot of this machine."""
    if _HAS_PROC:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    import psutil

    return f"{psutil.boot_time():.0f}"


def identify(pid: int) -> Identity | None:
    """Return who has this pid now; None for nobody and for a zombie (it has ended)."""
    if pid <= 0:
        return None
    start = _start_linux(pid) if _HAS_PROC else _start_psutil(pid)
    return None if start is None else Identity(pid, start, boot_id())


def myself() -> Identity:
    """Return this process's identity."""
    found = identify(os.getpid())
    assert found is not None  # it is running this line
    return found


def look(who: Identity) -> Life:
    """Tell how the process is: alive, dead, its pid reused by another, or from before a restart."""
    if who.boot != boot_id():
        return "rebooted"
    now = identify(who.pid)
    if now is None:
        return "dead"
    return "alive" if now == who else "reused"


def is_alive(who: Identity) -> bool:
    """Tell whether this very process runs."""
    return look(who) == "alive"


def send(who: Identity, number: int) -> bool:
    """Send a signal to this very process, never to a later owner of its pid; True when it was sent."""
    try:
        if not hasattr(os, "pidfd_open"):
            if not is_alive(who):
                return False
            os.kill(who.pid, number)
            return True
        descriptor = os.pidfd_open(who.pid)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        # The descriptor holds whoever has the pid now: the check and the signal meet one process.
        if not is_alive(who):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except (ProcessLookupError, PermissionError):
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def descendants(pid: int) -> list[Identity]:
    """Return the living children of `pid`, their children and so on."""
    parents = _parents_linux() if _HAS_PROC else _parents_psutil()
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found, waiting = [], [pid]
    while waiting:
        for child in children.pop(waiting.pop(), ()):
            waiting.append(child)
            who = identify(child)
            if who is not None:
                found.append(who)
    return found


def marked(variable: str, value: str) -> list[Identity]:
    """Return the living processes that were started with `variable=value` in their environment.

    Finds what lost its parents; needs /proc, elsewhere the list is empty.
    """
    wanted = f"{variable}={value}".encode()
    found = []
    for pid in _pids() if _HAS_PROC else ():
        with contextlib.suppress(OSError):
            if wanted in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                who = identify(pid)
                if who is not None:
                    found.append(who)
    return found


def end_all(
    find: Callable[[], Collection[Identity]],
    *,
    grace: float = 1.0,
    limit: float = 10.0,
    between: Callable[[], object] = lambda: None,
) -> bool:
    """End every process that `find` returns, those it starts meanwhile too: SIGTERM, then SIGKILL.

    `grace` and `limit` are in seconds from the call; `between` is called in each turn (to reap).
    True when none is left, False when some outlived `limit` (in the kernel, or somebody else's).
    """
    began = time.monotonic()
    asked: set[Identity] = set()
    while True:
        between()
        living = find()
        passed = time.monotonic() - began
        if not living or passed > limit:
            return not living
        if passed < grace:
            _send_all(set(living) - asked, signal.SIGTERM)
            asked.update(living)
        else:
            _send_all(living, signal.SIGKILL)
        time.sleep(0.02)


def _send_all(living: Iterable[Identity], number: int) -> None:
    for who in living:
        send(who, number)


def _stat(pid: int) -> list[bytes] | None:
    """Return the fields of /proc/PID/stat from the third on (the second may hold spaces and brackets)."""
    try:
        return (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def _start_linux(pid: int) -> int | None:
    fields = _stat(pid)
    if not fields or fields[0] in {b"Z", b"X", b"x"}:
        return None
    return int(fields[19])


def _pids() -> Iterable[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdecimal())  # noqa: PTH208  # names are enough


def _parents_linux() -> dict[int, int]:
    found = {pid: _stat(pid) for pid in _pids()}
    return {pid: int(fields[1]) for pid, fields in found.items() if fields}


def _start_psutil(pid: int) -> int | None:
    import psutil

    try:
        process: Any = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return round(float(process.create_time()) * 1000)
    except psutil.Error:
        return None


def _parents_psutil() -> dict[int, int]:
    import psutil

    return {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
