"""Copies of a job's files here: a byte-exact prefix of what lies on the target, written at its offset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from workbench.compute.contract import Handle, Target
from workbench.compute.folder import EVENTS, LOG
from workbench.store.modes import file_mode, make_folder

Name = Literal["log", "events.jsonl"]
NAMES: tuple[Name, ...] = (LOG, EVENTS)
TURN_CAP = 4 * 1024 * 1024
"""Bytes of one file copied in one turn, so that a chatty job does not hold up the others."""


def mirror(target: Target, handle: Handle, folder: Path, *, whole: bool = False) -> None:
    """Append what is new on the target to the copies in `folder`; with `whole` all of it, kept on disk.

    Repeating is harmless: the copy's length says what comes next, and each byte goes to its place.
    Raises TargetError and OSError; what was written stays right.
    """
    make_folder(folder)
    for name in NAMES:
        _copy(target, handle, name, folder / name, whole)


def _copy(target: Target, handle: Handle, name: Name, path: Path, whole: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, file_mode(path.parent))
    try:
        first = offset = os.fstat(descriptor).st_size
        while whole or offset - first < TURN_CAP:
            data = target.read(handle, name, offset)
            if not data:
                break
            while data:
                written = os.pwrite(descriptor, data, offset)
                offset, data = offset + written, data[written:]
        if whole:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
