"""What a runtime is: a version of Python and a lock of packages, known by a digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Runtime:
    """Locked packages and Python.

    `python` reads `3.11`; `lock` is a requirements file in which every package is pinned and has
    the hashes of its files on every platform, so that one lock serves all.
    """

    python: str
    lock: bytes

    @cached_property
    def digest(self) -> str:
        """What names the runtime everywhere: 64 hexadecimal digits."""
        return hashlib.sha256(self.encode()).hexdigest()

    def encode(self) -> bytes:
        """Return what is stored of it: its Python in the first line, then the lock."""
        return self.python.encode() + b"\n" + self.lock

    @property
    def text(self) -> str:
        """The runtime as a file for uv and pip, its Python in a comment above."""
        return f"# Python {self.python}\n{self.lock.decode()}"
