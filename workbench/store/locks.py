"""Locks between processes: flock on a side file, with a limit on waiting that names who holds it.

`flock` and not `lockf`: a POSIX record lock is dropped when any descriptor of the file is closed
by any library in the process, and does not keep the threads of one process apart.

Whoever wants the lock first takes a place in the queue, a second side file that is held only while
waiting. So there is one process at the door, which looks often, and the one that has just let the
lock go cannot take it again before those who wait: without it eight writers in a loop starved each
other for more than the limit. Readers pass the same door, so that a writer is not starved by
readers whose turns overlap.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import LockTimeout
from workbench.store.modes import file_mode

PATIENCE = 5.0
"""Seconds after which waiting for a lock is an error."""

QUEUE = ".queue"
AT_DOOR = 0.0005
"""Seconds between two looks of the one that is next: short, so that units follow closely."""
IN_QUEUE = 0.004
"""Seconds between two looks of the others: they only have to be there when the door is free."""


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on `path`, a side file that is made when missing.

    Raises LockTimeout naming the holder's pid after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    with contextlib.ExitStack() as inside:
        descriptor = inside.enter_context(_side_file(path))
        with _side_file(path.with_name(path.name + QUEUE)) as queue:
            operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            if not (
                _wait(queue, fcntl.LOCK_EX, deadline, IN_QUEUE)
                and _wait(descriptor, operation, deadline, AT_DOOR)
            ):
                raise _held(path, descriptor, queue, patience)
        if not shared:
            with contextlib.suppress(
                OSError
            ):  # only for show: a full disk must not refuse the lock
                os.pwrite(descriptor, f"{os.getpid():<20}\n".encode(), 0)
        yield


@contextlib.contextmanager
def _side_file(path: Path) -> Iterator[int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, file_mode(path.parent))
    try:
        yield descriptor
    finally:
        os.close(descriptor)  # closing the only descriptor of this open file releases the lock


def _wait(descriptor: int, operation: int, deadline: float, pause: float) -> bool:
    """Take the lock, looking again after `pause` seconds or so; False when the deadline passed."""
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
        else:
            return True
        # Random, so that waiting processes do not march in step; never longer for those who waited
        # longer, so that all have the same chance.
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # not for secrets


def _held(path: Path, descriptor: int, queue: int, patience: float) -> LockTimeout:
    pid = (
        _holder(descriptor)
        or _holder(queue)
        or os.pread(descriptor, 20, 0).decode(errors="replace").strip()
    )
    return LockTimeout(
        "The store is busy",
        where=str(path),
        why=f"process {pid or 'unknown'} has held its lock for more than {patience:g} s",
        fix=f"See what it does (ps -o pid,stat,cmd -p {pid}); continue it if it is stopped, or end it"
        if pid
        else "Try again",
    )


def _holder(descriptor: int) -> str:
    """Return the pid that the kernel names for this lock (Linux), else an empty text."""
    inode = os.fstat(descriptor).st_ino
    with contextlib.suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}"):
                return fields[4]
    return ""
