"""A version's rows a page at a time, sorted and filtered by DuckDB, however long the table is.

Unsorted, a page is a range of row numbers in the Parquet file. Sorted or filtered, the numbers of
the rows are kept (4 bytes each) and read a block of pages at a time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self

from workbench.data.connection import locked, parquet, quoted
from workbench.data.guard import first_line, single_select
from workbench.errors import BadInput
from workbench.records.data import Column

if TYPE_CHECKING:
    import duckdb
    import numpy as np

    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

PAGE = 256
"""Rows of a page."""

_BLOCK = 8  # pages read together where rows are scattered: a scan costs the same for one or eight
_KEPT = 64  # pages
_NUMBER = "file_row_number"

Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """By which column rows are sorted; missing values come last either way."""

    column: str
    descending: bool = False


class Pages:
    """Pages of a table that DuckDB reads, sorted by `order` and filtered by the SQL condition `where`.

    `table` is its SQL, `number` the column that numbers its `rows` from 0. Safe to call from any
    thread; a call blocks while another reads. Raises BadInput for a condition that is none, and for a
    column that does not exist. Close it after use.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        number: str,
        columns: Sequence[Column],
        rows: int,
        order: Order | None = None,
        where: str = "",
    ) -> None:
        self.order = order
        self.where = where.strip()
        self.columns = tuple(columns)
        self._file, self._number, self._rows = table, number, rows
        self._names = [column.name for column in columns]
        # Moments with a zone come as UTC without one and are given it here: DuckDB's own way needs
        # pytz, the way over Arrow a third of a second for its imports.
        self._zoned = [
            place
            for place, column in enumerate(columns)
            if "time_zone='" in column.type or column.type == "TIMESTAMP WITH TIME ZONE"
        ]
        self._columns = ", ".join(
            f"{quoted(name)} AT TIME ZONE 'UTC'" if place in self._zoned else quoted(name)
            for place, name in enumerate(self._names)
        )
        self._lock = threading.Lock()
        self._pages: OrderedDict[int, Rows] = OrderedDict()
        self._connection = connection
        try:
            self._numbers = self._arrange() if order or self.where else None
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def total(self) -> int:
        """Return the rows of the table."""
        return self._rows

    def count(self) -> int:
        """Return the rows that pass the filter."""
        return self._rows if self._numbers is None else len(self._numbers)

    def page(self, number: int) -> Rows:
        """Return rows `number * PAGE` and on, at most PAGE, as Python values; empty past the end."""
        with self._lock:
            if number not in self._pages:
                self._read(number)
            rows = self._pages.get(number, ())
            if number in self._pages:
                self._pages.move_to_end(number)
            while len(self._pages) > _KEPT:
                self._pages.popitem(last=False)
            return rows

    def row_number(self, place: int) -> int:
        """Return which row of the table stands at `place` here; raises IndexError past the end."""
        if not 0 <= place < self.count():
            raise IndexError(place)
        return place if self._numbers is None else int(self._numbers[place])

    def _read(self, number: int) -> None:
        if number < 0 or number * PAGE >= self.count():
            return
        if self._numbers is None:
            start = number * PAGE
            self._pages[number] = self._select(f"BETWEEN {start} AND {start + PAGE - 1}")
            return
        first = number - number % _BLOCK
        wanted = self._numbers[first * PAGE : (first + _BLOCK) * PAGE]
        found = self._by_number(wanted)
        for step in range(0, len(wanted), PAGE):
            rows = tuple(found[int(n)] for n in wanted[step : step + PAGE])
            self._pages[first + step // PAGE] = rows

    def _select(self, condition: str) -> Rows:
        sql = (
            f"SELECT {self._columns} FROM {self._file} "  # noqa: S608
            f"WHERE {self._number} {condition} ORDER BY {self._number}"
        )
        rows = self._connection.execute(sql).fetchall()
        return tuple(map(self._with_zone, rows)) if self._zoned else tuple(rows)

    def _with_zone(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for place in self._zoned:
            if values[place] is not None:
                values[place] = values[place].replace(tzinfo=UTC)
        return tuple(values)

    def _by_number(self, wanted: np.ndarray[Any, Any]) -> dict[int, tuple[Any, ...]]:
        numbers = sorted(int(n) for n in wanted)
        rows = self._select(f"IN ({', '.join(map(str, numbers))})")
        return dict(zip(numbers, rows, strict=True))

    def _arrange(self) -> np.ndarray[Any, Any]:
        """Ask for the numbers of the rows that pass, in order."""
        import duckdb
        import numpy as np

        sql = f"SELECT {self._number} FROM {self._file}"  # noqa: S608
        if self.where:
            check_condition(self._connection, self.where, self._names)
            sql += f" WHERE ({self.where}\n)"
        if self.order is not None:
            if self.order.column not in self._names:
                raise _no_column(self.order.column, self._names)
            way = "DESC" if self.order.descending else "ASC"
            sql += f" ORDER BY {quoted(self.order.column)} {way} NULLS LAST, {self._number}"
        kind = np.uint32 if self._rows < 1 << 32 else np.uint64
        try:
            found = self._connection.execute(sql).fetchnumpy()
        except duckdb.Error as error:
            raise bad_condition(first_line(error)) from None
        return np.asarray(next(iter(found.values())), kind)


class PageSource(Pages):
    """Pages of one version. A source never changes."""

    def __init__(
        self,
        project: Project,
        version: DatasetVersion,
        *,
        order: Order | None = None,
        where: str = "",
    ) -> None:
        self._project = project
        self.version = version
        table = parquet(project.store.objects.path(version.object), f", {_NUMBER}=true")
        connection = locked(project.paths.objects)
        super().__init__(connection, table, _NUMBER, version.columns, version.rows, order, where)

    def arranged(self, order: Order | None, where: str = "") -> PageSource:
        """Return another source with the same version, sorted and filtered."""
        return PageSource(self._project, self.version, order=order, where=where)


def check_condition(
    connection: duckdb.DuckDBPyConnection, where: str, names: Sequence[str]
) -> None:
    """Raise BadInput unless `where` is one SQL condition; `names` are told where it is none."""
    try:
        single_select(connection, f"SELECT 1 WHERE ({where}\n)")  # parsed, never run
    except BadInput as refusal:
        shown = ", ".join(names[:10])
        raise bad_condition(
            refusal.why, f"Write one like: {names[0]} IS NOT NULL. Columns: {shown}"
        ) from None


def bad_condition(why: str, fix: str = "Correct it; it is a condition of SQL") -> BadInput:
    """Return the refusal of a filter that DuckDB does not take."""
    return BadInput(
        "The filter is no condition",
        where="the filter",
        why=why,
        fix=fix,
        code="data.filter",
    )


def _no_column(name: str, names: Sequence[str]) -> BadInput:
    return BadInput(
        f"There is no column {name}",
        where=name,
        why="the columns are " + ", ".join(names[:20]),
        fix="Correct the name",
        code="data.column",
    )
