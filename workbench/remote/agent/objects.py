"""What lies on a target by the digest of its bytes: data, code, wheels. Sent once, whole or not there."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from pathlib import Path
from typing import Any

from workbench.compute.place import digest as digest_of
from workbench.errors import BadInput, TargetError

FOLDER = "objects"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Running:
    """Digests taken while the bytes pass: taken before or after, they would be waited for."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[int, Any]] = {}

    def look(self, path: Path, offset: int, data: bytes) -> None:
        """Take bytes of a file into its digest, as long as they come in order from the first on."""
        seen, sum_ = self._seen.pop(path, (0, None)) if offset else (0, hashlib.sha256())
        if sum_ is not None and seen == offset:
            sum_.update(data)
            self._seen[path] = offset + len(data), sum_

    def digest(self, path: Path) -> str:
        """Return the digest of a file; read again unless all of it has passed here, in order."""
        seen, sum_ = self._seen.pop(path, (-1, None))
        if sum_ is not None and seen == path.stat().st_size:
            return str(sum_.hexdigest())
        return digest_of(path)


_came = Running()


def object_path(base: Path, digest: str) -> Path:
    """Return where the object with this digest lies, or would lie."""
    if _DIGEST.fullmatch(digest) is None:
        raise BadInput("That is not the digest of an object", where=digest[:80])
    return base / FOLDER / digest


def _part(base: Path, digest: str) -> Path:
    path = object_path(base, digest)
    return path.with_name(f"{path.name}.part")


def missing(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, int]:
    """Return, for each of `digests` that is not there, how many bytes of it have come so far."""
    del payload
    found = {}
    for digest in args["digests"]:
        if not object_path(base, digest).is_file():
            part = _part(base, digest)
            found[digest] = part.stat().st_size if part.is_file() else 0
        else:
            os.utime(object_path(base, digest))  # when it was last wanted: see prune
    return found


def put(base: Path, args: dict[str, Any], payload: bytes) -> int:
    """Write bytes of the object `digest` at `offset`; return how many have come.

    Bytes beyond a gap are refused: what has come is always a prefix. Sending a range again is harmless.
    """
    part = _part(base, args["digest"])
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        offset = int(args["offset"])
        if offset > os.fstat(descriptor).st_size:
            raise TargetError(
                "A part of an object is missing",
                where=args["digest"],
                why=f"nothing before byte {offset} has come",
                fix="It is sent again by itself",
                code="object.gap",
            )
        _came.look(part, offset, payload)
        while payload:
            written = os.pwrite(descriptor, payload, offset)
            offset, payload = offset + written, payload[written:]
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def finish(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Verify what has come of `digest` and give it its name; a wrong one is thrown away."""
    del payload
    digest, part = args["digest"], _part(base, args["digest"])
    if object_path(base, digest).is_file():
        return
    # Two senders may finish one object at once: the second finds it there.
    with part.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        if object_path(base, digest).is_file():
            return
        if _came.digest(part) != digest:
            part.unlink()
            raise TargetError(
                "An object did not arrive as it was sent",
                where=digest,
                why="the bytes that came have another digest",
                fix="It is sent again by itself",
                code="object.digest",
            )
        os.fsync(stream.fileno())
        part.chmod(0o400)
        part.replace(object_path(base, digest))
