"""A live log: the end of a growing file, followed while the cursor is at the end."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
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

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--muted"}
    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size: 1 1; }
    LogView > .log--muted { color: $text-muted; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("logview.follow", label="Follow", help="Follow the end of the log, or stay here."),
        Act("logview.left", "left", rank=0),
        Act("logview.right", "right", rank=0),
    )

    class Follows(Message):
        """Following was switched on or off."""

        def __init__(self, view: LogView, *, follows: bool) -> None:
            super().__init__()
            self.view = view
            self.follows = follows

    def __init__(self, *, empty: str = "The log is empty.", id: str | None = None) -> None:  # noqa: A002  # Textual's word
        super().__init__(id=id)
        self.empty = empty
        self.follows = True
        self._tail: Tail | None = None
        self._lines: list[str] = []
        self._reading = False

    def show_file(self, path: Path | None) -> None:
        """Show another file (or none), followed."""
        if self._tail is not None and path == self._tail.path:
            return
        self._tail = Tail(path) if path is not None else None
        self._lines = []
        self.follows = True
        self._fit()
        self.look()

    def on_mount(self) -> None:
        """Look from time to time."""
        self.set_interval(EVERY, self.look)

    def look(self) -> None:
        """Read what is new, in a thread, when the log can be seen."""
        tail = self._tail
        if tail is None or self._reading or not self.is_on_screen:
            return
        self._reading = True

        def read() -> list[str] | None:
            news = False
            for _ in range(8):  # at most 2 MiB a look
                if not tail.read():
                    break
                news = True
            if not news:
                return None
            return [*tail.lines, *([tail.partial] if tail.partial else [])]

        def come(lines: list[str] | None) -> None:
            self._reading = False
            if lines is not None and tail is self._tail:
                self._lines = lines
                self._fit()

        def failed(_: Exception) -> None:
            self._reading = False

        in_thread(self, read, come, group="log", failed=failed, exclusive=False)

    def _fit(self) -> None:
        width = max((cell_len(line) for line in self._lines[-500:]), default=0)
        self.virtual_size = Size(width, len(self._lines))
        if self.follows:
            self.scroll_to(y=max(len(self._lines) - self.size.height, 0), animate=False)
        self.refresh()

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
        return Strip([Segment(text, style)]).crop_extend(left, left + width, style)

    def _set_follow(self, *, follows: bool) -> None:
        if follows != self.follows:
            self.follows = follows
            self.post_message(self.Follows(self, follows=follows))

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
