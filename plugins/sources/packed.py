"""Files packed with gzip or Zstandard, unpacked as they are read, within a bound.

A packed file of some kilobytes can hold terabytes of zeros: what grows beyond all measure is refused
before it fills memory or the disk.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import BinaryIO, cast

from workbench.errors import BadInput

SUFFIXES = ("", ".gz", ".zst")
"""What a name may end with behind the suffix of its kind."""

ALWAYS = 256 << 20
"""Bytes that any file may unpack to."""
RATIO = 200
"""A larger one may unpack to so many times its size; tables of text hardly reach 20."""

_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}


def packing_of(start: bytes) -> str:
    """Return how a file that starts so is packed: `gzip`, `zstd` or not at all, empty."""
    return next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")


def suffixes(*kinds: str) -> tuple[str, ...]:
    """Return the suffixes of a kind of file, plain and packed."""
    return tuple(kind + packed for packed in SUFFIXES for kind in kinds)


def open_packed(path: Path, packing: str) -> BinaryIO:
    """Open a file for reading its unpacked bytes.

    Reading raises BadInput where it unpacks to more than the bound, OSError or EOFError where it is
    damaged.
    """
    if not packing:
        return path.open("rb")
    if packing == "gzip":
        inner = cast("BinaryIO", gzip.GzipFile(path, "rb"))  # closed with what is returned
    else:
        import pyarrow as pa  # 60 ms; Python's own zstd comes with 3.14

        inner = cast("BinaryIO", pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
    bound = max(ALWAYS, RATIO * path.stat().st_size)
    return cast("BinaryIO", io.BufferedReader(_Bounded(inner, path, bound), 1 << 20))


class _Bounded(io.RawIOBase):
    """Passes bytes on and counts them."""

    def __init__(self, inner: BinaryIO, path: Path, bound: int) -> None:
        super().__init__()
        self._inner, self._path, self._left = inner, path, bound

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer, as far as there are bytes."""
        view = memoryview(cast("bytearray", buffer)).cast("B")
        data = self._inner.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise BadInput(
                "The file unpacks to far more than a table does",
                where=str(self._path),
                why=f"it holds over {RATIO} times its own size, and over {ALWAYS >> 20} MiB",
                fix="Unpack it yourself where there is room, and name the plain file",
                code="data.bomb",
            )
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._inner.close()
        super().close()
