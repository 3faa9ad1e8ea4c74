"""What a list has: its rows as they are sorted and filtered, its columns, what is chosen of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from screens.widgets.rows import Rows
from screens.widgets.source import Column, Drawn, MemorySource, Sort

if TYPE_CHECKING:
    from textual.dom import DOMNode as _Node
else:
    # Textual takes style sheets along the first base that is a node: the ScrollView's, with its scrollbars.
    _Node = object


class Listed(_Node):
    """The part of a table that is asked, and changes nothing."""

    rows: Rows
    marks: set[str]
    key: str
    """The key of the row under the cursor."""
    cursor: reactive[int]
    column: reactive[int]

    def holds(self, key: str) -> bool:
        """Whether a row with this key is in the list, as filtered: in memory, or on a page held."""
        source = self.rows.source
        if isinstance(source, MemorySource):
            return source.position(key) is not None
        return self.rows.pages.find(key) is not None

    @property
    def count(self) -> int:
        """How many rows there are, as filtered."""
        return self.rows.count

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return self.rows.total

    @property
    def sort(self) -> Sort | None:
        """By what the rows are sorted."""
        return self.rows.sort

    @property
    def filter_text(self) -> str:
        """The filter, empty without one."""
        return self.rows.filter_text

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are shown."""
        return self.rows.pages.columns

    @property
    def row(self) -> Drawn | None:
        """The row under the cursor, None while it is read or when there is none."""
        return self.rows.row(self.cursor)

    @property
    def texts(self) -> tuple[str, ...]:
        """The cells of the row under the cursor, as text."""
        row = self.row
        return tuple(text for text, _, _ in row.cells) if row else ()

    @property
    def cell_text(self) -> str:
        """The cell under the cursor, as text."""
        return self.texts[self.column] if self.column < len(self.texts) else ""

    @property
    def chosen(self) -> list[str]:
        """The keys to act on: the marked ones, else the one under the cursor."""
        return sorted(self.marks) if self.marks else [self.key] if self.key else []
