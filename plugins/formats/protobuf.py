"""Protocol Buffers on the wire, read within limits: https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

from collections.abc import Iterator

MOST_FIELDS = 5_000_000


class WireError(ValueError):
    """These bytes are no message."""


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return the number at `at` and where the next thing begins."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError("a number has no end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Give the fields of a message: their number, and a number or bytes (nothing is copied)."""
    at, count = 0, 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        count += 1
        if number == 0 or count > MOST_FIELDS:
            raise WireError("a field has no number" if number == 0 else "it has too many fields")
        if kind == 0:
            value, at = varint(data, at)
            yield number, value
            continue
        if kind == 2:
            size, at = varint(data, at)
        elif kind in {1, 5}:
            size = 8 if kind == 1 else 4
        else:
            raise WireError(f"a field is of the unknown kind {kind}")
        if size > len(data) - at:
            raise WireError("a field goes beyond the end")
        yield number, data[at : at + size]
        at += size


def signed(value: int) -> int:
    """Read a varint as a signed 64-bit number."""
    return value - 2**64 if value >= 2**63 else value
