"""Rows of words with a bar each: label, bar, amount. plotext would take a wide sign for one cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from plugins.charts.counting import others as others_of
from plugins.charts.plot import MARKS, cells, fit, paint, shade_of
from workbench.explore.contract import MUTED
from workbench.text import clean

BAR, PART = "█", " ▏▎▍▌▋▊▉"


class Row(NamedTuple):
    """A bar: its label, length (of the longest one's), the amount in words, and the series."""

    label: str
    size: float
    amount: str
    series: int = 0


def bar(share: float, room: int) -> str:
    """Return a bar over a share of `room` cells, eight steps to a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * room * 8)
    return BAR * (eighths // 8) + PART[eighths % 8].strip()


def listing(
    rows: Sequence[Row],
    width: int,
    height: int,
    *,
    colour: bool,
    hidden: tuple[int, int, Sequence[int]] = (0, 0, ()),
    each: int = 1,
) -> list[str]:
    """Draw a line a row; what there is no line for is counted in a last line without a bar.

    `hidden` is how many values are not among the rows, how many table rows they have, and the table
    rows behind every value that is; `each` rows belong to one value.
    """
    values, others, totals = hidden
    kept = len(rows)
    if len(rows) + bool(values) > height:
        kept = max((height - 1) // each, 0) * each or max(height - 1, 0)
    cut = -(-(len(rows) - kept) // each)
    values += cut
    others += sum(totals[len(totals) - cut :]) if cut else 0
    shown = rows[:kept]
    amounts = [row.amount for row in shown] + ([f"{others:,}"] if others else [])
    right = max((cells(amount) for amount in amounts), default=0)
    several = each > 1
    labels = [clean(row.label, 200) for row in shown]
    left = min(max(map(cells, labels), default=0), width // 3)
    room = max(width - left - right - 2 - 2 * several, 1)
    longest = max((abs(row.size) for row in shown), default=0.0) or 1.0
    lines = []
    for label, row in zip(labels, shown, strict=True):
        drawn = bar(abs(row.size) / longest, room)
        if not drawn and row.size:
            drawn = PART[1]
        sign = f"{MARKS[row.series % len(MARKS)]} " if several else ""
        shade = shade_of(row.series)
        line = fit(label, left) + " " + paint(sign + drawn, shade, colour=colour)
        line += " " * (room - len(drawn) + 1)
        lines.append(
            line + row.amount.rjust(right)
            if left + right + 3 + 2 * several < width
            else fit(label, width)
        )
    if values:
        text = others_of(values)
        end = f" {others:,}".rjust(right + 1) if others else ""
        line = fit(text, width - len(end)) + end if len(end) < width else fit(text, width)
        lines.append(paint(line, MUTED, colour=colour))
    return lines[:height]
