"""Tar streams, as an engine takes and gives them: files into a container, one file out of it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1024 * 1024
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A member of a tar: a file with `data` or the bytes of `source`, a link to `link`, else a folder."""

    name: str
    mode: int
    data: bytes | None = None
    source: Path | None = None
    link: str = ""

    @property
    def size(self) -> int:
        """Its bytes."""
        if self.source is not None:
            return self.source.stat().st_size
        return len(self.data or b"")


def pack(
    entries: Iterable[Entry], owner: str, told: Callable[[int], object] = int
) -> Iterator[bytes]:
    """Yield the bytes of a tar with `entries`, owned by `owner` (UID:GID); nothing is held in memory.

    `told` gets the size of each piece of a file once it was taken.
    """
    uid, _, gid = owner.partition(":")
    for entry in entries:
        size = entry.size
        member = tarfile.TarInfo(entry.name)
        member.mode, member.uid, member.gid = entry.mode, int(uid), int(gid)
        if entry.link:
            member.type, member.linkname = tarfile.SYMTYPE, entry.link
        elif entry.source is None and entry.data is None:
            member.type = tarfile.DIRTYPE
        else:
            member.size = size
        yield member.tobuf(tarfile.PAX_FORMAT)
        yield from _content(entry, size, told)
    yield bytes(2 * _BLOCK)


def _content(entry: Entry, size: int, told: Callable[[int], object]) -> Iterator[bytes]:
    if entry.source is None:
        if entry.data:
            yield entry.data
    else:
        with entry.source.open("rb") as stream:
            left = size
            while left:
                piece = stream.read(min(_CHUNK, left))
                if not piece:
                    raise OSError(f"{entry.source} became shorter while it was sent")
                left -= len(piece)
                yield piece
                told(len(piece))
    if size % _BLOCK:
        yield bytes(_BLOCK - size % _BLOCK)


def first_file(pieces: Iterable[bytes], cap: int) -> bytes | None:
    """Return the bytes of the first member of a tar; None when it is no plain file or exceeds `cap`.

    A file that grows while it is packed ends the stream early: what came is its beginning.
    """
    data = bytearray()
    wanted = -1
    for piece in pieces:
        data += piece
        if wanted < 0:
            while len(data) >= _BLOCK and wanted < 0:
                member = tarfile.TarInfo.frombuf(bytes(data[:_BLOCK]), "utf-8", "replace")
                if member.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME):
                    skip = _BLOCK + -(-member.size // _BLOCK) * _BLOCK
                    if len(data) < skip:
                        break
                    del data[:skip]
                    continue
                if not member.isreg() or member.size > cap:
                    return None
                wanted = member.size
                del data[:_BLOCK]
        if 0 <= wanted <= len(data):
            break
    return bytes(data[:wanted]) if wanted >= 0 else None
