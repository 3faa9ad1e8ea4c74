"""How many of each thing there are, noted beside the tables: Home shows it without opening them."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.files import write_atomic
from workbench.store.modes import file_mode

if TYPE_CHECKING:
    import duckdb

COUNTS = {
    "dataset_versions": {
        "datasets": "count(DISTINCT dataset) FROM dataset_versions",
        "dataset_versions": "count(*) FROM dataset_versions",
    },
    "experiments": {"experiments": "count(*) FROM experiments"},
    "runs": {
        "runs": "count(*) FROM runs WHERE NOT deleted",
        "runs_failed": "count(*) FROM runs WHERE state = 'failed' AND NOT deleted",
    },
    "jobs": {
        "jobs_open": "count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
    },
    "model_versions": {
        "models": "count(DISTINCT model) FROM model_versions",
        "model_versions": "count(*) FROM model_versions",
    },
    "deployments": {
        "deployments": "count(*) FROM deployments WHERE state NOT IN ('stopped', 'failed')",
        "deployments_healthy": "count(*) FROM deployments WHERE state = 'healthy'",
    },
}
"""What Home counts, by the table that a number depends on: a change recounts only its own tables."""


class Counts(msgspec.Struct, frozen=True):
    """How many of each thing there are, as of a position in the journal."""

    version: int
    """Of the tables that were counted."""
    segment: int
    offset: int
    counts: dict[str, int]

    def are_of(self, place: tuple[int, int]) -> bool:
        """Tell whether they were counted at this segment and offset."""
        return (self.segment, self.offset) == place


def read_counts(path: Path, version: int) -> Counts | None:
    """Return what is noted in the file of tables of this version, None when there is nothing sound."""
    try:
        check, _, body = path.read_bytes().partition(b"\n")
        noted = msgspec.json.decode(body, type=Counts)
    except (OSError, msgspec.MsgspecError):
        return None
    return noted if noted.version == version and check == _check(body) else None


def write_counts(path: Path, counts: Counts) -> None:
    """Note them in the file, if it can be written.

    They only save work: a full disk, or a file that somebody removed, must not fail whoever asks or writes.
    """
    mode = file_mode(path.parent)
    with contextlib.suppress(OSError):
        body = msgspec.json.encode(counts)
        write_atomic(path, _check(body) + b"\n" + body, mode=mode, sync=False)


def count(connection: duckdb.DuckDBPyConnection, touched: set[str]) -> dict[str, int]:
    """Count what depends on these tables; all of COUNTS for everything."""
    return {
        name: connection.execute(f"SELECT {question}").fetchall()[0][0]
        for table in touched & set(COUNTS)
        for name, question in COUNTS[table].items()
    }


def _check(body: bytes) -> bytes:
    """Return what tells that a note is as it was written: a flipped digit is a number too."""
    return hashlib.sha256(body).hexdigest()[:16].encode()
