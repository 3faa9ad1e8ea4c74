"""Dataset versions."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from workbench.options import Value
from workbench.records.base import Change, Put, Record, Stamp, Table

DATASET_VERSIONS = Table(
    "dataset_versions",
    {
        "id": "VARCHAR",
        "dataset": "VARCHAR",
        "number": "BIGINT",
        "object": "VARCHAR",
        "content": "VARCHAR",
        "rows": "BIGINT",
        "bytes": "BIGINT",
        "columns": "VARCHAR",  # JSON: [{"name", "type"}]
        "origin": "VARCHAR",  # JSON of Origin
        "created_at": "TIMESTAMP",
        "created_by": "VARCHAR",
    },
)


DATASET_TAGS = Table(
    "dataset_tags",
    {
        "dataset": "VARCHAR",
        "name": "VARCHAR",
        "version_id": "VARCHAR",  # NULL where the tag was taken away
        "at": "TIMESTAMP",
        "by": "VARCHAR",
    },
    key=("dataset", "name"),
)


class Column(msgspec.Struct, frozen=True):
    """A column's name and Polars type as text (`Int64`, `String`, `Datetime('us', 'UTC')`)."""

    name: str
    type: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a version came from: plugin, place as given, digest of the bytes read, and options.

    `files` is how many files a pattern in `place` stood for, 0 for one. A version made by a query has
    the source `sql`, its text in `sql`, and in `inputs` the ids of the versions that it was asked of.
    """

    source: str
    place: str
    sha256: str = ""
    bytes: int = 0
    options: dict[str, Value] = {}
    files: int = 0
    sql: str = ""
    inputs: tuple[str, ...] = ()


class DatasetVersionAdded(Record, frozen=True, kw_only=True, tag="dataset.version_added"):
    """An immutable version `dataset@number`: Parquet under `object`, identity in `content`."""

    id: str
    dataset: str
    number: int
    object: str
    content: str
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    origin: Origin

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        yield Put(
            "dataset_versions",
            {
                "id": self.id,
                "dataset": self.dataset,
                "number": self.number,
                "object": self.object,
                "content": self.content,
                "rows": self.rows,
                "bytes": self.bytes,
                "columns": msgspec.json.encode(self.columns).decode(),
                "origin": msgspec.json.encode(self.origin).decode(),
                "created_at": stamp.at,
                "created_by": stamp.who.user,
            },
        )


class DatasetTagged(Record, frozen=True, kw_only=True, tag="dataset.tagged"):
    """`dataset@name` stands for the version with this id from now on, for none where it is empty.

    `before` is the id that it stood for: what was seen when it was decided.
    """

    dataset: str
    name: str
    version: str
    before: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row, kept when the tag is taken away."""
        yield Put(
            "dataset_tags",
            {
                "dataset": self.dataset,
                "name": self.name,
                "version_id": self.version or None,
                "at": stamp.at,
                "by": stamp.who.user,
            },
        )
