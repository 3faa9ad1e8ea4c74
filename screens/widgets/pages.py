"""The pages of a source that a table holds: a few, the ones looked at last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from screens.widgets.source import PAGE, Column, Drawn

HELD = 64
"""How many pages are held (16,384 rows)."""


class Pages:
    """An LRU of prepared pages, with the widths that their cells want."""

    def __init__(self, columns: Sequence[Column], count: int) -> None:
        self.columns = tuple(columns)
        self.count = count
        self._pages: OrderedDict[int, list[Drawn]] = OrderedDict()
        self.widths = [
            min(max(column.width or len(column.title) + 1, 1), column.width or column.cap + 1)
            for column in self.columns
        ]

    def put(self, number: int, rows: list[Drawn]) -> None:
        """Hold a page; the one not looked at for longest goes."""
        self._pages[number] = rows
        self._pages.move_to_end(number)
        while len(self._pages) > HELD:
            self._pages.popitem(last=False)
        for at, column in enumerate(self.columns):
            if not column.width:
                widest = max((row.cells[at][1] for row in rows if at < len(row.cells)), default=0)
                self.widths[at] = max(self.widths[at], min(widest, column.cap))

    def has(self, number: int) -> bool:
        """Whether a page is held."""
        return number in self._pages

    def row(self, index: int) -> Drawn | None:
        """Return a row, None when its page is not held."""
        page = self._pages.get(index // PAGE)
        if page is None:
            return None
        self._pages.move_to_end(index // PAGE)
        offset = index % PAGE
        return page[offset] if offset < len(page) else None

    def find(self, key: str) -> int | None:
        """Return where a key is among the pages held."""
        for number, page in self._pages.items():
            for offset, row in enumerate(page):
                if row.key == key:
                    return number * PAGE + offset
        return None
