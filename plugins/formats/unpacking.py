"""A stream that gives no more than it may: unpacked within limits, read in pieces of bounded size."""

from __future__ import annotations

import bz2
import lzma
import time
import zlib
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from plugins.formats.archive import damaged

BLOCK = 1 << 20
FREE_BYTES = 64 << 20
"""What any file may unpack to; more only up to MAX_RATIO times its size."""
MAX_RATIO = 200
MAX_BYTES = 16 << 30
MAX_PIECE = 512 << 20
"""The longest string that one opcode may hold."""
MAX_LINE = 1 << 20
MAX_SECONDS = 60.0
LZMA_MEMORY = 256 << 20

PACKED = {
    b"\x1f\x8b": "gzip",
    b"\x78": "zlib",
    b"BZ": "bz2",
    b"\xfd7zXZ": "xz",
    b"\x5d\x00": "lzma",
    b"\x04\x22\x4d\x18": "lz4",
    b"ZF": "zfile",
}
"""First bytes → how joblib packed the file."""


def packing(head: bytes) -> str:
    """Return how a file is packed by its first bytes; empty for not at all."""
    return next((name for start, name in PACKED.items() if head.startswith(start)), "")


class Stream:
    """The bytes of a file, unpacked; raises BadInput for what is out of bounds, damaged or too slow."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path, self._file = path, file
        head = file.read(8)
        file.seek(0)
        self.packing = packing(head)
        self._size = path.stat().st_size
        self._limit = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * self._size))
        self._unpacker = _unpacker(self.packing, self)
        self._ready = bytearray()
        self._at = 0
        self._given = 0
        self._end = time.monotonic() + MAX_SECONDS

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong with the file."""
        raise damaged(self.path, why)

    def tell(self) -> int:
        """How many bytes were given."""
        return self._given

    def read(self, count: int) -> bytes:
        """Give `count` bytes, fewer at the end."""
        if count > MAX_PIECE:
            self.refuse(f"one string claims {count:,} bytes")
        while len(self._ready) - self._at < count and self._fill():
            pass
        data = bytes(self._ready[self._at : self._at + count])
        self._at += len(data)
        self._given += len(data)
        if self._at > BLOCK:
            del self._ready[: self._at]
            self._at = 0
        return data

    def readline(self) -> bytes:
        """Give a line with its end."""
        found = bytearray()
        while not found.endswith(b"\n"):
            one = self.read(1)
            if not one:
                break
            found += one
            if len(found) > MAX_LINE:
                self.refuse("a line in it has no end")
        return bytes(found)

    def skip(self, count: int) -> None:
        """Leave out `count` bytes; fewer are damage."""
        while count > 0:
            data = self.read(min(count, BLOCK))
            if not data:
                self.refuse("it ends inside an array")
            count -= len(data)

    def _fill(self) -> bool:
        """Read and unpack one more block; False at the end."""
        if time.monotonic() > self._end:
            self.refuse(f"reading it takes longer than {MAX_SECONDS:.0f} s")
        try:
            data = self._unpacker.more(self._file)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            self.refuse(f"it cannot be unpacked: {error}")
        self._ready += data
        if self._given + len(self._ready) - self._at > self._limit:
            self.refuse(f"it unpacks to more than {self._limit:,} bytes")
        return bool(data)


class _Plain:
    def more(self, file: BinaryIO) -> bytes:
        return file.read(BLOCK)


class _Packed:
    """Unpacks block by block, each to at most BLOCK bytes."""

    def __init__(self, unpacker: Any) -> None:
        self._unpacker = unpacker
        self._rest = b""

    def more(self, file: BinaryIO) -> bytes:
        while not self._unpacker.eof:
            given = self._rest or (file.read(BLOCK) if self._wants() else b"")
            data: bytes = self._unpacker.decompress(given, BLOCK)
            self._rest = getattr(self._unpacker, "unconsumed_tail", b"")
            if data:
                return data
            if not given and self._wants():
                raise EOFError("it ends too early")
        return b""

    def _wants(self) -> bool:
        return bool(getattr(self._unpacker, "needs_input", True))


def _unpacker(name: str, stream: Stream) -> _Plain | _Packed:
    if name in {"gzip", "zlib"}:
        return _Packed(zlib.decompressobj(wbits=47))  # 32 + 15: either head
    if name == "bz2":
        return _Packed(bz2.BZ2Decompressor())
    if name in {"xz", "lzma"}:
        return _Packed(lzma.LZMADecompressor(memlimit=LZMA_MEMORY))
    if name:
        stream.refuse(
            f"it is packed as {name}, which is not read here: pack it by zlib, or not at all"
        )
    return _Plain()
