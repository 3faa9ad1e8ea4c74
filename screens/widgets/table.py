"""The table: lines drawn on demand over pages read in threads, for ten rows or ten million."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.actions import Act
from screens.widgets.copying import Copies
from screens.widgets.draw import Painter
from screens.widgets.listed import Listed
from screens.widgets.moves import Moves
from screens.widgets.rows import Rows
from screens.widgets.source import PAGE, PageSource, Sort


class Table(Listed, Moves, Copies, ScrollView, can_focus=True):
    """Rows of a PageSource under one cursor.

    `load(source)` replaces the rows and keeps cursor (by key), marks, sort and filter. The first
    column stays when the columns scroll. Keys: see ACTS.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = Painter.CLASSES
    DEFAULT_CSS = Painter.CSS

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("table.open", "open", rank=10),
        Act("table.left", "left", rank=0),
        Act("table.right", "right", rank=0),
        Act("table.mark", "mark", rank=40),
        Act("table.sort", "sort", rank=60),
        Act("table.sort-back", "sort-back", rank=0),
        Act("table.unmark", label="Unmark all", help="Take every mark away."),
    )

    cursor: reactive[int] = reactive(0)
    column: reactive[int] = reactive(0)

    class Said(Message):
        """What a table says; `control` is the table, so that `@on(..., "#id")` works."""

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table
            # Textual lets a message go no further than the node that was at work when it was made,
            # which is the pane when it filters: the place above would not hear of it.
            self.set_sender(table)

        @property
        def control(self) -> Table:
            """The table."""
            return self.table

    class Highlighted(Said):
        """The cursor is on another row, or its row has come. `key` is empty while it is read."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__(table)
            self.key = key

    class Opened(Highlighted):
        """Enter on a row."""

    class Marked(Said):
        """The marks changed."""

        def __init__(self, table: Table, keys: frozenset[str]) -> None:
            super().__init__(table)
            self.keys = keys

    class Arranged(Said):
        """Rows, sort or filter changed: `count` of `total` rows are there."""

        def __init__(self, table: Table, count: int, total: int) -> None:
            super().__init__(table)
            self.count = count
            self.total = total

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
        self.markable = markable
        self.marks: set[str] = set()
        self.key = ""
        self.rows = Rows(
            self,
            stands=lambda: (self.key, self.cursor),
            adopted=self._adopt,
            arrived=self._arrived,
            seen=self._seen,
        )
        self._painter = Painter(self, fixed)

    # Rows in

    def load(self, source: PageSource, *, key: str = "") -> None:
        """Show the rows of `source`, sorted and filtered as now, the cursor where its key is."""
        self.rows.base = source
        self.rows.arrange(key or self.key, self.cursor)

    def rearrange(self, *, sort: Sort | None, filter_text: str) -> None:
        """Sort and filter the rows that are there."""
        self.rows.sort, self.rows.filter_text = sort, filter_text
        self.rows.arrange(self.key, self.cursor)

    def select(self, key: str) -> None:
        """Put the cursor on the row with this key; remembered until it comes, if it is not there."""
        self.key = key
        at = self.rows.pages.find(key)
        if at is None:
            self.rows.arrange(key, self.cursor)
        else:
            self.cursor = at

    def _adopt(self, cursor: int) -> None:
        self.column = min(self.column, max(len(self.columns) - 1, 0))
        self.virtual_size = Size(0, self.count + 1)
        self.set_reactive(Table.cursor, cursor)
        self.refresh()
        self.call_after_refresh(self._keep_in_view)
        self._say_where()
        self.post_message(self.Arranged(self, self.count, self.total))

    def _arrived(self) -> None:
        self.refresh()
        self._say_where()

    def _seen(self) -> range:
        return range(self._top // PAGE, (self._top + self._height) // PAGE + 1)

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
        layout = self._painter.layout(self.rows.pages, width - 1)
        if y == 0:
            return self._painter.header(self.columns, layout, width)
        words = self._words()
        if words:
            told = wrap(words, max(width - 6, 10))
            return self._painter.remark(told[y - 2] if 0 <= y - 2 < len(told) else "", width)
        index = self._top + y - 1
        if index >= self.count:
            return self._painter.remark("", width)
        return self._painter.row(self.rows.row(index), index, layout, width)

    def _words(self) -> str:
        """Return what stands in the place of rows, empty where there are rows."""
        if self.rows.broken or self.count:
            return self.rows.broken
        if not self.rows.loaded:
            return "…"
        return "No row matches the filter." if self.filter_text else self.empty

    def watch_column(self) -> None:
        """Scroll the columns so that the one under the cursor is seen."""
        width = self.scrollable_content_region.width or 80
        self._painter.bring(self.rows.pages, self.column, width - 1)
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

    def step(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor += rows

    def to_end(self, *, last: bool) -> None:
        """Move the cursor to the first or the last row."""
        self.cursor = self.count - 1 if last else 0

    @property
    def page_rows(self) -> int:
        """How many rows are seen."""
        return self._height

    def _keep_in_view(self) -> None:
        top = min(self._top, self.cursor)
        top = max(top, self.cursor - self._height + 1)
        if top != self._top:
            self.scroll_to(y=top, animate=False)

    def _say_where(self) -> None:
        row = self.row
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

    def offered(self, act: Act) -> bool:
        """Marking is not offered where nothing is done with several."""
        return self.markable or act.name not in {"mark", "unmark"}

    def why_not_open(self) -> str:
        """Only a row can be opened."""
        return "" if self.key else "there is no row under the cursor"

    def act_open(self) -> None:
        """Say that the row was opened."""
        self.post_message(self.Opened(self, self.key))

    def act_left(self) -> None:
        """One column to the left."""
        self.column = max(self.column - 1, 0)

    def act_right(self) -> None:
        """One column to the right."""
        self.column = min(self.column + 1, max(len(self.columns) - 1, 0))

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
        columns = self.columns
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
        wanted = Sort(self.columns[self.column].name, descending)
        self.rearrange(sort=None if self.sort == wanted else wanted, filter_text=self.filter_text)
