"""The project's records: settings, locks, journal, tables, clock."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.doctor.findings import Finding, project, refused
from workbench.errors import WorkbenchError
from workbench.store.place import is_network, projection_path

if TYPE_CHECKING:
    from workbench.project.project import Project

SKEW = 120.0
"""Seconds by which clocks may differ before it is said."""

Flock = Callable[[int, int], object]


def check_settings(opened: Project) -> Finding:
    """Read `workbench.toml` and the person's own file."""
    try:
        opened.fresh_settings()
    except WorkbenchError as error:
        return refused("settings", error)
    return project("settings", "pass", "workbench.toml and your own settings can be read")


def check_problems(opened: Project) -> list[Finding]:
    """Read every problem file."""
    from workbench.experiments.problem import read_problem

    found = []
    for path in sorted(opened.paths.experiments.glob("*.toml")):
        try:
            read_problem(path)
        except WorkbenchError as error:
            found.append(refused("problems", error, "warn"))
    return found


def check_locks(own: Path, flock: Flock = fcntl.flock) -> Finding:
    """Look whether a lock on this file system keeps a second one out."""
    network = is_network(own)
    try:
        with tempfile.NamedTemporaryFile(dir=own, prefix="doctor-") as first:
            second = os.open(first.name, os.O_RDWR | os.O_CLOEXEC)
            try:
                flock(first.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                return _no_locks(own, "two holders had the same lock at once")
            finally:
                os.close(second)
    except PermissionError:
        return project(
            "locks",
            "warn",
            "You can read this project but not write to it",
            f"{own} is not yours to write to",
            "Ask its owner, or work in a project of your own",
        )
    except OSError as error:
        return _no_locks(own, error.strerror or str(error))
    if network:
        return project("locks", "pass", "Locks hold, on a network file system")
    return project("locks", "pass", "Locks hold")


def _no_locks(own: Path, why: str) -> Finding:
    return project(
        "locks",
        "fail",
        f"Locks do not work in {own}",
        why,
        "Move the project to a file system with working flock (a local disk, NFS 4)",
    )


def check_journal(opened: Project) -> Finding:
    """Prove the journal, unit by unit."""
    from workbench.store.audit import verify

    try:
        proof = verify(opened.store)
    except WorkbenchError as error:
        return refused("journal", error)
    torn = f"; {proof.torn_bytes} bytes of an unfinished write follow" if proof.torn_bytes else ""
    return project("journal", "pass", f"The journal is whole: {proof.units:,} units{torn}")


def check_tables(opened: Project, cache: Path) -> Finding:
    """Bring the tables up to date and ask them something."""
    try:
        opened.store.query("SELECT count(*) FROM runs")
    except WorkbenchError as error:
        return refused("tables", error)
    warnings = opened.store.warnings
    if warnings:
        return project("tables", "warn", "The tables were made anew", warnings[-1])
    path = projection_path(opened.paths.own, cache, opened.id)
    kept = "" if path.is_relative_to(opened.root) else f", kept in {path.parent}"
    return project("tables", "pass", f"The tables answer{kept}")


def check_clock(own: Path, last: datetime | None, now: datetime | None = None) -> Finding:
    """Hold this machine's clock against the newest record and against the file system's."""
    now = now or datetime.now(UTC)
    fix = "Set the clock, best by a time service (timedatectl set-ntp true)"
    if last is not None and last > now + timedelta(seconds=SKEW):
        return project(
            "clock",
            "warn",
            f"The newest record is from the future: {last:%Y-%m-%d %H:%M:%S} UTC",
            f"the clock here says {now:%Y-%m-%d %H:%M:%S} UTC",
            fix,
        )
    skew = _skew(own)
    if skew is not None and abs(skew) > SKEW:
        return project(
            "clock",
            "warn",
            f"The file system's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}",
            "work is held for lost when its files look old",
            fix,
        )
    return project("clock", "pass", "The clock agrees with the records")


def _skew(own: Path) -> float | None:
    """Return by how many seconds the file system's clock is ahead, None where we cannot write."""
    try:
        with tempfile.NamedTemporaryFile(dir=own, prefix="doctor-") as probe:
            probe.write(b"x")
            probe.flush()
            return os.fstat(probe.fileno()).st_mtime - time.time()
    except OSError:
        return None
