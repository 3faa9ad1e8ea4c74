"""Locks between processes: flock on a side file, with a limit on waiting that names who holds it.

`flock` and not `lockf`: a POSIX record lock is dropped when any descriptor of the file is closed
by any library in the process, and does not keep the threads of one process apart.
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


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on `path`, a side file that is made when missing.

    Raises LockTimeout naming the holder's pid after `patience` seconds.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, file_mode(path.parent))
    try:
        _wait(descriptor, path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, patience)
        if not shared:
            os.pwrite(descriptor, f"{os.getpid():<20}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)  # closing the only descriptor of this open file releases the lock


def _wait(descriptor: int, path: Path, operation: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    pause = 0.0005
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise _held(path, descriptor, patience) from None
        else:
            return
        # Random, so that waiting processes do not march in step; short, so that units follow closely.
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # not for secrets
        pause = min(pause * 1.5, 0.02)


def _held(path: Path, descriptor: int, patience: float) -> LockTimeout:
    pid = _holder(descriptor) or os.pread(descriptor, 20, 0).decode(errors="replace").strip()
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
