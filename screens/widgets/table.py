"""The table: lines drawn on demand over pages read in threads, for ten rows or ten million."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.actions import Act, Actor
from screens.feed import in_thread
from screens.messages import Copy
from screens.widgets.draw import Painter
from screens.widgets.pages import Pages
from screens.widgets.source import PAGE, Drawn, MemorySource, PageSource, Sort, prepare


@dataclass(frozen=True, slots=True)
class _Ready:
    """A source with what is needed to show it at once."""

    source: PageSource
    pages: Pages
    total: int
    cursor: int


class Table(Actor, ScrollView, can_focus=True):
    """Rows of a PageSource under one cursor.

    `load(source)` replaces the rows and keeps cursor (by key), marks, sort and filter. The first
    column stays when the columns scroll. Keys: see ACTS.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = Painter.CLASSES
    DEFAULT_CSS = Painter.CSS

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("table.open", "open", rank=10),
        Act("table.down", "down", rank=0),
        Act("table.up", "up", rank=0),
        Act("table.left", "left", rank=0),
        Act("table.right", "right", rank=0),
        Act("table.top", "top", rank=0),
        Act("table.bottom", "bottom", rank=0),
        Act("table.page-down", "page-down", rank=0),
        Act("table.page-up", "page-up", rank=0),
        Act("table.mark", "mark", rank=40),
        Act("table.sort", "sort", rank=60),
        Act("table.sort-back", "sort-back", rank=0),
        Act("table.copy-cell", "copy-cell", rank=0),
        Act("table.unmark", label="Unmark all", help="Take every mark away."),
        Act("table.copy-row", label="Copy row", help="Copy the whole row, tabs between the cells."),
    )

    cursor: reactive[int] = reactive(0)
    column: reactive[int] = reactive(0)

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row, or its row has come. `key` is empty while it is read."""

        table: Table
        key: str

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

    @dataclass
    class Opened(Highlighted):
        """Enter on a row."""

    @dataclass
    class Marked(Message):
        """The marks changed."""

        table: Table
        keys: frozenset[str]

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

    @dataclass
    class Arranged(Message):
        """Rows, sort or filter changed: `count` of `total` rows are there."""

        table: Table
        count: int
        total: int

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

    def __init__(
        self,
        *,
        empty: str = "Nothing here yet.",
        fixed: int = 1,
        markable: bool = True,
        id: str | None = None,  # noqa: A002  # Textual's word
    ) -> None:
        super().__init__(id=id)
        self.empty = empty
        self.fixed = fixed
        self.markable = markable
        self.source: PageSource = MemorySource((), ())
        self.sort: Sort | None = None
        self.filter_text = ""
        self.marks: set[str] = set()
        self.key = ""
        self._base: PageSource = self.source
        self._pages = Pages((), 0)
        self._total = 0
        self._wanted: set[int] = set()
        self._reading = False
        self._first = 0
        self._painter = Painter(self)

    # Rows in

    def load(self, source: PageSource, *, key: str = "") -> None:
        """Show the rows of `source`, sorted and filtered as now, the cursor where its key is."""
        self._base = source
        self._arrange(key or self.key)

    def rearrange(self, *, sort: Sort | None, filter_text: str) -> None:
        """Sort and filter the rows that are there."""
        self.sort, self.filter_text = sort, filter_text
        self._arrange(self.key)

    def select(self, key: str) -> None:
        """Put the cursor on the row with this key; remembered until it comes, if it is not there."""
        self.key = key
        at = self._pages.find(key)
        if at is not None:
            self.cursor = at
        else:
            self._arrange(key)

    @property
    def count(self) -> int:
        """How many rows there are, as filtered."""
        return self._pages.count

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return self._total

    @property
    def row(self) -> Drawn | None:
        """The row under the cursor, None while it is read or when there is none."""
        return self._pages.row(self.cursor) if self.count else None

    @property
    def chosen(self) -> list[str]:
        """The keys to act on: the marked ones, else the one under the cursor."""
        return sorted(self.marks) if self.marks else [self.key] if self.key else []

    def _arrange(self, key: str) -> None:
        base, sort, text, cursor = self._base, self.sort, self.filter_text, self.cursor

        def ready() -> _Ready:
            source = base.arranged(sort, text) if sort or text else base
            count = source.count()
            at = source.position(key) if key else None
            pages = Pages(source.columns, count)
            where = max(min(cursor if at is None else at, count - 1), 0)
            for number in {0, where // PAGE}:
                pages.put(number, prepare(source.page(number)))
            return _Ready(source, pages, source.total(), where)

        if isinstance(base, MemorySource):
            self._adopt(ready())
        else:
            in_thread(self, ready, self._adopt, group="arrange")

    def _adopt(self, ready: _Ready) -> None:
        self.source, self._pages, self._total = ready.source, ready.pages, ready.total
        self._wanted.clear()
        self.column = min(self.column, max(len(self._pages.columns) - 1, 0))
        self.virtual_size = Size(0, ready.pages.count + 1)
        self.set_reactive(Table.cursor, ready.cursor)
        self._painter.forget()
        self.refresh()
        self.call_after_refresh(self._keep_in_view)
        self._say_where()
        self.post_message(self.Arranged(self, ready.pages.count, ready.total))

    # Pages in

    def _want(self, number: int) -> None:
        if self._pages.has(number):
            return
        self._wanted.add(number)
        if not self._reading:
            self._reading = True
            self.call_later(self._read)

    def _read(self) -> None:
        shown = range(self._top // PAGE, (self._top + self._height) // PAGE + 1)
        near = [number for number in self._wanted if number in shown]
        self._wanted.clear()
        if not near:
            self._reading = False
            return
        source, pages = self.source, self._pages
        numbers = sorted(near)

        def read() -> list[tuple[int, list[Drawn]]]:
            return [(number, prepare(source.page(number))) for number in numbers]

        def come(found: list[tuple[int, list[Drawn]]]) -> None:
            for number, rows in found:
                pages.put(number, rows)
            self._reading = False
            if pages is self._pages:
                self.refresh()
                self._say_where()

        def failed(error: Exception) -> None:
            self._reading = False
            self._painter.broken = str(error)
            self.refresh()

        in_thread(self, read, come, group="pages", failed=failed, exclusive=False)

    # Drawing

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    @property
    def _height(self) -> int:
        """How many rows are seen."""
        return max(self.scrollable_content_region.height - 1, 1)

    def render_line(self, y: int) -> Strip:
        """Draw the header (line 0) or a row."""
        width = self.scrollable_content_region.width
        layout = self._painter.layout(self._pages, self._first, self.fixed, width)
        if y == 0:
            return self._painter.header(self._pages, layout, width)
        if not self.count:
            text = self.empty if y == 2 and not self.filter_text else ""
            text = "No row matches the filter." if y == 2 and self.filter_text else text
            return self._painter.remark(text, width)
        index = self._top + y - 1
        if index >= self.count:
            return self._painter.remark("", width)
        drawn = self._pages.row(index)
        if drawn is None:
            self._want(index // PAGE)
        return self._painter.row(drawn, index, layout, width)

    def watch_column(self) -> None:
        """Scroll the columns so that the one under the cursor is seen."""
        if self.column < self.fixed:
            self._first = 0
        else:
            self._first = min(self._first, self.column - self.fixed)
            width = self.scrollable_content_region.width or 80
            while (
                self.column
                not in {
                    at
                    for at, _, _ in self._painter.layout(
                        self._pages, self._first, self.fixed, width
                    )
                }
                and self._first < self.column
            ):
                self._first += 1
        self.refresh()

    # Moving

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(min(cursor, self.count - 1), 0)

    def watch_cursor(self) -> None:
        """Follow the cursor and tell what it is on."""
        self._keep_in_view()
        self.refresh()
        self._say_where()

    def _keep_in_view(self) -> None:
        top = min(self._top, self.cursor)
        top = max(top, self.cursor - self._height + 1)
        if top != self._top:
            self.scroll_to(y=top, animate=False)

    def _say_where(self) -> None:
        row = self.row
        if row is None and self.count:
            self._want(self.cursor // PAGE)
        key = row.key if row else ""
        if key or not self.count:
            self.key = key
        self.post_message(self.Highlighted(self, key))

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor seen when the size changes."""
        del event
        self.call_after_refresh(self._keep_in_view)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row that was clicked."""
        if event.y > 0 and self.count:
            self.cursor = self._top + event.y - 1

    # Acts

    def why_not_open(self) -> str:
        """Only a row can be opened."""
        return "" if self.key else "there is no row under the cursor"

    def act_open(self) -> None:
        """Say that the row was opened."""
        self.post_message(self.Opened(self, self.key))

    def act_down(self) -> None:
        """One row down."""
        self.cursor += 1

    def act_up(self) -> None:
        """One row up."""
        self.cursor -= 1

    def act_left(self) -> None:
        """One column to the left."""
        self.column = max(self.column - 1, 0)

    def act_right(self) -> None:
        """One column to the right."""
        self.column = min(self.column + 1, max(len(self._pages.columns) - 1, 0))

    def act_top(self) -> None:
        """To the first row."""
        self.cursor = 0

    def act_bottom(self) -> None:
        """To the last row."""
        self.cursor = self.count - 1

    def act_page_down(self) -> None:
        """One page down."""
        self.cursor += self._height

    def act_page_up(self) -> None:
        """One page up."""
        self.cursor -= self._height

    def why_not_mark(self) -> str:
        """Only rows can be marked, and not in every table."""
        if not self.markable:
            return "nothing can be done with several of these"
        return "" if self.key else "there is no row under the cursor"

    def act_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        self.marks ^= {self.key}
        self.post_message(self.Marked(self, frozenset(self.marks)))
        self.cursor += 1
        self.refresh()

    def why_not_unmark(self) -> str:
        """There must be marks."""
        return "" if self.marks else "nothing is marked"

    def act_unmark(self) -> None:
        """Take every mark away."""
        self.marks.clear()
        self.post_message(self.Marked(self, frozenset()))
        self.refresh()

    def why_not_sort(self) -> str:
        """The column under the cursor must be one to sort by."""
        columns = self._pages.columns
        if not columns or not columns[self.column].sortable:
            return "this column cannot be sorted"
        return ""

    def why_not_sort_back(self) -> str:
        """As for sorting up."""
        return self.why_not_sort()

    def act_sort(self) -> None:
        """Sort by the column under the cursor; again takes the order back."""
        self._sort(descending=False)

    def act_sort_back(self) -> None:
        """Sort by the column under the cursor, largest first; again takes the order back."""
        self._sort(descending=True)

    def _sort(self, *, descending: bool) -> None:
        wanted = Sort(self._pages.columns[self.column].name, descending)
        self.rearrange(sort=None if self.sort == wanted else wanted, filter_text=self.filter_text)

    def why_not_copy_cell(self) -> str:
        """There must be a row."""
        return "" if self.row else "there is no row under the cursor"

    def act_copy_cell(self) -> None:
        """Copy the cell under the cursor."""
        if self.row:
            self.post_message(Copy(self.row.cells[self.column][0], "cell"))

    def why_not_copy_row(self) -> str:
        """There must be a row."""
        return self.why_not_copy_cell()

    def act_copy_row(self) -> None:
        """Copy the row, a tab between two cells."""
        if self.row:
            self.post_message(Copy("\t".join(text for text, _, _ in self.row.cells), "row"))
