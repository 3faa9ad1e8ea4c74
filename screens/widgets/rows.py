"""The rows behind a table: a source under a sort and a filter, read page by page in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from textual.widget import Widget

from screens.feed import in_thread
from screens.widgets.pages import Pages
from screens.widgets.source import PAGE, Drawn, MemorySource, PageSource, Sort, prepare
from workbench.errors import WorkbenchError
from workbench.text import clean

AROUND = 60
"""Rows above and below the cursor that are on the screen, at most."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """An arranged source with what is needed to show it at once."""

    source: PageSource
    pages: Pages
    total: int
    cursor: int


class Rows:
    """Reads for one `owner`. UI thread only; the source alone is called in threads.

    `stands()` tells key and row of the cursor as they are now: who moved it while rows were read
    is not taken back.
    `adopted(cursor)` is called when other rows have come, with where the cursor belongs; `arrived()`
    when a page has. One page is read at a time, and only pages that are still `seen`.
    """

    def __init__(
        self,
        owner: Widget,
        *,
        stands: Callable[[], tuple[str, int]],
        adopted: Callable[[int], None],
        arrived: Callable[[], None],
        seen: Callable[[], range],
    ) -> None:
        self._owner = owner
        self._stands = stands
        self._adopted, self._arrived, self._seen = adopted, arrived, seen
        self.base: PageSource = MemorySource((), ())
        self.source: PageSource = self.base
        self.pages = Pages((), 0)
        self.total = 0
        self.loaded = False
        """Whether rows have come at all; until then nobody knows that there are none."""
        self.wanted = False
        """Whether rows were asked for and have neither come nor been refused."""
        self.sort: Sort | None = None
        self.filter_text = ""
        self.broken = ""
        """Why rows could not be read, empty while they can."""
        self._wanted: set[int] = set()
        self._reading = False

    @property
    def count(self) -> int:
        """How many rows there are, as filtered."""
        return self.pages.count

    def arrange(self, key: str, cursor: int) -> None:
        """Read the first rows of `base` as sorted and filtered, the cursor on `key` or where it was."""
        if self.sort is not None and all(c.name != self.sort.column for c in self.base.columns):
            self.sort = None  # of another table, or of a version that had such a column
        base, sort, text = self.base, self.sort, self.filter_text
        before = self._stands()
        self.wanted = True

        def ready() -> _Ready:
            source = base.arranged(sort, text) if sort or text else base
            count = source.count()
            at = source.position(key) if key else None
            pages = Pages(source.columns, count)
            where = max(min(cursor if at is None else at, count - 1), 0)
            # With what is seen around it, so that a list which is loaded again does not flicker.
            near = (0, where, max(where - AROUND, 0), max(min(where + AROUND, count - 1), 0))
            for number in {at // PAGE for at in near}:
                pages.put(number, prepare(source.page(number)))
            return _Ready(source, pages, source.total(), where)

        def come(found: _Ready) -> None:
            key, at = self._stands()
            if (key, at) != before:
                there = found.pages.find(key)
                where = max(min(at, found.pages.count - 1), 0) if there is None else there
                found = replace(found, cursor=where)
            self._adopt(found)

        if isinstance(base, MemorySource):
            try:
                self._adopt(ready())
            except (
                WorkbenchError
            ) as error:  # a filter language of its own may refuse what was typed
                self._refused(error)
        else:
            in_thread(self._owner, ready, come, group="arrange", failed=self._refused)

    def row(self, index: int) -> Drawn | None:
        """Return a row; None while it is read (which this begins) or where there is none."""
        if not 0 <= index < self.count:
            return None
        drawn = self.pages.row(index)
        if drawn is None and not self.pages.has(index // PAGE):
            self._wanted.add(index // PAGE)
            if not self._reading and not self.broken:
                self._reading = True
                self._owner.call_later(self._read)
        return drawn

    def _adopt(self, ready: _Ready) -> None:
        self.source, self.pages, self.total = ready.source, ready.pages, ready.total
        self.broken, self.loaded, self.wanted = "", True, False
        self._wanted.clear()
        self._adopted(ready.cursor)

    def _refused(self, error: WorkbenchError) -> None:
        self.broken, self.wanted = clean(error), False
        self._arrived()

    def _read(self) -> None:
        seen = self._seen()
        near = [number for number in self._wanted if number in seen]
        self._wanted.clear()
        if not near:
            self._reading = False
            return
        source, pages, number = self.source, self.pages, min(near)

        def come(rows: list[Drawn]) -> None:
            pages.put(number, rows)
            self._reading = False
            if pages is self.pages:
                self._arrived()

        def failed(error: WorkbenchError) -> None:
            self._reading = False
            self._refused(error)

        in_thread(
            self._owner,
            lambda: prepare(source.page(number)),
            come,
            group="pages",
            failed=failed,
            exclusive=False,
        )
