"""A pane: a border with a title that carries count and filter, views, and for lists the `/` filter."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from screens.actions import Act, Actor
from screens.text import count, said
from screens.timers import after
from screens.widgets.line import LineInput
from screens.widgets.source import Sort
from screens.widgets.table import Table

PAUSE = 0.12
"""Seconds of quiet after a key before the filter is applied."""


class Pane(Vertical):
    """A titled box. `retitle` sets title and note; both may hold any text."""

    DEFAULT_CSS = """
    Pane {
        height: 1fr; width: 1fr; border: round $border-blurred; background: $background;
        border-title-color: $text-muted; border-subtitle-color: $text-muted; padding: 0;
    }
    Pane:focus-within { border: round $border; border-title-color: $primary; border-title-style: bold; }
    Pane:ansi { background: ansi_default; }
    """

    def __init__(self, title: str, *children: object, id: str | None = None) -> None:  # noqa: A002  # Textual's word
        super().__init__(*children, id=id)  # type: ignore[arg-type]  # widgets, as Textual types them
        self.title = title
        self.retitle()

    def retitle(self, note: str = "") -> None:
        """Write the title, with a note behind it: `Runs  14 of 142`."""
        parts = [said(self.title, cap=60)]
        if note:
            parts.append(said(note, cap=80))
        self.border_title = Content(" ").join(parts)

    def views(self, names: tuple[str, ...], active: str) -> None:
        """Write the names of the views at the bottom of the border, the active one bright."""
        parts = [
            Content.styled(f" {name} ", "bold $primary" if name == active else "$text-muted")
            for name in names
        ]
        self.border_subtitle = Content("│").join(parts) if len(names) > 1 else ""


class FilterInput(LineInput):
    """The one-line filter at the top of a list; there only while it is used."""

    DEFAULT_CSS = """
    FilterInput.-hidden { display: none; }
    """

    def __init__(self, hint: str) -> None:
        super().__init__(placeholder=hint, classes="-hidden")


class ListPane(Actor, Pane):
    """A table in a pane, with `/` to filter as you type and Esc to clear it.

    `hint` stands in the empty filter; `remark` behind the count in the title.
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("list.filter", "filter", rank=70),
        Act("list.clear", "back", label="Clear filter", help="Take the filter away.", rank=0),
    )

    def __init__(
        self,
        title: str,
        table: Table,
        *,
        hint: str = "filter",
        id: str | None = None,  # noqa: A002  # Textual's word
    ) -> None:
        self.remark = ""
        super().__init__(title, id=id)
        self.table = table
        self._input = FilterInput(hint)
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The filter over the table."""
        yield self._input
        yield self.table

    def retitle(self, note: str = "") -> None:
        """Write title, count and filter: `Runs  14 of 142 / lr>0.01`."""
        table = getattr(self, "table", None)
        if table is not None and not note:
            shown, total = table.count, table.total
            note = count(total) if shown == total else f"{count(shown)} of {count(total)}"
            if table.filter_text:
                note += f" / {table.filter_text}"
            note += f"  {self.remark}" if self.remark else ""
        super().retitle(note)

    @on(Table.Arranged)
    def _arranged(self, event: Table.Arranged) -> None:
        del event
        self.retitle()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._pause is not None:
            self._pause.stop()
        self._pause = after(self, PAUSE, self._apply)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._apply()
        self._input.set_class(not self._input.value, "-hidden")
        self.table.focus()

    def _apply(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if self._input.value != self.table.filter_text:
            self.table.rearrange(sort=self.table.sort, filter_text=self._input.value)

    def forget(self) -> None:
        """Drop filter and sort before rows of another kind are loaded; the focus stays."""
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        with self._input.prevent(Input.Changed):
            self._input.value = ""
        self._input.add_class("-hidden")
        self.table.rows.sort, self.table.rows.filter_text = None, ""

    def restore(self, key: str, sort: Sort | None, filter_text: str) -> None:
        """Take cursor, sort and filter over before the first rows come."""
        with self._input.prevent(Input.Changed):
            self._input.value = filter_text
        self._input.set_class(not filter_text, "-hidden")
        self.table.key = key
        self.table.rows.sort, self.table.rows.filter_text = sort, filter_text

    def act_filter(self) -> None:
        """Open the filter."""
        self._input.remove_class("-hidden")
        self._input.focus()

    def act_clear(self) -> None:
        """Clear the filter; without one the key goes on."""
        typing = self._input.has_focus
        if not typing and not self.table.filter_text:
            raise SkipAction
        self._input.value = ""
        self._input.add_class("-hidden")
        self._apply()
        self.table.focus()
