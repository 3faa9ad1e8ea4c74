"""One at a time submits a job, in this process or another on this machine.

A second one would write the job's code again while the container that the first has started reads it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(cache: Path, job: str) -> Iterator[None]:
    """Wait until nobody else submits the job; a process that dies lets the next one in."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"submit-{job}.lock"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Who waits for it has it next; who comes later sees that the job has started.
            path.unlink(missing_ok=True)
