"""What the processes of a job use, as Linux tells it. Standard library only: the shim carries it."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable
from pathlib import Path

from workbench.compute.identity import Identity

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def memory(family: Iterable[Identity]) -> int:
    """Return the bytes that processes hold of their own: private pages and shared memory, not files.

    What a fork shares with its parent counts in both: see `memory_exactly`.
    """
    return sum(_kilobytes(who.pid, "status", ("RssAnon:", "RssShmem:")) for who in family) * 1024


def memory_exactly(family: Iterable[Identity]) -> int:
    """Return what `memory` does with each shared page counted once; slower."""
    files = [(who.pid, ("Pss_Anon:", "Pss_Shmem:")) for who in family]
    return sum(_kilobytes(pid, "smaps_rollup", names) for pid, names in files) * 1024


def cpu_seconds(family: Iterable[Identity]) -> float:
    """Return the processor time of the living `family` and of all that this process has waited for.

    A child that has ended is in its parent's figure once the parent has waited for it, and in ours
    once we have: each counts once.
    """
    waited = resource.getrusage(resource.RUSAGE_CHILDREN)
    return waited.ru_utime + waited.ru_stime + sum(_ticks(who.pid) for who in family) / _TICK


def biggest_waited() -> int:
    """Return the most bytes that one process held, files too, of all that this one has waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _ticks(pid: int) -> int:
    try:
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc(5)
    except (OSError, IndexError, ValueError):
        return 0  # it has ended meanwhile


def _kilobytes(pid: int, file: str, names: tuple[str, ...]) -> int:
    try:
        lines = (_PROC / str(pid) / file).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))
    except (OSError, IndexError, ValueError):
        return 0  # it has ended meanwhile, or is not ours to look at
