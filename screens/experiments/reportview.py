"""The report of a run, read: drawn anew for every width, pictures and all."""

from __future__ import annotations

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.experiments.markdown import render
from screens.feed import in_thread
from screens.text import said
from screens.widgets.moves import Moves
from workbench.training.report import markdown
from workbench.training.report.record import Report


class ReportView(Moves, VerticalScroll, can_focus=True):
    """Shows one document; `show` replaces it, `tell` shows a remark in its stead."""

    DEFAULT_CSS = """
    ReportView { height: 1fr; width: 1fr; padding: 0 2; scrollbar-size-vertical: 1;
        scrollbar-gutter: stable; }
    ReportView > Static { width: 100%; height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's word
        self._static = Static(markup=False)
        super().__init__(self._static, id=id)
        self._text: str | Report = ""
        self._drawn = 0

    def show(self, text: str | Report) -> None:
        """Show another document, from its beginning; of a report the pictures fit the width."""
        self._text, self._drawn = text, 0
        self.scroll_home(animate=False)
        self._draw()

    def tell(self, words: str) -> None:
        """Show a remark."""
        self._text = ""
        self._static.update(said(words, "muted", cap=600))

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        self._draw()

    def _draw(self) -> None:
        text, width = self._text, self._static.size.width
        if not text or not width or width == self._drawn:
            return
        self._drawn = width

        def come(content: Content) -> None:
            if text == self._text and width == self._drawn:
                self._static.update(content)

        in_thread(self, lambda: render(_written(text, width), width), come, group="report")

    def step(self, rows: int) -> None:
        """Scroll by so many lines."""
        self.scroll_relative(y=rows, animate=False)

    def to_end(self, *, last: bool) -> None:
        """Scroll to the top or the end."""
        (self.scroll_end if last else self.scroll_home)(animate=False)

    @property
    def page_rows(self) -> int:
        """The height of the pane."""
        return max(self.size.height - 1, 1)


def _written(document: str | Report, width: int) -> str:
    return document if isinstance(document, str) else markdown.write(document, width - 2)
