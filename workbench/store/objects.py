"""The content-addressed store: bytes under their SHA-256, never changed, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import BinaryIO

from workbench.errors import NotFound, StoreError
from workbench.files import sync_folder
from workbench.store.modes import is_shared, make_folder

BLOCK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Objects:
    """Objects in `folder`, at `ab/cdef...` by digest (64 hexadecimal digits)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Return where the object is; raises NotFound when it is not there."""
        path = self._place(digest)
        if not path.is_file():
            raise NotFound(
                "An object of this project is missing",
                where=str(path),
                why="a record names it, but the file is gone",
                fix="Restore .workbench/objects from a copy",
                code="store.object_missing",
            )
        return path

    def put_bytes(self, data: bytes) -> str:
        """Store `data` and return its digest."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._place(digest).is_file():
            with self._temporary() as stream:
                stream.write(data)
                self._settle(stream, digest)
        return digest

    def put_file(self, path: Path, *, move: bool = False) -> str:
        """Store a file's bytes and return their digest; with `move` the file itself is gone after."""
        if move and path.stat().st_dev == self.folder.stat().st_dev:
            return self._take(path)
        hasher = hashlib.sha256()
        with path.open("rb") as source, self._temporary() as stream:
            while block := source.read(BLOCK):
                hasher.update(block)
                stream.write(block)
            digest = hasher.hexdigest()
            self._settle(stream, digest)
        if move:
            path.unlink()
        return digest

    def _take(self, path: Path) -> str:
        """Make a file of this file system an object by a rename: nothing is written twice."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fchmod(stream.fileno(), self._mode())
            os.fsync(stream.fileno())
        place = self._place(digest)
        make_folder(place.parent)
        path.replace(place)
        sync_folder(place.parent)
        return digest

    def read(self, digest: str) -> bytes:
        """Return the object's bytes, verified; raises NotFound or StoreError."""
        data = self.path(digest).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise self._changed(digest)
        return data

    def verify(self, digest: str) -> None:
        """Raise StoreError unless the object's bytes still have its digest."""
        with self.path(digest).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise self._changed(digest)

    def _place(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            raise StoreError(
                "This is not the digest of an object",
                where=digest[:80],
                why="it is not SHA-256 in hexadecimal",
            )
        return self.folder / digest[:2] / digest[2:]

    def _temporary(self) -> _Temporary:
        return _Temporary(make_folder(self.folder / "tmp"))

    def _settle(self, stream: _Temporary, digest: str) -> None:
        place = self._place(digest)
        make_folder(place.parent)
        stream.settle(place, self._mode())

    def _mode(self) -> int:
        return 0o440 if is_shared(self.folder) else 0o400

    def _changed(self, digest: str) -> StoreError:
        return StoreError(
            "An object is not what was stored",
            where=str(self._place(digest)),
            why="its bytes do not have its digest: it was changed or damaged",
            fix="Restore the file from a copy",
            code="store.object_changed",
        )


class _Temporary:
    """A file beside the objects that becomes one of them by a rename, or goes."""

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder)
        self._stream: BinaryIO = os.fdopen(descriptor, "wb")
        self._path = Path(name)

    def __enter__(self) -> _Temporary:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stream.close()
        self._path.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def settle(self, place: Path, mode: int) -> None:
        self._stream.flush()
        os.fchmod(self._stream.fileno(), mode)
        os.fsync(self._stream.fileno())
        self._path.replace(place)
        sync_folder(place.parent)
