"""How a table's lines are drawn: widths, alignment, header, cursor, marks, placeholders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screens.text import Tone
from screens.widgets.pages import Pages
from screens.widgets.source import Column, Drawn
from workbench.text import clean

if TYPE_CHECKING:
    from screens.widgets.table import Table

GUTTER = 3
"""Cells before the first column: cursor, mark, space."""
GAP = 2
"""Cells between two columns."""

Layout = list[tuple[int, int, int]]
"""For each column that is seen: its position in the source, where it starts, its width."""


def fit(text: str, width: int, room: int, *, right: bool) -> str:
    """Return `text` (`width` cells wide) in exactly `room` cells, cut with an ellipsis."""
    if width > room:
        return set_cell_size(text, room - 1) + "…" if room > 1 else set_cell_size(text, room)
    pad = " " * (room - width)
    return pad + text if right else text + pad


class Painter:
    """Draws the lines of one table; keeps the styles that its theme gave it."""

    CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--header-cursor",
        "table--cursor",
        "table--cursor-blurred",
        "table--muted",
        "table--strong",
        "table--key",
        "table--good",
        "table--busy",
        "table--warn",
        "table--bad",
    }
    CSS = """
    Table { height: 1fr; width: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    Table > .table--header { color: $text-muted; text-style: bold; }
    Table > .table--header-cursor { color: $foreground; text-style: bold underline; }
    Table > .table--cursor { background: $block-cursor-background; text-style: bold; }
    Table > .table--cursor-blurred { background: $block-cursor-blurred-background; }
    Table:ansi > .table--cursor { text-style: reverse; }
    Table:ansi > .table--cursor-blurred { text-style: bold; }
    Table > .table--muted { color: $text-muted; }
    Table:ansi > .table--muted { text-style: dim; }
    Table > .table--strong { text-style: bold; }
    Table > .table--key { color: $primary; }
    Table > .table--good { color: $success; }
    Table > .table--busy { color: $secondary; }
    Table > .table--warn { color: $warning; }
    Table > .table--bad { color: $error; }
    """

    def __init__(self, table: Table, fixed: int) -> None:
        self._table = table
        self._fixed = fixed
        self._first = 0
        """How many of the columns behind the fixed ones are scrolled away."""

    def layout(self, pages: Pages, width: int) -> Layout:
        """Place the columns: the fixed ones, then as many of the others as fit."""
        fixed, first = self._fixed, self._first
        order = [*range(min(fixed, len(pages.columns)))]
        order += range(fixed + first, len(pages.columns))
        placed: Layout = []
        at = GUTTER
        for index in order:
            room = width - at
            if room < min(pages.widths[index], 6):
                break
            wanted = min(pages.widths[index], room)
            placed.append((index, at, wanted))
            at += wanted + GAP
        spare = width - (at - GAP)
        grown = next((n for n, (i, _, _) in enumerate(placed) if pages.columns[i].grow), None)
        if spare > 0 and grown is not None:
            index, start, wanted = placed[grown]
            placed[grown] = (index, start, wanted + spare)
            placed[grown + 1 :] = [(i, x + spare, w) for i, x, w in placed[grown + 1 :]]
        return placed

    def bring(self, pages: Pages, column: int, width: int) -> None:
        """Scroll the columns as little as needed for `column` to be seen in its full width."""
        self._first = min(self._first, max(column - self._fixed, 0))
        while column - self._fixed > self._first and not any(
            at == column and wide >= pages.widths[at] for at, _, wide in self.layout(pages, width)
        ):
            self._first += 1

    def _style(self, name: str) -> Style:
        return self._table.get_component_rich_style(f"table--{name}", partial=True)

    def _base(self) -> Style:
        return self._table.rich_style

    def header(self, columns: Sequence[Column], layout: Layout, width: int) -> Strip:
        """Draw the titles; the sorted one has an arrow, hidden columns are hinted at on both sides."""
        base = self._base()
        quiet, here = base + self._style("header"), base + self._style("header-cursor")
        hidden_left = self._first > 0
        segments = [Segment((" ‹ " if hidden_left else "   "), quiet)]
        for n, (index, _, room) in enumerate(layout):
            column = columns[index]
            title = clean(column.title, 200)
            sort = self._table.sort
            if sort is not None and sort.column == column.name:
                title += "↓" if sort.descending else "↑"
            shown = self._table.has_focus and index == self._table.column
            words = fit(title, cell_len(title), room, right=column.right)
            body = words.strip()
            lead = len(words) - len(words.lstrip())
            tail = len(words) - lead - len(body)
            segments.append(Segment(" " * lead, quiet))
            segments.append(Segment(body, here if shown else quiet))
            segments.append(Segment(" " * (tail + (GAP if n + 1 < len(layout) else 0)), quiet))
        more = bool(layout) and layout[-1][0] < len(columns) - 1
        strip = Strip(segments).adjust_cell_length(width, quiet)
        return Strip([*strip.crop(0, width - 1), Segment("›", quiet)]) if more else strip

    def remark(self, text: str, width: int) -> Strip:
        """Draw a line that is not a row."""
        style = self._base() + self._style("muted")
        return Strip([Segment(" " * GUTTER + clean(text, 400), style)]).adjust_cell_length(
            width, style
        )

    def row(self, drawn: Drawn | None, index: int, layout: Layout, width: int) -> Strip:
        """Draw a row; one that has not come yet as dim dots."""
        table = self._table
        style = self._base()
        here = index == table.cursor
        if here:
            style += self._style("cursor" if table.has_focus else "cursor-blurred")
        if drawn is None:
            return self._placeholder(style, here, layout, width)
        marked = drawn.key in table.marks
        # In the terminal's own colours the cursor is reverse: a coloured word would be a patch in it.
        flat = here and table.has_focus and table.app.native_ansi_color
        sign = style if flat else style + self._style("key")
        segments = [Segment(("›" if here else " ") + ("◆" if marked else " ") + " ", sign)]
        last = len(layout) - 1
        for n, (at, _, room) in enumerate(layout):
            text, wide, tone = drawn.cells[at] if at < len(drawn.cells) else ("", 0, "plain")
            right = table.columns[at].right
            cell = fit(text, wide, room, right=right)
            segments.append(Segment(cell, style if flat else self._toned(style, tone)))
            if n < last:
                segments.append(Segment(" " * GAP, style))
        return Strip(segments).adjust_cell_length(width, style)

    def _toned(self, style: Style, tone: Tone) -> Style:
        return style if tone == "plain" else style + self._style(tone)

    def _placeholder(self, style: Style, here: bool, layout: Layout, width: int) -> Strip:
        dim = style + self._style("muted")
        segments = [Segment("›  " if here else "   ", dim)]
        segments += [Segment(fit("···", 3, room + GAP, right=False), dim) for _, _, room in layout]
        return Strip(segments).adjust_cell_length(width, dim)
