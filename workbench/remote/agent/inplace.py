"""Data that lie here already: objects of a project whose folder this machine sees, too.

Nothing is believed of the place. Its project is told by its ULID, an object by its digest: a plain
file in the folder of objects, no link on the way to it, of the right size, and with the right bytes.
Bytes are read once; `verified/DIGEST` remembers whose they were (path, size, times, inode), and a
file that changed in any of these is read again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO

from workbench.errors import BadInput, TargetError
from workbench.files import write_atomic

FOLDER = "verified"
STEP = 32 * 1024 * 1024
"""Bytes that are read for one request, so that whoever asks can tell how far it is, and give up."""
_BLOCK = 1024 * 1024

_OWN, _OBJECTS, _CACHE, _ID = ".workbench", "objects", "cache", "project-id"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID_CAP = 64

Mark = list[Any]


def place(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Tell whether `folder` is the project with the ULID `project`: `trouble` says why not.

    `same` tells whether it has the file `probe` in its cache, which was just written over there.
    """
    del base, payload
    trouble = _trouble(args["folder"], args["project"])
    if trouble or not args["probe"]:
        return {"trouble": trouble, "same": not trouble}
    probe = _root(args["folder"]) / _OWN / _CACHE / Path(args["probe"]).name
    return {"trouble": "", "same": os.path.lexists(probe)}


def look(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Look for objects (`sizes`: digest → bytes) in the project at `folder`.

    Returns `trouble` (why the place cannot be used at all), the digests that are `verified` and
    those that have yet to be (`unread`), and `refused`: digest → why.
    """
    del payload
    trouble = _trouble(args["folder"], args["project"])
    found: dict[str, Any] = {"trouble": trouble, "verified": [], "unread": [], "refused": {}}
    if trouble:
        return found
    for digest, size in args["sizes"].items():
        try:
            path, status = _find(args["folder"], digest, size)
        except _Unfit as unfit:
            found["refused"][digest] = str(unfit)
            continue
        known = _known(base, digest, path, status)
        found["verified" if known else "unread"].append(digest)
        if known:
            os.utime(_note(base, digest))  # when it was last wanted: see prune
    return found


def verify(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Read the object `digest` of `size` bytes on from byte `offset`; ask until `over`.

    Returns `done` (bytes read), `over`, and, once it is over, `why` it is not the object; empty when
    it is, which is remembered.
    """
    del payload
    digest = args["digest"]
    try:
        if args["offset"] == 0:
            _reading[digest] = _Reading(args["folder"], digest, args["size"])
        reading = _reading[digest]
        if reading.step(args["offset"]):
            return {"done": reading.done, "over": False, "why": ""}
        path, mark = reading.finish()
    except _Unfit as unfit:
        _drop(digest)
        return {"done": args["size"], "over": True, "why": str(unfit)}
    _drop(digest)
    note = _note(base, digest)
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(note, json.dumps([str(path), mark]).encode(), mode=0o600, sync=False)
    return {"done": args["size"], "over": True, "why": ""}


def ready(base: Path, folder: str, digest: str, size: int) -> Path:
    """Return where the verified object lies. Raises TargetError when it is not what it was."""
    try:
        path, status = _find(folder, digest, size)
    except _Unfit as unfit:
        raise _changed(folder, str(unfit)) from None
    if not _known(base, digest, path, status):
        raise _changed(folder, "it changed since it was verified")
    return path


class _Unfit(Exception):
    """A file is not the object that is asked for; the message says why."""


class _Reading:
    """An object that is being read: the file that was opened first is the one that is judged."""

    def __init__(self, folder: str, digest: str, size: int) -> None:
        self.folder, self.digest, self.size = folder, digest, size
        self.done = 0
        path, status = _find(folder, digest, size)
        self._mark = _mark(status)
        self._sum = hashlib.sha256()
        with _said():
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self.stream: BinaryIO = os.fdopen(os.open(path, flags), "rb", buffering=0)

    def step(self, offset: int) -> bool:
        """Read on from `offset`; False at the end. A step that was not asked for in order is refused."""
        if offset != self.done:
            raise BadInput("An object is verified from its first byte on", where=self.digest)
        data = b"more"
        while data and self.done < min(offset + STEP, self.size):
            with _said():
                data = self.stream.read(_BLOCK) or b""
            self._sum.update(data)
            self.done += len(data)
        return bool(data) and self.done < self.size

    def finish(self) -> tuple[Path, Mark]:
        """Return whose bytes these were: the same file before and after. Raises _Unfit."""
        path, status = _find(self.folder, self.digest, self.size)
        opened = _mark(os.fstat(self.stream.fileno()))
        if not opened == _mark(status) == self._mark:
            raise _Unfit("it changed while it was read")
        if self._sum.hexdigest() != self.digest:
            raise _Unfit("its bytes differ")
        return path, opened


_reading: dict[str, _Reading] = {}


def _drop(digest: str) -> None:
    reading = _reading.pop(digest, None)
    if reading is not None:
        reading.stream.close()


def _trouble(folder: str, project: str) -> str:
    """Say why `folder` is not the project with this ULID; empty when it is."""
    try:
        root = _root(folder)
        os.scandir(root).close()
    except RuntimeError:
        return "there is no such user"
    except FileNotFoundError:
        return "there is no such folder"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    try:
        # Not waited for: what is called so may be a pipe.
        descriptor = os.open(root / _OWN / _ID, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            found = (stream.read(_ID_CAP) or b"").decode("ascii", "replace").strip()
        os.scandir(root / _OWN / _OBJECTS).close()
    except FileNotFoundError:
        return "there is no project in it"
    except OSError as error:
        return f"its project cannot be read: {error.strerror}"
    return "" if found == project else "another project is in it"


def _root(folder: str) -> Path:
    return Path(folder).expanduser()


def _find(folder: str, digest: str, size: int) -> tuple[Path, os.stat_result]:
    """Return where the object lies, if it can be it. Raises _Unfit."""
    if _DIGEST.fullmatch(digest) is None:
        raise BadInput("That is not the digest of an object", where=digest[:80])
    objects = os.path.realpath(_root(folder) / _OWN / _OBJECTS)
    path = Path(objects, digest[:2], digest[2:])
    with _said():
        if os.path.realpath(path.parent) != str(path.parent) or path.is_symlink():
            raise _Unfit("a link is in its place")
        status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise _Unfit("it is no plain file")
    if status.st_size != size:
        raise _Unfit(f"it has {status.st_size} bytes, not {size}")
    if not os.access(path, os.R_OK):
        raise _Unfit("it cannot be read: Permission denied")
    return path, status


@contextlib.contextmanager
def _said() -> Any:
    """Turn what the file system says of an object into a word on it."""
    try:
        yield
    except FileNotFoundError:
        raise _Unfit("it is not there") from None
    except OSError as error:
        raise _Unfit(f"it cannot be read: {error.strerror}") from None


def _mark(status: os.stat_result) -> Mark:
    """Return what changes with a file's bytes, however its time is set back afterwards."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _note(base: Path, digest: str) -> Path:
    return base / FOLDER / digest


def _known(base: Path, digest: str, path: Path, status: os.stat_result) -> bool:
    try:
        noted = json.loads(_note(base, digest).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(noted == [str(path), _mark(status)])


def _changed(folder: str, why: str) -> TargetError:
    return TargetError(
        "An object of the job is not what was verified",
        where=folder,
        why=why,
        fix="It is looked at again by itself",
        code="job.object",
    )
