"""The store of a project: the journal is the truth, tables are asked, objects hold the volumes."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.records import Record, Stamp, Who
from workbench.store.heads import Heads
from workbench.store.journal import Journal
from workbench.store.objects import Objects
from workbench.store.place import projection_path
from workbench.store.projection import Projection
from workbench.store.tables import aware, plain
from workbench.text import clean

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

Row = dict[str, Any]


class View:
    """What a decision may ask: the tables, up to date, while nobody else can write."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Return the rows; moments are UTC with their zone."""
        cursor = self._connection.execute(sql, [plain(value) for value in params])
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, map(aware, values), strict=True)) for values in cursor.fetchall()]

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """Return the first row, None when there is none."""
        rows = self.query(sql, params)
        return rows[0] if rows else None

    def values(self, sql: str, params: Sequence[Any] = ()) -> list[Any]:
        """Return the first column of the rows: for long lists of one thing."""
        cursor = self._connection.execute(sql, [plain(value) for value in params])
        return [row[0] for row in cursor.fetchall()]

    def numbers(self, sql: str, params: Sequence[Any] = ()) -> array[int]:
        """Return the first column, a BIGINT without NULL: a hundred thousand take some milliseconds."""
        # numpy: 70 ms once, and then five times as fast as tuples.
        cursor = self._connection.execute(sql, [plain(value) for value in params])
        column: Any = next(iter(cursor.fetchnumpy().values()))
        found = array("q")
        found.frombytes(column.astype("int64", copy=False).tobytes())
        return found

    def next_number(self, table: str, column: str = "", value: str = "") -> int:
        """Return the next free `number` of a table, or of its rows where `column` is `value`."""
        where = f' WHERE "{column}" = ?' if column else ""
        sql = f'SELECT coalesce(max(number), 0) + 1 AS next FROM "{table}"{where}'  # noqa: S608  # names are ours
        row = self.one(sql, [value] if column else [])
        return int(row["next"]) if row else 1


class Store:
    """The records of one project. Calls block for some milliseconds: never on an event loop.

    Safe to use from several threads, and from any number of processes at once.
    """

    def __init__(self, own: Path, project: str, who: Who, *, state: Path, cache: Path) -> None:
        self.who = who
        self.heads = Heads(state, project)
        self.journal = Journal(own / "journal", self.heads)
        self.objects = Objects(own / "objects")
        self.warnings: list[str] = []
        self._projection = Projection(
            projection_path(own, cache, project), self.journal, self._warn
        )

    def append(self, *records: Record) -> Stamp:
        """Write the records as one unit without asking anything first; returns its stamp."""
        unit = self.journal.append(self.who, lambda: records)
        if unit is None:
            raise ValueError("append() needs at least one record")
        return unit.stamp

    def decide(self, decision: Callable[[View], Iterable[Record]]) -> Stamp | None:
        """Write what `decision` returns as one unit; it sees everything written before it.

        Runs under the journal's lock, so that numbers and states it reads cannot change before its
        records stand. It must be pure (it may run twice) and short. Raise in it to write nothing;
        an empty answer writes nothing and returns None.
        """
        unit = self.journal.append(
            self.who,
            lambda: self._projection.run(lambda connection: tuple(decision(View(connection)))),
        )
        return unit.stamp if unit else None

    def read(self, work: Callable[[View], Any]) -> Any:
        """Return `work(view)`: several questions to one state of the tables."""
        return self._projection.run(lambda connection: work(View(connection)))

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a question in SQL over the tables of `workbench.records`."""
        return self._projection.run(lambda connection: View(connection).query(sql, params))

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """Return the first row, None when there is none."""
        return self._projection.run(lambda connection: View(connection).one(sql, params))

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are; most often without asking DuckDB."""
        return self._projection.counts()

    def changed(self) -> tuple[int, int]:
        """Return a mark of the journal that is equal as long as nothing was written (two stats)."""
        return self.journal.end()

    def _warn(self, sentence: str) -> None:
        self.warnings.append(sentence)
        if self.who.via != "tui":
            sys.stderr.write(f"workbench: {clean(sentence)}\n")
