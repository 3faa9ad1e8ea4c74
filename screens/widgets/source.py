"""Where a table's rows come from: a protocol of pages, and the rows of a short list in memory.

Pages have 256 rows. The table calls a source in threads only, one call at a time; what it returns
may hold any text: cells are cleaned when a page is prepared for drawing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from rich.cells import cell_len

from screens.text import Styled, Tone, number
from workbench.text import clean

PAGE = 256
"""Rows of a page."""

Cell = str | int | float | bool | datetime | Styled | None
"""A value in a table. None is drawn as a dim dash."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` for sorting, `title` over it, numbers `right`, `cap` the most cells it takes.

    `grow` gives it what room is left over; `width` fixes it (0: from what is in it).
    """

    name: str
    title: str
    right: bool = False
    cap: int = 32
    width: int = 0
    grow: bool = False
    sortable: bool = True


class Row(NamedTuple):
    """A row: a key that stays the same when the list is loaded again, and its cells."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column, and which end first."""

    column: str
    descending: bool = False


class PageSource(Protocol):
    """Rows, page by page. May block for some milliseconds a call; raises WorkbenchError.

    Guarantees: one source never changes: count and pages stay what they were. `arranged` returns
    another source with the same rows sorted and filtered. `position` finds the row with a key, None
    when it is not there (or when finding it would be slow). `total` is the count without a filter.
    """

    @property
    def columns(self) -> Sequence[Column]:
        """The columns."""
        ...

    def count(self) -> int:
        """How many rows there are."""
        ...

    def total(self) -> int:
        """How many rows there are without the filter."""
        ...

    def page(self, number: int) -> Sequence[Row]:
        """Return rows `number * PAGE` and on, at most PAGE of them."""
        ...

    def position(self, key: str) -> int | None:
        """Where the row with this key is."""
        ...

    def arranged(self, sort: Sort | None, filter_text: str) -> PageSource:
        """Return the rows sorted and filtered. Raises BadInput for a filter it does not understand."""
        ...


def plain(value: Cell) -> str:
    """Return a cell as one cleaned line of text, without a tone."""
    if value is None:
        return "–"
    if isinstance(value, Styled):
        return clean(value.text, 400)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value, 6) if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return clean(value, 400)


def tone(value: Cell) -> Tone:
    """Return the tone in which a cell is drawn."""
    if isinstance(value, Styled):
        return value.tone
    return "muted" if value is None else "plain"


class Drawn(NamedTuple):
    """A row ready to be drawn: its key, and text, width in cells and tone of each cell."""

    key: str
    cells: tuple[tuple[str, int, Tone], ...]


def prepare(rows: Sequence[Row]) -> list[Drawn]:
    """Clean and measure a page (in the thread that read it, so that drawing is quick)."""
    drawn = []
    for row in rows:
        cells = []
        for value in row.cells:
            text = plain(value)
            cells.append((text, cell_len(text), tone(value)))
        drawn.append(Drawn(row.key, tuple(cells)))
    return drawn


def _order(value: Cell) -> tuple[int, float, str]:
    """Sort numbers by value, moments by time, texts without case; what is missing comes last."""
    if isinstance(value, Styled):
        value = value.text
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    if isinstance(value, datetime):
        return (0, value.timestamp(), "")
    return (1, 0.0, value.casefold())


@dataclass(frozen=True)
class MemorySource:
    """A short list (some thousand rows) as a source: runs, models, jobs, options.

    The filter keeps rows in which every word occurs in some cell, without case; `matches` replaces
    it for a list with a filter language of its own (it gets key and filter, and may raise BadInput).
    `order` gives sort values where a cell is not what to sort by: (row key, column name) → value.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    matches: Callable[[str, str], bool] | None = None
    order: Callable[[str, str], Cell] | None = None
    everything: Sequence[Row] | None = None

    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def total(self) -> int:
        """How many rows there are without the filter."""
        return len(self.rows if self.everything is None else self.everything)

    def page(self, number: int) -> Sequence[Row]:  # noqa: D102  # see PageSource
        return self.rows[number * PAGE : (number + 1) * PAGE]

    def position(self, key: str) -> int | None:  # noqa: D102  # see PageSource
        return next((at for at, row in enumerate(self.rows) if row.key == key), None)

    def arranged(self, sort: Sort | None, filter_text: str) -> MemorySource:
        """Return the rows sorted and filtered."""
        whole = self.rows if self.everything is None else self.everything
        rows = [row for row in whole if self._keeps(row, filter_text)]
        if sort is not None:
            rows = self._sorted(rows, sort)
        return replace(self, rows=rows, everything=whole)

    def _keeps(self, row: Row, filter_text: str) -> bool:
        if not filter_text.strip():
            return True
        if self.matches is not None:
            return self.matches(row.key, filter_text)
        text = "\n".join(plain(cell) for cell in row.cells).casefold()
        return all(word in text for word in filter_text.casefold().split())

    def _sorted(self, rows: list[Row], sort: Sort) -> list[Row]:
        at = next((i for i, column in enumerate(self.columns) if column.name == sort.column), None)
        if at is None:
            return rows

        def value(row: Row) -> Cell:
            return self.order(row.key, sort.column) if self.order else row.cells[at]

        # What is missing stays at the end in both directions.
        there = [row for row in rows if _order(value(row))[0] != 2]
        missing = [row for row in rows if _order(value(row))[0] == 2]
        return sorted(there, key=lambda row: _order(value(row)), reverse=sort.descending) + missing
