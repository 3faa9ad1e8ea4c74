"""A pane with a chart: text with colours that a chart plugin drew, made again when the size changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rich.style import Style
from rich.text import Text
from textual import events
from textual.content import Content
from textual.widget import Widget

from screens.feed import in_thread
from screens.text import said
from workbench.errors import WorkbenchError
from workbench.text import clean

_COLOUR = re.compile(r"\x1b\[([0-9;]{0,40})m")
Drawing = Callable[[int, int], str]
"""(width, height) → the chart as text; called in a thread."""


def from_ansi(drawing: str, colours: Mapping[int, str] | None = None) -> Content:
    """Return a drawing as Content: its colours kept, every other control sequence made visible.

    `colours` puts others in the place of those of the 256 (number → colour, as Rich names it).
    """
    safe: list[str] = []
    for line in drawing.split("\n"):
        at = 0
        for found in _COLOUR.finditer(line):
            safe += [clean(line[at : found.start()]), found[0]]
            at = found.end()
        safe += [clean(line[at:]), "\n"]
    text = Text.from_ansi("".join(safe).rstrip("\n"), no_wrap=True, end="")
    if colours:
        text.spans = [span._replace(style=_recoloured(span.style, colours)) for span in text.spans]
    return Content.from_rich_text(text)


def _recoloured(style: str | Style, colours: Mapping[int, str]) -> str | Style:
    if isinstance(style, str) or style.color is None or style.color.number is None:
        return style
    other = colours.get(style.color.number)
    return style + Style(color=other) if other else style


class Plot(Widget, can_focus=False):
    """Shows one chart. `draw(drawing)` sets what is drawn; it is called again at every new size.

    `colours` puts the theme's in the place of the drawing's; it is asked at each drawing.
    """

    DEFAULT_CSS = """
    Plot { height: 1fr; width: 1fr; text-wrap: nowrap; }
    """

    def __init__(
        self,
        *,
        empty: str = "",
        colours: Callable[[], Mapping[int, str]] | None = None,
        id: str | None = None,  # noqa: A002  # Textual's word
    ) -> None:
        super().__init__(id=id)
        self._drawing: Drawing | None = None
        self._colours = colours
        self._shown = said(empty, "muted")
        self._drawn_for: tuple[object, ...] | None = None

    def draw(self, drawing: Drawing | None, *, empty: str = "") -> None:
        """Show another chart, or the words `empty`."""
        self._drawing = drawing
        if drawing is None:
            self._drawn_for = None
            self._shown = said(empty, "muted")
            self.refresh()
        else:
            self._again()

    def on_mount(self) -> None:
        """Draw again in the colours of another theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self._again())

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        del event
        self._again()

    def _again(self) -> None:
        drawing, (width, height) = self._drawing, self.size
        if drawing is None or width < 10 or height < 3:
            return
        colours = dict(self._colours()) if self._colours else {}
        wanted = (drawing, width, height, tuple(colours.items()))
        if wanted == self._drawn_for:
            return
        self._drawn_for = wanted

        def come(content: Content) -> None:
            # Else something else, or nothing, was asked for meanwhile.
            if self._drawn_for == wanted:
                self._shown = content
                self.refresh()

        def failed(error: WorkbenchError) -> None:
            come(said(str(error), "bad", cap=600))

        def drawn() -> Content:
            return from_ansi(drawing(width, height), colours)

        in_thread(self, drawn, come, group="plot", failed=failed)

    def render(self) -> Content:
        """What was drawn last."""
        return self._shown
