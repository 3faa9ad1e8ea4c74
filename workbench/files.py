"""Files written so that a crash leaves the old or the new one, and names that stay in their folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from workbench.errors import BadInput


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644, sync: bool = True) -> None:
    """Write `data` to a temporary name beside `path`, flush it to disk and rename it into place."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            if sync:
                os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is told with the file, not with a descriptor
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename in it lasts."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def inside(folder: Path, name: str) -> Path:
    """Return `folder/name` if it cannot leave `folder` (no `..`, no absolute path, no link out)."""
    parts = Path(name).parts
    bad = not name or "\0" in name or Path(name).is_absolute() or ".." in parts
    if bad or any(len(part.encode("utf-8", "surrogateescape")) > 255 for part in parts):
        raise _outside(name)
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _outside(name)
    return path


def _outside(name: str) -> BadInput:
    return BadInput(
        "A name leads out of its folder",
        where=repr(name[:80]),
        why="it is absolute, has .. or NUL in it, is too long, or passes through a link",
        fix="Use a plain relative name",
        code="path.outside",
    )
