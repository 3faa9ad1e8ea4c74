"""ULIDs: 26 characters, sorted by time of making, unique without a server.

Format: https://github.com/ulid/spec (48 bits of Unix milliseconds, 80 random bits, Crockford base 32).
"""

from __future__ import annotations

import os
import re
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_ulid() -> str:
    """Return a fresh ULID."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Tell whether `text` is one whole ULID."""
    return ULID.fullmatch(text) is not None
