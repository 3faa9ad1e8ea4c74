"""What a record is, and what it does to the tables: pure functions from records to changes of rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who did a unit of work: login name, numeric id, host, and via which door (cli, tui, runner)."""

    user: str
    uid: int
    host: str
    via: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The unit that a record stands in: its sequence number, ULID, moment (UTC) and author."""

    seq: int
    id: str
    at: datetime
    who: Who


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the projection: column name → DuckDB type, and which columns name a row.

    A table with a column `run_number` gets rows that name a run by its ULID, as `run`; it holds
    the run's number instead, since joins by whole numbers cost a third of those by ULIDs. Rows of
    a run that is not there are left out. `order` is how rows that come together are laid down, so
    that what is asked for by these columns stands together.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...] = ("id",)
    order: tuple[str, ...] = ()

    @property
    def numbered(self) -> bool:
        """Whether its rows hold the number of their run in place of its ULID."""
        return "run_number" in self.columns


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole row; columns that are not given are NULL. The same key again replaces it."""

    table: str
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Set:
    """Change some columns of the row that `key` names (column → value); no such row: nothing."""

    table: str
    key: dict[str, Any]
    values: dict[str, Any]


Change = Put | Set


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One fact of a unit of work. Holds references and figures, never values of data or secrets.

    Each kind has a tag (`run.created`) and a version `v`; once written it is read forever. Fields
    may be added with a default; anything else is a new version with its own reader.
    """

    v: int = 1

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """Return what this record changes in the tables. Pure: the same record, the same changes."""
        raise NotImplementedError
