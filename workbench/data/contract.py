"""What a source plugin is: it reads tables of one kind of place.

Contract tests: `workbench.testing.sources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workbench.options import Option, Value
from workbench.records.data import Column

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Preview:
    """What was sniffed, shown before anything is stored.

    `sniffed` are values for the source's own options (delimiter, encoding, header ...); giving
    them back to `scan` reads the table in the same way. `rows` are the first rows as text, one
    inner tuple a row, in the order of `columns`. `warnings` are whole sentences.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    sniffed: dict[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """A table to be read: `frame` streams, `warnings` are sentences that only the whole file told.

    `options` are the values that the table is read with, sniffed ones included.
    """

    frame: pl.LazyFrame
    options: dict[str, Value] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Source(Protocol):
    """Reads tables from files of one kind.

    Guarantees: `preview` and `scan` leave the place unchanged and keep no file open; `scan` reads
    lazily, so that a table larger than memory streams; a file that cannot be read raises BadInput
    (or NotFound) naming file and, where there is one, line and column. Column names come out
    unique also when capitals are ignored (`workbench.data.names`). Never executes anything.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    options: tuple[Option, ...]

    def preview(self, path: Path, options: Mapping[str, Value], rows: int = 20) -> Preview:
        """Sniff `path`; `options` are the person's corrections and win over what is sniffed."""
        ...

    def scan(self, path: Path, options: Mapping[str, Value]) -> Scan:
        """Return the table; errors in the data may come when it is collected, as BadInput."""
        ...
