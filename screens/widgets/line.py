"""The one-line input of every form, filter and question."""

from __future__ import annotations

from typing import Any

from textual.widgets import Input


class LineInput(Input):
    """An Input of height 1 whose cursor does not blink: nothing is sent over the line while it waits."""

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
