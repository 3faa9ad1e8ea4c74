"""Frames between here and an agent: a head in JSON, then bytes. Both sides use this module.

A frame is two big-endian 32-bit lengths (head, payload), the head, the payload. A request's head
is `{"op": NAME, ...arguments}`; a reply's head is `{"ok": ANSWER}` or `{"error": {...}}`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

HEAD_CAP = 8 * 1024 * 1024
PAYLOAD_CAP = 8 * 1024 * 1024
"""The most bytes of a head and of a payload; a longer one is not a frame of ours."""

SMALL = 64 * 1024
"""Bytes of a payload that goes out together with its head."""

_LENGTHS = struct.Struct(">II")
_CUT = "the stream ended in the middle of a frame"


def frame(head: dict[str, Any], payload: bytes) -> tuple[bytes, ...]:
    """Return a frame in the parts in which it is to be written: a large payload is not copied for it."""
    text = json.dumps(head, separators=(",", ":")).encode()
    begin = _LENGTHS.pack(len(text), len(payload)) + text
    return (begin, payload) if len(payload) > SMALL else (begin + payload,)


def unpack(read: Callable[[int], bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read a frame by `read(size)`; None at the end between two frames.

    Raises EOFError in the middle of one, ValueError for what is not a frame.
    """
    lengths = _exactly(read, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, payload_size = _LENGTHS.unpack(lengths)
    if head_size > HEAD_CAP or payload_size > PAYLOAD_CAP:
        raise ValueError("not a frame")
    text = _exactly(read, head_size)
    payload = _exactly(read, payload_size)
    if text is None or payload is None:
        raise EOFError(_CUT)
    head = json.loads(text)
    if not isinstance(head, dict):
        raise ValueError("not a frame")  # noqa: TRY004  # one error for all that is no frame
    return head, payload


def _exactly(read: Callable[[int], bytes], size: int) -> bytes | None:
    """Read `size` bytes; None for an end before the first of them. Raises EOFError within."""
    whole = read(size) if size else b""
    if len(whole) == size:  # mostly: what is large is not copied once more
        return whole
    if not whole:
        return None
    found = bytearray(whole)
    while len(found) < size:
        some = read(size - len(found))
        if not some:
            raise EOFError(_CUT)
        found += some
    return bytes(found)
