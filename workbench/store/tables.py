"""Changes of rows, merged and written to the tables in bulk.

DuckDB writes about a thousand rows a second one by one and hundreds of thousands in bulk, so a
stretch of the journal is merged in memory first (the last word on each row wins) and each table is
touched once: rows that are changed in part are read, then all are deleted and inserted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workbench.records import TABLES, Change, Put, Set, Table

if TYPE_CHECKING:
    import duckdb

Key = tuple[Any, ...]
SMALL = 200
"""Up to this many rows travel as parameters; more go through Arrow, whose import costs 100 ms."""

BY_NAME = {table.name: table for table in TABLES}


def _key_of(table: Table) -> Callable[[dict[str, Any]], Key]:
    key = ["run" if column == "run_number" else column for column in table.key]
    if len(key) == 1:
        (only,) = key
        return lambda row: (row[only],)
    return itemgetter(*key)


_KEYS = {table.name: _key_of(table) for table in TABLES}


class Batch:
    """Changes collected in the order of the journal, merged by table and key."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Key, dict[str, Any]]] = {}
        self._whole: dict[str, set[Key]] = {}
        self.changes = 0
        """How many changes were taken."""

    def add(self, changes: Iterable[Change]) -> None:
        """Take the changes of one record; their rows are the batch's own from then on."""
        for change in changes:
            self.changes += 1
            name = change.table
            key_of = _KEYS[name]
            rows = self._rows.get(name)
            if rows is None:
                rows = self._rows[name] = {}
                self._whole[name] = set()
            if type(change) is Put:
                key = key_of(change.row)
                rows[key] = change.row
                self._whole[name].add(key)
            else:
                assert isinstance(change, Set)
                key = key_of(change.key)
                rows.setdefault(key, dict(change.key)).update(change.values)

    @property
    def tables(self) -> set[str]:
        """The names of the tables that are changed."""
        return set(self._rows)

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write everything to the tables of the current database."""
        # Runs first: their numbers are written into other tables.
        for name, rows in sorted(self._rows.items(), key=lambda item: item[0] != "runs"):
            table, whole = BY_NAME[name], self._whole[name]
            if table.numbered:
                rows, whole = self._numbered(connection, table, rows, whole)
            partial = [key for key in rows if key not in whole]
            kept = _existing(connection, table, partial) if partial else {}
            for key in partial:
                if key in kept:
                    rows[key] = kept[key] | rows[key]
                else:
                    del rows[key]
            if rows:
                _replace(connection, table, rows)

    def _numbered(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        rows: dict[Key, dict[str, Any]],
        whole: set[Key],
    ) -> tuple[dict[Key, dict[str, Any]], set[Key]]:
        """Return rows and whole keys with the numbers of the runs, from this batch or the tables."""
        own = self._rows.get("runs", {})
        elsewhere = {row["run"] for row in rows.values() if (row["run"],) not in own}
        numbers: dict[str, int] = {}
        if elsewhere:
            question = "SELECT id, number FROM runs WHERE id IN (SELECT unnest(?))"
            numbers = dict(connection.execute(question, [list(elsewhere)]).fetchall())
        numbers |= {id_: run["number"] for (id_,), run in own.items()}
        found, known = {}, set()
        key_of = itemgetter(*table.key)
        for key, row in rows.items():
            number = numbers.get(row.pop("run"))
            if number is not None:
                row["run_number"] = number
                found[key_of(row)] = row
                if key in whole:
                    known.add(key_of(row))
        return found, known


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables in the current database."""
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        connection.execute(f'CREATE TABLE "{table.name}" ({columns})')


def _existing(
    connection: duckdb.DuckDBPyConnection, table: Table, keys: list[Key]
) -> dict[Key, dict[str, Any]]:
    names = list(table.columns)
    positions = [names.index(column) for column in table.key]
    found = {}
    for start in range(0, len(keys), 10_000):
        part = keys[start : start + 10_000]
        where, values = _matching(table, part)
        listed = ", ".join(f'"{name}"' for name in names)
        cursor = connection.execute(f'SELECT {listed} FROM "{table.name}" WHERE {where}', values)  # noqa: S608  # names are ours
        for row in cursor.fetchall():
            found[tuple(row[position] for position in positions)] = dict(
                zip(names, row, strict=True)
            )
    return found


def _matching(table: Table, keys: list[Key]) -> tuple[str, list[Any]]:
    if len(table.key) == 1:
        return f'list_contains(?, "{table.key[0]}")', [[key[0] for key in keys]]
    columns = ", ".join(f'"{column}"' for column in table.key)
    marks = ", ".join("(" + ", ".join("?" * len(table.key)) + ")" for _ in keys)
    return f"({columns}) IN (VALUES {marks})", [value for key in keys for value in key]


def _replace(
    connection: duckdb.DuckDBPyConnection, table: Table, rows: dict[Key, dict[str, Any]]
) -> None:
    names = list(table.columns)
    empty = not connection.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchall()  # noqa: S608  # names are ours
    if len(rows) <= SMALL:
        if not empty:
            where, values = _matching(table, list(rows))
            connection.execute(f'DELETE FROM "{table.name}" WHERE {where}', values)  # noqa: S608  # names are ours
        mark = "(" + ", ".join("?" * len(names)) + ")"
        listed = ", ".join(f'"{name}"' for name in names)
        connection.execute(
            f'INSERT INTO "{table.name}" ({listed}) VALUES ' + ", ".join([mark] * len(rows)),  # noqa: S608  # names are ours
            [plain(row.get(name)) for row in rows.values() for name in names],
        )
        return
    connection.register("incoming", _arrow(table, list(rows.values())))
    try:
        if not empty:
            match = " AND ".join(
                f'"{table.name}"."{column}" = incoming."{column}"' for column in table.key
            )
            connection.execute(f'DELETE FROM "{table.name}" USING incoming WHERE {match}')  # noqa: S608  # names are ours
        order = f" ORDER BY {', '.join(table.order)}" if table.order else ""
        connection.execute(f'INSERT INTO "{table.name}" SELECT * FROM incoming{order}')  # noqa: S608  # names are ours
    finally:
        connection.unregister("incoming")


def _arrow(table: Table, rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa  # 100 ms: only for long stretches

    kinds = {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "INTEGER": pa.int32(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP": pa.timestamp("us"),
    }
    arrays = []
    for name, kind in table.columns.items():
        values = [row.get(name) for row in rows]
        # Only moments need a word: the rest is as it is.
        values = [plain(value) for value in values] if kind == "TIMESTAMP" else values
        arrays.append(pa.array(values, type=kinds[kind]))
    return pa.table(arrays, names=list(table.columns))


def plain(value: Any) -> Any:
    """Return a moment as the tables hold it (UTC without a zone); anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def aware(value: Any) -> Any:
    """Return a moment of the tables with its zone (UTC); anything else as it is."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
