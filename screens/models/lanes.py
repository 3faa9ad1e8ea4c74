"""A model's history drawn: a lane an environment, from its first promotion to now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.content import Content

from screens.models.laying import cut
from screens.models.listing import LIVE_GLYPH, PROMOTED_GLYPH
from screens.models.loading import Loaded
from screens.text import STYLES, Tone, said
from workbench.models.moments import When
from workbench.models.promotion import LIVE, Promotion

LABEL = 11
"""Cells of an environment's name."""
FEWEST = 12
"""Cells that a lane needs at least; where there are fewer nothing is drawn."""

Cells = list[tuple[str, Tone]]


def lanes(model: str, loaded: Loaded, width: int, now: datetime, when: When | None) -> Content:
    """Return the lanes over a line of time, with a mark at `when`; empty where it is too narrow.

    A thick line was served, a dotted one was promoted and not served; a version's number stands
    where it begins, if there is room for it.
    """
    room = width - LABEL - 1
    entries = loaded.history.get(model, ())
    if room < FEWEST or not entries:
        return Content("")
    axis = _Axis(min(entry.promoted_at for entry in entries), now, room)
    rows = [] if when is None else [_row("", _mark(axis, when))]
    for standing in loaded.ordered(loaded.standing.get(model, {})):
        own = [entry for entry in entries if entry.environment == standing.environment]
        rows.append(_row(standing.environment, _lane(axis, own[::-1])))
    rows.append(_row("", _scale(axis)))
    return Content("\n").join(rows)


class _Axis:
    """Moments on `room` cells, the first to the left, now to the right."""

    def __init__(self, first: datetime, now: datetime, room: int) -> None:
        self.first, self.room = first, room
        self.last = max(now, first + timedelta(seconds=1))

    def cell(self, moment: datetime) -> int:
        """The cell of a moment; what lies outside stands at the edge."""
        share = (moment - self.first) / (self.last - self.first)
        return min(max(int(share * (self.room - 1)), 0), self.room - 1)


def _row(name: str, cells: Cells) -> Content:
    parts = [said(cut(name, LABEL), "muted"), Content(" ")]
    return Content.assemble(*parts, *[Content.styled(sign, STYLES[tone]) for sign, tone in cells])


def _lane(axis: _Axis, entries: Sequence[Promotion]) -> Cells:
    cells: Cells = [(" ", "plain")] * axis.room
    for entry in entries:
        begin = axis.cell(entry.promoted_at)
        end = axis.cell(entry.until) if entry.until else axis.room - 1
        served = axis.cell(entry.serving_since) if entry.serving_since else axis.room
        for at in range(begin, end + 1):
            cells[at] = ("━", "good") if at >= served else ("╌", "warn")
        cells[begin] = ("┣", "good") if served <= end else ("┝", "warn")
        label = f"@{entry.number}"
        if end - begin > len(label) + 1:
            for at, sign in enumerate(label, begin + 1):
                cells[at] = (sign, "strong")
    last = entries[-1]
    now: tuple[str, Tone] = (
        (LIVE_GLYPH, "good") if last.status == LIVE else (PROMOTED_GLYPH, "warn")
    )
    cells[-1] = now
    return cells


def _mark(axis: _Axis, when: When) -> Cells:
    cells: Cells = [(" ", "plain")] * axis.room
    last = when.end - timedelta(microseconds=1) if when.whole_day else when.end
    for at in range(axis.cell(when.start), axis.cell(last) + 1):
        cells[at] = ("▼", "key")
    return cells


def _scale(axis: _Axis) -> Cells:
    short = axis.last - axis.first < timedelta(days=1) and axis.first.date() == axis.last.date()
    left = f"{axis.first:%H:%M}" if short else f"{axis.first:%Y-%m-%d}"
    right = "now"
    middle = "─" * max(axis.room - len(left) - len(right) - 2, 0)
    return [(sign, "muted") for sign in f"{left} {middle} {right}"[: axis.room]]
