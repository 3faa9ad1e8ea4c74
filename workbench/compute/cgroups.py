"""A control group for a job, made where we may make one: cgroups(7), version 2 or 1.

The kernel then holds the job to its memory and cores at every moment, and names all its processes,
those too that hid from their parents. Standard library only, nothing newer than Python 3.9.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from workbench.compute.folder import GROUP
from workbench.compute.limits import Limits

PREFIX = "workbench-"
CONTROLLERS = ("memory", "cpu")
PERIOD = 100_000
"""Microseconds of a scheduling period, of which a group has a share: the kernel's own default."""

_ROOT = Path("/sys/fs/cgroup")
_LETTING_GO = 2.0
_WITH_SWAP = ("memory.swap.max", "memory.memsw.limit_in_bytes")  # where swap is counted


class Place(NamedTuple):
    """The folder that holds a job to one thing, and the version of the files in it."""

    version: int
    folder: Path


class Group:
    """What holds one job: the place of its memory and that of its cores, which may be the same."""

    def __init__(self, memory: Place | None, cpu: Place | None) -> None:
        self.memory = memory
        self.cpu = cpu

    @property
    def folders(self) -> list[Path]:
        """The folders, each once."""
        return list(dict.fromkeys(place.folder for place in (self.memory, self.cpu) if place))

    def oom_kills(self) -> int:
        """Return how many of its processes the kernel ended because the memory was used up."""
        if self.memory is None:
            return 0
        name = "memory.events" if self.memory.version == 2 else "memory.oom_control"
        with contextlib.suppress(OSError, ValueError):
            for line in (self.memory.folder / name).read_text().splitlines():
                word, _, number = line.partition(" ")
                if word == "oom_kill":
                    return int(number)
        return 0

    def remove(self) -> None:
        """Remove the folders, once they are empty."""
        remove(self.folders)


def make(job: str, limits: Limits, pid: int | None, within: Path | None = None) -> Group | None:
    """Make the group of a job and put `pid` there; None where none is allowed, or nothing is limited.

    `within` is a group that was given to us to divide; without one it is made near our own.
    """
    held = {name: _hold(name, job, limits, pid, within) for name in _limited(limits)}
    group = Group(held.get("memory"), held.get("cpu"))
    return group if group.folders else None


def note(folder: Path, group: Group) -> None:
    """Write down in the job's folder where its group is: its watcher may be killed."""
    (folder / GROUP).write_text("".join(f"{place}\n" for place in group.folders))


def noted(folder: Path) -> list[Path]:
    """Return the folders noted for a job: only what can be its own, for the job may write there too."""
    try:
        lines = (folder / GROUP).read_text(errors="replace").splitlines()
    except OSError:
        return []
    found = [Path(line) for line in lines[: len(CONTROLLERS)]]
    name = f"{PREFIX}{folder.name}"
    return [p for p in found if p.name == name and ".." not in p.parts and _ROOT in p.parents]


def pids(folders: Iterable[Path]) -> set[int]:
    """Return the processes in these groups."""
    found: set[int] = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            found.update(int(pid) for pid in (folder / "cgroup.procs").read_text().split())
    return found


def remove(folders: Iterable[Path]) -> None:
    """Remove groups; the kernel takes a moment to let go of a process that has just ended."""
    until = time.monotonic() + _LETTING_GO
    for folder in folders:
        while folder.exists():
            with contextlib.suppress(OSError):
                folder.rmdir()
            if time.monotonic() > until:
                return
            time.sleep(0.01)


def own_group(controller: str) -> Place | None:
    """Return where this process is in the hierarchy that has the controller; None without one."""
    groups = _own_groups()
    for version, options, mount, root in _mounts():
        has = controller in (options if version == 1 else _words(mount / "cgroup.controllers"))
        name = groups.get(controller if version == 1 else "")
        if has and name is not None:
            below = os.path.relpath(name, root)
            return Place(version, mount if below.startswith("..") else mount / below)
    return None


def _limited(limits: Limits) -> list[str]:
    values = {"memory": limits.memory, "cpu": limits.cpus}
    return [name for name in CONTROLLERS if values[name] is not None]


def _hold(
    controller: str, job: str, limits: Limits, pid: int | None, within: Path | None
) -> Place | None:
    at = own_group(controller)
    if at is None:
        return None
    for parent in _upward(at.folder) if within is None else (within,):
        made = Place(at.version, parent / f"{PREFIX}{job}")
        try:
            if at.version == 2 and controller not in _words(parent / "cgroup.subtree_control"):
                (parent / "cgroup.subtree_control").write_text(f"+{controller}")
            made.folder.mkdir(exist_ok=True)
            for name, value in _files(controller, at.version, limits):
                if name not in _WITH_SWAP or (made.folder / name).exists():
                    (made.folder / name).write_text(value)
            if pid is not None:
                (made.folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            with contextlib.suppress(OSError):  # it may hold the job to something else already
                made.folder.rmdir()
            continue
        return made
    return None


def _upward(folder: Path) -> Iterator[Path]:
    """Yield where a group may be made: as near as possible, so that no limit of others is left behind."""
    for path in (folder, *folder.parents):
        if (path / "cgroup.procs").exists():
            yield path


def _files(controller: str, version: int, limits: Limits) -> Iterator[tuple[str, str]]:
    if controller == "cpu" and limits.cpus is not None:
        share = str(max(1000, int(limits.cpus * PERIOD)))
        if version == 2:
            yield "cpu.max", f"{share} {PERIOD}"
        else:
            yield "cpu.cfs_period_us", str(PERIOD)
            yield "cpu.cfs_quota_us", share
    elif limits.memory is not None:
        if version == 2:
            yield "memory.max", str(limits.memory)
            yield "memory.swap.max", "0"
        else:
            yield "memory.limit_in_bytes", str(limits.memory)
            yield "memory.memsw.limit_in_bytes", str(limits.memory)


def _mounts() -> Iterator[tuple[int, list[str], Path, str]]:
    """Yield version, options, folder and root of each mounted hierarchy: proc(5), mountinfo."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            if kind in {"cgroup", "cgroup2"}:
                root, mount = before.split()[3:5]
                yield (2 if kind == "cgroup2" else 1), options.split(","), Path(mount), root


def _own_groups() -> dict[str, str]:
    """Return the name of our group by controller; by "" in version 2."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, name = line.split(":", 2)
            found.update(dict.fromkeys(controllers.split(","), name))
    return found


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
