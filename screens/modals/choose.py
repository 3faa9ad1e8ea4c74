"""Choosing one of many: a filtered list."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from screens.modals.base import Box, Modal
from screens.widgets.pane import ListPane
from screens.widgets.source import Cell, Column, MemorySource, Row
from screens.widgets.table import Table

AROUND = 4
"""Lines of a box that are no choices: its border, the heads, and room for the filter."""


class Choose(Modal[str]):
    """`/` to find, Enter to take, Esc to leave things as they are; gives the key of the row taken.

    `more` may say more about each choice: key → further cells under `columns`. `head` is what stands
    over the choices, the title unless given.
    """

    DEFAULT_CSS = """
    Choose > Box { width: 70; max-height: 70%; padding: 0; }
    Choose.-several > Box { width: 96%; max-width: 92; }
    Choose ListPane, Choose ListPane:focus-within { border: none; background: $surface; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[str],
        now: str = "",
        *,
        columns: Sequence[Column] = (),
        more: dict[str, tuple[Cell, ...]] | None = None,
        head: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._now = now
        self.table = Table(empty="There is nothing to choose from.", markable=False)
        rows = [Row(choice, (choice, *(more or {}).get(choice, ()))) for choice in choices]
        heads = (Column("choice", head or title.capitalize(), cap=40), *columns)
        self._source = MemorySource(heads, rows)
        self.set_class(bool(columns), "-several")

    def compose(self) -> ComposeResult:
        """A list with a filter."""
        box = Box(ListPane("", self.table))
        box.styles.height = self._source.total() + AROUND
        box.retitle(self._title, "/ find   enter take   esc close")
        yield box

    def on_mount(self) -> None:
        """Show the choices, the cursor on the one that is taken now."""
        self.table.load(self._source, key=self._now)
        self.table.focus()

    def on_table_opened(self, event: Table.Opened) -> None:
        """Take it."""
        self.dismiss(event.key)
