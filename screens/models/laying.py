"""Facts laid out for a width: a label's column, values that go on under themselves, figures in columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content

from screens.text import Styled, Tone, folded, said
from workbench.text import clean
from workbench.widths import fit

NARROWEST = 24
"""Cells that a text is laid out for at least."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands beside it: one text, or pieces in their own tones."""

    label: str
    value: str | Styled | Sequence[Styled]


def facts(items: Iterable[Fact], width: int, *, label: int = 12) -> Content:
    """Return the facts, one under the other, each value hanging behind its label."""
    return Content("\n").join([_fact(item, max(width, NARROWEST), label) for item in items])


def _fact(item: Fact, width: int, label: int) -> Content:
    pieces = [item.value] if isinstance(item.value, str | Styled) else list(item.value)
    room = max(width - label - 1, 10)
    rows: list[Content] = []
    for piece in pieces:
        words = piece if isinstance(piece, Styled) else Styled(piece)
        rows += wrapped(words.text, words.tone, room)
    head = fit(clean(item.label), label)
    return Content("\n").join(
        [
            Content.assemble((head if at == 0 else " " * label, "$text-muted"), " ", row)
            for at, row in enumerate(rows)
        ]
    )


def wrapped(text: object, tone: Tone, room: int) -> list[Content]:
    """Return the lines of a text in so many cells; an empty one is a dash."""
    return folded(text, tone, max(room, 10), cap=2000) or [said("–", tone)]


def hanging(text: object, tone: Tone, width: int, indent: int = 2) -> Content:
    """Return a text whose lines all stand `indent` cells from the left."""
    rows = wrapped(text, tone, max(width, NARROWEST) - indent)
    return Content("\n").join([Content.assemble(" " * indent, row) for row in rows])


def cut(text: str, room: int) -> str:
    """Return a name in exactly `room` cells, with an ellipsis where it is longer."""
    return fit(clean(text), room)
