"""Facts about one thing: sections of label and value, scrolled by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from screens.text import STYLES, Styled, said
from screens.widgets.moves import Moves
from screens.widgets.source import Cell, plain, tone
from workbench.text import clean

LABEL = 14
"""Cells of the label's column."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (may be empty) over facts and a text (lines as they are)."""

    heading: str = ""
    facts: Sequence[tuple[str, Cell]] = ()
    text: str | Content = ""
    notes: Sequence[Styled] = field(default=())


class _Lines(Widget):
    """Sections laid out for the width that is there: a value that wraps stays in its column."""

    DEFAULT_CSS = "_Lines { width: 100%; height: auto; }"

    def __init__(self, empty: str) -> None:
        super().__init__()
        self._sections: Sequence[Section] = ()
        self._empty = said(empty, "muted")
        self._laid: tuple[int, list[Content]] = (-1, [])

    def fill(self, sections: Sequence[Section]) -> None:
        """Show these."""
        self._sections, self._laid = sections, (-1, [])
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """Return the lines at this width."""
        if self._laid[0] != width:
            self._laid = (width, self._lay(max(width, 1)))
        return self._laid[1]

    def _lay(self, width: int) -> list[Content]:
        if not self._sections:
            return self._empty.wrap(width)
        found: list[Content] = []
        for section in self._sections:
            found += [Content(""), *_section(section, width)] if found else _section(section, width)
        return found

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        del container, viewport
        return len(self.lines(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self.lines(self.size.width))


class Detail(Moves, VerticalScroll, can_focus=True):
    """Shows sections; `fill` replaces them and goes to the top when they are of another thing."""

    DEFAULT_CSS = """
    Detail { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002  # Textual's word
        self._lines = _Lines(empty)
        super().__init__(self._lines, id=id)
        self._subject = ""

    def fill(self, sections: Sequence[Section], *, subject: str = "") -> None:
        """Show `sections`; `subject` names the thing, so that scrolling stays while it is the same."""
        self._lines.fill(sections)
        if subject != self._subject:
            self._subject = subject
            self.scroll_home(animate=False)

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


def _section(section: Section, width: int) -> list[Content]:
    lines: list[Content] = []
    if section.heading:
        lines += said(section.heading, "key").wrap(width)
    for label, value in _facts(section):
        text = clean(value.text, lines=True) if isinstance(value, Styled) else plain(value)
        styled = Content.styled(text, STYLES[tone(value)])
        name = label + "  "
        wrapped = styled.wrap(max(width - len(name), 8))
        for at, line in enumerate(wrapped or [Content("")]):
            left = Content.styled(name if at == 0 else " " * len(name), "$text-muted")
            lines.append(Content.assemble(left, line))
    if section.text:
        whole = section.text
        words = whole if isinstance(whole, Content) else Content(clean(whole, lines=True))
        lines += words.wrap(width)
    for note in section.notes:
        lines += said(note.text, note.tone, cap=600).wrap(width)
    return lines


def _facts(section: Section) -> list[tuple[str, Cell]]:
    """Return the facts, their labels cleaned and of one width."""
    wide = min(max((len(label) for label, _ in section.facts), default=0), 24)
    wide = max(wide, LABEL if len(section.facts) > 1 else 0)
    return [(clean(label, 24).ljust(wide), value) for label, value in section.facts]
