"""Removing what nobody uses on a target: runtimes, objects, what uv left. Carried by an agent: Python 3.9."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.runtimes.far import BUILDING, LOCK, USED
from workbench.runtimes.lent import CACHE, DIGEST, FOLDER, PYTHONS, TOOLS

OBJECTS, JOBS, VERIFIED = "objects", "jobs", "verified"
Found = tuple[str, str, int]
"""Kind, name and bytes of something that nobody uses."""
FRESH = 600.0
"""Seconds for which whatever was wanted stays, however it is asked: a job may be on its way to it."""


def prune(base: Path, args: dict[str, Any], payload: bytes) -> list[dict[str, Any]]:
    """Remove what no job uses and nobody wanted for `older_than` seconds; with `dry` only name it.

    Returns kind, name and bytes of each: `runtime`, `object`, `verified` (a note that an object which
    lies elsewhere was read), `python` (that uv fetched), `tool`, `cache`.
    """
    del payload
    before = time.time() - max(float(args["older_than"]), FRESH)
    dry = bool(args["dry"])
    found = [
        *_runtimes(base / FOLDER, before, dry),
        *_objects(base, before, dry),
        *_notes(base / VERIFIED, before, dry),
        *_others(base / FOLDER, before, dry),
    ]
    return [{"kind": kind, "name": name, "bytes": size} for kind, name, size in found]


def _runtimes(folder: Path, before: float, dry: bool) -> Iterator[Found]:
    commands = list(_commands())
    for home in _entries(folder):
        if DIGEST.fullmatch(home.name) is None:
            continue
        running = any(f"{home}/" in command for command in commands)
        with _free(home / LOCK) as free:
            if not free:
                continue  # somebody builds it
            if _time(home / USED, home) < before and not running:
                yield "runtime", home.name, _size(home)
                _remove(home, dry)
                continue
            for left in home.glob("*" + BUILDING):  # its builder was killed
                yield "runtime", f"{home.name}/{left.name}", _size(left)
                _remove(left, dry)


def _objects(base: Path, before: float, dry: bool) -> Iterator[Found]:
    used = set()
    for job in _entries(base / JOBS):
        for link in (*_entries(job), *_entries(job / "in")):
            if link.is_symlink():
                used.add(os.path.realpath(link))
    for path in _entries(base / OBJECTS):
        if _time(path) < before and os.path.realpath(path) not in used:
            yield "object", path.name, path.stat().st_size
            _remove(path, dry)


def _notes(folder: Path, before: float, dry: bool) -> Iterator[Found]:
    for path in _entries(folder):
        if _time(path) < before:
            yield "verified", path.name, path.stat().st_size
            _remove(path, dry)


def _others(folder: Path, before: float, dry: bool) -> Iterator[Found]:
    homes = [_home_of(file) for file in folder.glob("*/*/pyvenv.cfg")]
    for path in _entries(folder / PYTHONS):
        wanted = any(home.startswith(f"{path.resolve()}/") for home in homes)
        if not path.is_symlink() and not wanted and _time(path) < before:
            yield "python", path.name, _size(path)
            _remove(path, dry)
    for path in _entries(folder / TOOLS):
        if _time(path) < before:
            yield "tool", path.name, path.stat().st_size
            _remove(path, dry)
    cache = folder / CACHE
    if cache.is_dir() and _time(cache) < before:
        yield "cache", CACHE, _size(cache, alone=True)  # runtimes share its files
        _remove(cache, dry)


def _home_of(settings: Path) -> str:
    """Return where the Python of a virtual environment lies."""
    with contextlib.suppress(OSError):
        for line in settings.read_text(errors="replace").splitlines():
            name, _, value = line.partition("=")
            if name.strip() == "home":
                return os.path.realpath(value.strip()) + "/"
    return ""


def _commands() -> Iterable[str]:
    """Return the commands of all processes: a job's begins with its runtime's Python."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(
            ["ps", "-axww", "-o", "command"],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return listed.stdout.decode(errors="replace").splitlines()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


@contextlib.contextmanager
def _free(path: Path) -> Iterator[bool]:
    """Hold the lock of a runtime meanwhile; False when somebody else does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _time(*paths: Path) -> float:
    """Return when the first of `paths` that is there was changed; now when none is."""
    for path in paths:
        with contextlib.suppress(OSError):
            return path.lstat().st_mtime
    return time.time()


def _size(folder: Path, *, alone: bool = False) -> int:
    """Return the bytes of the files in a folder; with `alone` only of those that lie in no other too."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found = Path(where, name).lstat()
                total += 0 if alone and found.st_nlink > 1 else found.st_size
    return total


def _remove(path: Path, dry: bool) -> None:
    if dry:
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
