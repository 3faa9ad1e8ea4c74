"""Facts about one thing: sections of label and value, scrolled by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

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


class Detail(Moves, VerticalScroll, can_focus=True):
    """Shows sections; `fill` replaces them and goes to the top when they are of another thing."""

    DEFAULT_CSS = """
    Detail { height: 1fr; width: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    Detail > Static { width: 100%; height: auto; }
    """

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:  # noqa: A002  # Textual's word
        self._static = Static(said(empty, "muted"), markup=False)
        super().__init__(self._static, id=id)
        self._subject = ""

    def fill(self, sections: Sequence[Section], *, subject: str = "") -> None:
        """Show `sections`; `subject` names the thing, so that scrolling stays while it is the same."""
        self._static.update(Content("\n\n").join([_section(section) for section in sections]))
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


def _section(section: Section) -> Content:
    lines: list[Content] = []
    if section.heading:
        lines.append(said(section.heading, "key"))
    label_width = min(max((len(label) for label, _ in section.facts), default=0), 24)
    for label, value in section.facts:
        name = clean(label, 24).ljust(max(label_width, LABEL if len(section.facts) > 1 else 0))
        text = clean(value.text, lines=True) if isinstance(value, Styled) else plain(value)
        lines.append(Content.assemble((name + "  ", "$text-muted"), (text, STYLES[tone(value)])))
    if section.text:
        whole = section.text
        lines.append(whole if isinstance(whole, Content) else Content(clean(whole, lines=True)))
    lines += [said(note.text, note.tone, cap=600) for note in section.notes]
    return Content("\n").join(lines)
