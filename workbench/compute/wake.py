"""Seeing to it that this project's runner runs: whoever has written an intent calls `wake_runner`."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import Unavailable

if TYPE_CHECKING:
    from workbench.project.project import Project

_START_LIMIT = 30.0


def runner_lock(own: Path, uid: int | None = None) -> Path:
    """Return the file that a person's runner holds locked in the project's `.workbench/`."""
    return own / f"runner-{os.getuid() if uid is None else uid}.lock"


def runner_log(own: Path, uid: int | None = None) -> Path:
    """Return where a person's runner says what it meets."""
    return own / f"runner-{os.getuid() if uid is None else uid}.log"


def runner_pid(project: Project) -> int | None:
    """Return the pid of this person's runner, None when none runs."""
    try:
        descriptor = os.open(runner_lock(project.paths.own), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        if _free(descriptor):
            return None
        text = os.pread(descriptor, 20, 0).strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)


def wake_runner(project: Project) -> None:
    """Start this project's runner unless one holds its lock; about 50 ms, 0.1 ms when it runs.

    Call it after the intent is written: a runner that is about to end releases its lock first and
    then looks once more. Raises Unavailable when none can be started.
    """
    if runner_pid(project) is not None:
        return
    command = [sys.executable, "-P", "-m", "workbench.runner", str(project.root), "--detach"]
    try:
        # It forks at once and its first process ends, so that nobody has to wait for the runner.
        started = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            timeout=_START_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refuse(project, str(error)) from error
    if started.returncode:
        lines = started.stderr.decode(errors="replace").strip().splitlines()
        raise _refuse(project, lines[-1] if lines else f"exit status {started.returncode}")


def _free(descriptor: int) -> bool:
    """Tell whether the lock is free, by taking it for a moment (shared: probes do not meet)."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    return True


def _refuse(project: Project, why: str) -> Unavailable:
    return Unavailable(
        "The runner does not start",
        where=str(project.root),
        why=why,
        fix="Run it in the foreground to see more: workbench runner",
        code="runner.start",
    )
