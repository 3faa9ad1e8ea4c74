"""A process known by more than a number: a pid is reused, so start time and boot are kept with it.

Standard library only on Linux, and little of it: the shim imports this before the work may start
(no pathlib, no dataclasses). Elsewhere psutil answers, imported where it is needed (8 ms).
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any, NamedTuple

HAS_PROC = sys.platform == "linux"


class Identity(NamedTuple):
    """One process and no other: pid, start time, boot.

    `start` is in clock ticks since boot on Linux (proc(5), field 22 of stat), which no change of
    the clock moves; elsewhere in milliseconds since the epoch.
    """

    pid: int
    start: int
    boot: str


def identity_of(found: Any) -> Identity:
    """Return the identity that a file names, as `_asdict` wrote it. Raises ValueError when it is damaged."""
    try:
        return Identity(int(found["pid"]), int(found["start"]), str(found["boot"]))
    except (KeyError, TypeError) as error:
        raise ValueError("it names no process") from error


@cache
def boot_id() -> str:
    """Return what names this boot of this machine."""
    if HAS_PROC:
        with open("/proc/sys/kernel/random/boot_id") as stream:
            return stream.read().strip()
    import psutil

    return f"{psutil.boot_time():.0f}"


def identify(pid: int) -> Identity | None:
    """Return who has this pid now; None for nobody and for a zombie (it has ended)."""
    if pid <= 0:
        return None
    start = _start_linux(pid) if HAS_PROC else _start_psutil(pid)
    return None if start is None else Identity(pid, start, boot_id())


def myself() -> Identity:
    """Return this process's identity."""
    found = identify(os.getpid())
    assert found is not None  # it is running this line
    return found


def stat_of(pid: int) -> list[bytes] | None:
    """Return the fields of /proc/PID/stat from the third on (the second may hold spaces and brackets)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            return stream.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def _start_linux(pid: int) -> int | None:
    fields = stat_of(pid)
    if not fields or fields[0] in {b"Z", b"X", b"x"}:
        return None
    return int(fields[19])


def _start_psutil(pid: int) -> int | None:
    import psutil

    try:
        process: Any = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return round(float(process.create_time()) * 1000)
    except psutil.Error:
        return None
