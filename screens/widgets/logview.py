"""A live log: the end of a growing file, followed while it is at its end, with what was searched marked."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from screens.actions import Act
from screens.feed import in_thread
from screens.widgets.moves import Moves
from screens.widgets.tail import Tail

EVERY = 0.25
"""Seconds between two looks while the log is on screen."""


class LogView(Moves, ScrollView, can_focus=True):
    """Lines of a file as they come. Scrolling up stops following; `G` or the end follows again."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--muted", "log--found", "log--here"}
    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size: 1 1; }
    LogView > .log--muted { color: $text-muted; }
    LogView > .log--found { background: $panel; color: $warning; text-style: bold; }
    LogView > .log--here { background: $warning; color: $background; text-style: bold; }
    LogView:ansi > .log--found { text-style: underline bold; }
    LogView:ansi > .log--here { text-style: reverse bold; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("logview.follow", label="Follow", help="Follow the end of the log, or stay here."),
        Act("logview.left", "left", rank=0),
        Act("logview.right", "right", rank=0),
    )

    class Changed(Message):
        """Following was switched on or off, or what is found is another."""

        def __init__(self, view: LogView) -> None:
            super().__init__()
            self.view = view
            self.set_sender(view)  # see Table.Said

    def __init__(self, *, empty: str = "The log is empty.", id: str | None = None) -> None:  # noqa: A002  # Textual's word
        super().__init__(id=id)
        self.empty = empty
        self.follows = True
        self._tail: Tail | None = None
        self._lines: list[str] = []
        self._reading = False
        self._gone = 0
        self._origin = 0
        self._sought: re.Pattern[str] | None = None
        self.found: Sequence[int] = ()
        """Lines in which what is searched for occurs."""
        self.here: int | None = None
        """Which of them was gone to last."""

    @property
    def path(self) -> Path | None:
        """The file that is shown."""
        return self._tail.path if self._tail is not None else None

    @property
    def cut(self) -> bool:
        """Whether the file is longer than what is kept."""
        return self._tail is not None and self._tail.cut

    def show_file(self, path: Path | None) -> None:
        """Show another file (or none), followed."""
        if self._tail is not None and path == self._tail.path:
            return
        self._tail = Tail(path) if path is not None else None
        self._lines, self._gone = [], 0
        self.follows, self.here = True, None
        self._search()
        self._fit()
        self.look()

    def on_mount(self) -> None:
        """Look from time to time."""
        self.set_interval(EVERY, self.look)

    def on_resize(self) -> None:
        """Keep the end in sight while it is followed, whatever room there is."""
        if self.follows:
            self._fit()

    def look(self) -> None:
        """Read what is new, in a thread, when the log can be seen."""
        tail = self._tail
        if tail is None or self._reading or not self.is_on_screen:
            return
        self._reading = True

        def read() -> tuple[list[str], int] | None:
            news = False
            for _ in range(8):  # at most 2 MiB a look
                if not tail.read():
                    break
                news = True
            if not news:
                return None
            return [*tail.lines, *([tail.partial] if tail.partial else [])], tail.gone

        def come(news: tuple[list[str], int] | None) -> None:
            self._reading = False
            if news is not None and tail is self._tail:
                self._lines, gone = news
                self._shift(gone - self._gone)
                self._gone = gone
                self._search()
                self._fit()

        def failed(_: Exception) -> None:
            self._reading = False

        in_thread(self, read, come, group="log", failed=failed, exclusive=False)

    def _fit(self) -> None:
        width = max((cell_len(line) for line in self._lines[-500:]), default=0)
        self.virtual_size = Size(width, len(self._lines))
        if self.follows:
            # Forced: what needed no scrolling a moment ago Textual scrolls only after it is laid out.
            self.scroll_to(y=self._last_top, animate=False, force=True)
        self.refresh()

    @property
    def _last_top(self) -> int:
        return max(len(self._lines) - self.size.height, 0)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the file."""
        width, style = self.size.width, self.rich_style
        if not self._lines:
            quiet = style + self.get_component_rich_style("log--muted", partial=True)
            return Strip([Segment(" " + self.empty if y == 0 else "", quiet)]).adjust_cell_length(
                width, quiet
            )
        at, left = self.scroll_offset.y + y, self.scroll_offset.x
        text = self._lines[at] if at < len(self._lines) else ""
        return Strip(self._segments(text, at, style)).crop_extend(left, left + width, style)

    def _segments(self, text: str, line: int, style: Style) -> list[Segment]:
        """Return a line in pieces, what was searched for marked."""
        if self._sought is None or self._sought.search(text) is None:
            return [Segment(text, style)]
        name = "log--here" if line == self.here else "log--found"
        mark = style + self.get_component_rich_style(name, partial=True)
        parts, done = [], 0
        for match in self._sought.finditer(text):
            begin, end = match.span()
            parts += [Segment(text[done:begin], style), Segment(text[begin:end], mark)]
            done = end
        return [*parts, Segment(text[done:], style)]

    def _shift(self, gone: int) -> None:
        """Keep in sight what is looked at when lines at the beginning were let go."""
        if gone <= 0 or self.follows:
            return
        self.here = None if self.here is None or self.here < gone else self.here - gone
        self.scroll_to(y=max(self.scroll_offset.y - gone, 0), animate=False)

    # Searching

    def begin_search(self) -> None:
        """Search from what is in sight now."""
        self._origin = self.scroll_offset.y

    def search(self, text: str) -> None:
        """Mark `text` (any case) wherever it occurs, and go to the nearest; an empty text ends that."""
        self._sought = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self.here = None
        self._search()
        if self.found:
            at = bisect_left(self.found, self._origin)
            self._go_to(self.found[at] if at < len(self.found) else self.found[-1])
        self.refresh()

    def go_on(self, *, back: bool = False) -> None:
        """Go to the next line with what is searched for, or the one before; round at the end."""
        if not self.found:
            return
        start = self.scroll_offset.y if self.here is None else self.here
        at = bisect_left(self.found, start) - 1 if back else bisect_right(self.found, start)
        self._go_to(self.found[at % len(self.found)])

    @property
    def searches(self) -> bool:
        """Whether something is searched for."""
        return self._sought is not None

    def _search(self) -> None:
        sought = self._sought
        before = self.found
        self.found = (
            [at for at, line in enumerate(self._lines) if sought.search(line)] if sought else ()
        )
        if len(before) != len(self.found):
            self.post_message(self.Changed(self))

    def _go_to(self, line: int) -> None:
        self.here = line
        last = max(len(self._lines) - self.size.height, 0)
        if not self.scroll_offset.y <= line < self.scroll_offset.y + self.size.height:
            target = min(max(line - self.size.height // 2, 0), last)
            self._set_follow(follows=False)
            self.scroll_to(y=target, animate=False)
        elif line < len(self._lines) - 1:
            self._set_follow(follows=False)  # or what was found would be carried away
        self.post_message(self.Changed(self))
        self.refresh()

    def _set_follow(self, *, follows: bool) -> None:
        if follows != self.follows:
            self.follows = follows
            self.post_message(self.Changed(self))

    def step(self, rows: int) -> None:
        """Scroll; up stops following, down to the end begins it again."""
        last = max(len(self._lines) - self.size.height, 0)
        target = min(max(self.scroll_offset.y + rows, 0), last)
        self._set_follow(follows=target >= last)
        self.scroll_to(y=target, animate=False)

    def to_end(self, *, last: bool) -> None:
        """To the beginning of what is kept, or to the end, which is followed."""
        self.step(len(self._lines) if last else -len(self._lines))

    @property
    def page_rows(self) -> int:
        """The height of the pane."""
        return max(self.size.height - 1, 1)

    def act_follow(self) -> None:
        """Follow, or stay."""
        self._set_follow(follows=not self.follows)
        self._fit()

    def act_left(self) -> None:
        """Scroll left."""
        self.scroll_relative(x=-8, animate=False)

    def act_right(self) -> None:
        """Scroll right."""
        self.scroll_relative(x=8, animate=False)
