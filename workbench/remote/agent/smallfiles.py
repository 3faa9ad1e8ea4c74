"""Small files on a target: read whole or not at all, kept under a second name."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from workbench.errors import BadInput

_END = 8192


def read_json(path: Path) -> dict[str, Any]:
    """Return what a file holds; nothing where it is not there or damaged."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_text(path: Path) -> str:
    """Return a file as text; empty where it is not there."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def last_line(path: Path) -> str:
    """Return the last line of a file that is not blank; empty without one."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _END))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:1000]


def keep(source: Path, place: Path) -> None:
    """Have the file at `place` too, by a hard link where the file system has them."""
    if place.is_file():
        return
    if not source.is_file():
        raise BadInput("A file of the deployment is not there", where=source.name)
    draft = place.with_name(f".{place.name}-{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    try:
        os.link(source, draft)
    except OSError:
        shutil.copyfile(source, draft)
        draft.chmod(0o400)
    draft.replace(place)
