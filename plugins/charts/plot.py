"""plotext behind one lock, and the frame around what it draws: axes, legend, labels.

plotext has a single figure for the whole process and counts every character as one cell wide; so it is
given numbers alone and draws the canvas. Everything with words in it is made here, cleaned and measured.
"""

from __future__ import annotations

import math
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from plugins.charts.ticks import Tick, ticks
from workbench.explore.axes import Axis
from workbench.explore.contract import MUTED, SERIES
from workbench.text import ELLIPSIS, clean

_LOCK = threading.Lock()
MARKS = "●×◆+○▪"
"""The sign of each series: in the legend always, in the drawing where there are no colours."""

Canvas = Callable[[int, int], list[str]]
"""(width, height) → lines of exactly that many cells, with colours in them."""


@contextmanager
def figure(width: int, height: int) -> Iterator[Any]:
    """Give an empty plotext figure of this size, a bare canvas, to one thread at a time."""
    import plotext  # 60 ms

    with _LOCK:
        plotext.terminal.limit(False, False)
        drawing = plotext.figure
        drawing.clear()
        drawing.plot_size(width, height)
        drawing.theme("colorless")
        drawing.axes(False)
        for axis in "xy":
            drawing.ruler(axis).ticks([], [])
        try:
            yield drawing
        finally:
            drawing.clear()


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one series, joined to a line or not; None in `y` interrupts it."""

    x: Sequence[float]
    y: Sequence[float | None]
    series: int = 0
    style: Literal["line", "points"] = "line"


def canvas(curves: Sequence[Curve], x: Axis, y: Axis, *, colour: bool) -> Canvas:
    """Return what draws these curves inside two axes."""

    def drawn(width: int, height: int) -> list[str]:
        import plotext

        with figure(width, height) as drawing:
            drawing.ruler("x").lim(x.low, x.high if x.span else x.low + 1)
            drawing.ruler("y").lim(y.low, y.high if y.span else y.low + 1)
            for curve in curves:
                sign = "braille" if colour or len(curves) == 1 else MARKS[curve.series % len(MARKS)]
                marker = plotext.marker(sign)
                if colour:
                    shade = SERIES[curve.series % len(SERIES)]
                    marker = plotext.marker(sign, pixel=plotext.pixel(foreground=shade))
                for xs, ys in _unbroken(curve):
                    signal = drawing.signal(xs, ys, marker=marker)
                    drawing.draw(signal.lines(curve.style == "line"))
            text: str = drawing.build().string(colorless=not colour)
        lines = text.rstrip("\n").split("\n")[:height]
        return lines + [" " * width] * (height - len(lines))

    return drawn


def _unbroken(curve: Curve) -> Iterator[tuple[list[float], list[float]]]:
    xs: list[float] = []
    ys: list[float] = []
    for x, y in zip(curve.x, curve.y, strict=True):
        if y is not None:
            xs.append(x)
            ys.append(y)
        elif xs:
            yield xs, ys
            xs, ys = [], []
    if xs:
        yield xs, ys


def framed(
    inside: Canvas,
    width: int,
    height: int,
    *,
    x: Axis,
    y: Axis,
    colour: bool,
    x_label: str = "",
    y_ticks: Sequence[Tick] | None = None,
) -> list[str]:
    """Return a canvas between its axes: exactly `height` lines of at most `width` cells."""
    label = bool(x_label) and height >= 9
    rows = height - 2 - label
    marks = list(ticks(y, max(rows // 3, 2)) if y_ticks is None else y_ticks)
    left = max((cells(text) for _, text in marks), default=0)
    room = width - left - 1
    if rows < 3 or room < 12:
        return inside(width, height)
    at_rows = {place(value, y, rows, down=True): text for value, text in marks}
    lines = []
    for row, line in enumerate(inside(room, rows)):
        text = at_rows.get(row, "")
        lines.append(paint(text.rjust(left) + ("┤" if text else "│"), MUTED, colour=colour) + line)
    lines += x_axis(x, left, room, colour=colour)
    if label:
        text = fit(x_label, min(cells(clean(x_label)), room))
        pad = left + 1 + (room - cells(text)) // 2
        lines.append(" " * pad + paint(text, MUTED, colour=colour))
    return lines


def x_axis(
    x: Axis, left: int, room: int, *, colour: bool, corner: str = "└", unit: str = ""
) -> list[str]:
    """Return the line of an axis and the line of its labels, after `left` cells."""
    rule, labels, end = ["─"] * room, [" "] * (left + 1 + room), 0
    for value, label in ticks(x, max(room // (9 if x.kind in {"date", "datetime"} else 11), 2)):
        column, text = place(value, x, room), label + unit
        start = min(max(left + 1 + column - len(text) // 2, 0), left + 1 + room - len(text))
        if start < end or start < 0:
            continue
        rule[column] = "┬"
        labels[start : start + len(text)] = text
        end = start + len(text) + 1
    lines = (" " * left + corner + "".join(rule), "".join(labels).rstrip())
    return [paint(line, MUTED, colour=colour) for line in lines]


def place(value: float, axis: Axis, room: int, *, down: bool = False) -> int:
    """Return in which of `room` cells a value of an axis lies; `down` counts from the high end."""
    share = (value - axis.low) / axis.span if axis.span else 0.5
    if math.isnan(share):  # a span beyond what a float holds
        share = 0.5
    at = round((1 - share if down else share) * (room - 1))
    return min(max(at, 0), room - 1)


def paint(text: str, shade: int, *, colour: bool) -> str:
    """Return a text in a colour of the 256."""
    return f"\x1b[38;5;{shade}m{text}\x1b[0m" if colour and text.strip() else text


def shade_of(series: int) -> int:
    """Return the colour of a series."""
    return SERIES[series % len(SERIES)]


def heading(title: str, notes: Sequence[str], width: int) -> str:
    """Return the first line of a drawing."""
    return fit(" · ".join((title, *notes)), width).rstrip()


def legend(labels: Sequence[str], sizes: Sequence[int], width: int, *, colour: bool) -> str:
    """Return one line with the sign, the label and (where given) the rows of each series.

    Long labels are cut; the rows go first where there is no room.
    """
    amounts = [f" {size:,}" for size in sizes] or [""] * len(labels)
    gap, space = "  ", " "
    room = width - sum(len(amount) + 4 for amount in amounts)
    if room < 4 * len(labels):
        amounts, room = [""] * len(labels), width - 4 * len(labels)
    if room < 4 * len(labels):
        gap, space, room = " ", "", width - 2 * len(labels)
    share = max(room // max(len(labels), 1), 1)
    wanted = [cells(clean(label, 200)) for label in labels]
    spare = sum(max(share - size, 0) for size in wanted)
    long = sum(size > share for size in wanted)
    share += spare // long if long else 0
    parts, used = [], 0
    for n, (label, amount) in enumerate(zip(labels, amounts, strict=True)):
        text = space + fit(label, min(wanted[n], share)) + amount
        used += cells(text) + 1 + len(gap)
        if used > width + len(gap):
            break
        parts.append(paint(MARKS[n % len(MARKS)], shade_of(n), colour=colour) + text)
    return gap.join(parts)


def finish(lines: Sequence[str], height: int) -> str:
    """Return exactly `height` lines."""
    kept = list(lines[:height])
    return "\n".join(kept + [""] * (height - len(kept)))


def cells(text: str) -> int:
    """Return how many cells of a terminal a cleaned text takes."""
    return sum(_cells(sign) for sign in text)


def _cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def fit(value: object, width: int) -> str:
    """Return a value as cleaned text of exactly `width` cells, cut with an ellipsis or padded."""
    text = clean(value, max(width, 1) * 4)
    if cells(text) > width:
        kept, used = "", 0
        for sign in text:
            if used + _cells(sign) > width - 1:
                break
            kept, used = kept + sign, used + _cells(sign)
        text = kept + ELLIPSIS if width else ""
    return text + " " * (width - cells(text))
