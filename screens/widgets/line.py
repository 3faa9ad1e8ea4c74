"""The one-line input of every form, filter and question."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Input

from workbench.text import clean, visible


class LineInput(Input):
    """An Input of height 1 whose cursor does not blink: nothing is sent over the line while it waits.

    Its value is kept as it is and drawn with a mark for each character that a terminal would obey: a
    value may be the name of a file, a cell of a table or what was pasted.
    """

    DEFAULT_CSS = """
    LineInput, LineInput:focus, LineInput.-textual-compact {
        border: none; height: 1; padding: 0 1; background: $panel;
    }
    LineInput:focus { background: $block-cursor-background; }
    LineInput:ansi { text-style: underline; }
    """

    def __init__(self, value: str = "", **options: Any) -> None:
        super().__init__(value=value, compact=True, select_on_focus=False, **options)
        self.cursor_blink = False

    def validate_placeholder(self, text: str) -> str:
        """Make it safe to draw."""
        return clean(text)

    @property
    def _value(self) -> Text:  # how Textual's Input draws its value
        if self.password:
            return super()._value
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:  # where Textual's Input draws its cursor
        return cell_len(visible(self.value[:position]))
