"""Remembered heads: the last unit of each journal that this person has seen, outside the project.

The chain alone cannot show that its end was cut off or that all of it was written anew; what a
person remembers elsewhere can.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from workbench.files import write_atomic


class Head(msgspec.Struct, frozen=True):
    """Sequence number and hash of a unit."""

    seq: int
    hash: str


class Heads:
    """The heads that this person remembers of one project: the newest of each stretch of work.

    A file a project in the person's state folder; written without fsync, since forgetting the last
    head costs nothing but a little proof.
    """

    def __init__(self, folder: Path, project: str) -> None:
        self._path = folder / "heads" / f"{project}.json"

    def last(self) -> Head | None:
        """Return the newest remembered head, None when there is none or it cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Head)
        except (OSError, msgspec.MsgspecError):
            return None

    def remember(self, seq: int, digest: str) -> None:
        """Remember a head; call it under the journal's lock, so that heads only go forward.

        Where the state folder cannot be written it is forgotten: the unit stands in the journal by
        now, and whoever wrote it must not be told that it does not.
        """
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._path, msgspec.json.encode(Head(seq, digest)), mode=0o600, sync=False)
