"""Processes and their families: how they are, what belongs together, and how to end it.

Standard library only on Linux (the shim on a target carries it); elsewhere psutil answers, imported
where it is needed (8 ms).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Literal

from workbench.compute.identity import HAS_PROC, Identity, boot_id, identify, stat_of

_PROC = Path("/proc")

Life = Literal["alive", "dead", "reused", "rebooted"]


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


def identified(pids: Iterable[int]) -> list[Identity]:
    """Return who has these pids now, without those that nobody has."""
    return [who for who in map(identify, pids) if who is not None]


def descendants(pid: int) -> list[Identity]:
    """Return the living children of `pid`, their children and so on."""
    parents = _parents_linux() if HAS_PROC else _parents_psutil()
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found, waiting = [], [pid]
    while waiting:
        for child in children.pop(waiting.pop(), ()):
            waiting.append(child)
            found.append(child)
    return identified(found)


def marked(variable: str, value: str) -> list[Identity]:
    """Return the living processes that were started with `variable=value` in their environment.

    Finds what lost its parents; needs /proc, elsewhere the list is empty.
    """
    wanted = f"{variable}={value}".encode()
    found = []
    for pid in _pids() if HAS_PROC else ():
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


def _pids() -> Iterable[int]:
    return (int(name) for name in os.listdir(_PROC) if name.isdecimal())  # noqa: PTH208  # names are enough


def _parents_linux() -> dict[int, int]:
    found = {pid: stat_of(pid) for pid in _pids()}
    return {pid: int(fields[1]) for pid, fields in found.items() if fields}


def _parents_psutil() -> dict[int, int]:
    import psutil

    return {process.pid: process.info["ppid"] for process in psutil.process_iter(["ppid"])}
