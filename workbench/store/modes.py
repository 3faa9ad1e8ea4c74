"""Modes of files: private, or the group's where the project was started with `init --shared`."""

from __future__ import annotations

import stat
from pathlib import Path


def is_shared(folder: Path) -> bool:
    """Tell whether `folder` hands its group on to what is made in it (setgid)."""
    return bool(folder.stat().st_mode & stat.S_ISGID)


def file_mode(folder: Path) -> int:
    """Return the mode of a new file in `folder`."""
    return 0o660 if is_shared(folder) else 0o600


def make_folder(folder: Path) -> Path:
    """Make `folder` (its parent exists) with its parent's kind of mode, and return it."""
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o2770 if is_shared(folder.parent) else 0o700)
    return folder
