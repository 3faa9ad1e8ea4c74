"""The rows of a version as a table's source: pages, order and conditions are DuckDB's work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from screens.text import Styled
from screens.widgets.source import Cell, Column, Row, Sort
from workbench.data import pages
from workbench.data.cells import NULL, cell_text

if TYPE_CHECKING:
    from workbench.data.answers import Answers

ROW_NUMBER = "\0row"
"""The name of the column that counts the rows; no column of a table can be called so."""
HINT = "a condition, such as: age > 30 and city = 'Oslo'"
_CELL = 200
_NUMBERS = ("Int", "UInt", "Float", "Decimal", "TINY", "SMALL", "INTEGER", "BIG", "HUGE", "UTINY",
            "USMALL", "UINTEGER", "UBIG", "UHUGE", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
"""Types of numbers as Polars writes them, and as DuckDB does."""


class VersionSource:
    """The rows of a version, or of an answer; the key of a row is its number there, from 0.

    Its DuckDB is closed with the object that holds it: a page may still be being read in a thread
    when the table has gone on to other rows.
    """

    def __init__(self, source: pages.PageSource | Answers) -> None:
        self._source = source
        wide = len(f"{source.total():,}")
        self.columns: Sequence[Column] = (
            Column(ROW_NUMBER, "#", right=True, width=max(wide, 2), sortable=False),
            *(
                Column(column.name, column.name, right=_is_number(column.type))
                for column in source.columns
            ),
        )

    def count(self) -> int:
        """How many rows there are."""
        return self._source.count()

    def total(self) -> int:
        """How many rows there are without the filter."""
        return self._source.total()

    def page(self, number: int) -> Sequence[Row]:
        """Return a page, every value as text that is safe to draw."""
        first = number * pages.PAGE
        found = []
        for place, values in enumerate(self._source.page(number), first):
            at = self._source.row_number(place)
            cells = [_cell(value) for value in values]
            found.append(Row(str(at), (Styled(f"{at + 1:,}", "muted"), *cells)))
        return found

    def position(self, key: str) -> int | None:
        """Where a row is; known only while rows stand in the order of the version."""
        if self._source.order is not None or self._source.where or not key.isdecimal():
            return None
        return int(key) if int(key) < self.count() else None

    def arranged(self, sort: Sort | None, filter_text: str) -> VersionSource:
        """Return the rows sorted and filtered. Raises BadInput for what is no condition."""
        order = pages.Order(sort.column, sort.descending) if sort else None
        return VersionSource(self._source.arranged(order, filter_text))


def _is_number(kind: str) -> bool:
    return kind.startswith(_NUMBERS) and "[" not in kind


def _cell(value: Any) -> Cell:
    return Styled(NULL, "muted") if value is None else cell_text(value, _CELL)
