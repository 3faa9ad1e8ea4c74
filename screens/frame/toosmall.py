"""What is shown instead of a place when the terminal is smaller than 80x24."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

COLUMNS, ROWS = 80, 24


class TooSmall(Widget):
    """One line that says which size is needed; visible only under 80x24 (classes of the screen)."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    TooSmall { display: none; width: 100%; height: 100%; content-align: center middle; }
    Screen.-tiny > TooSmall, Screen.-short > TooSmall { display: block; }
    Screen.-tiny > .frame, Screen.-short > .frame { display: none; }
    """

    def render(self) -> Content:
        """The size that is needed and the one that is there."""
        width, height = self.app.size
        return Content(f"Needs {COLUMNS}x{ROWS}, has {width}x{height}")
