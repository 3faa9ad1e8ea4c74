"""How a target's parts are drawn: a line each, with a figure and its interval on a common axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plugins.charts.listing import bar
from plugins.charts.plot import MARKS, cells, fit, paint, place, shade_of, x_axis
from workbench.explore.axes import Axis
from workbench.explore.contract import MUTED
from workbench.text import clean

FEW = 10
"""Rows from which a part has its interval whole on the axis."""


def figure_of(value: float | None, *, rate: bool) -> str:
    """Write a rate or a mean."""
    if value is None:
        return "–"
    return f"{value:.1%}" if rate else f"{value:,.4g}"


def draw_parts(
    data: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    width: int,
    height: int,
    *,
    colour: bool,
) -> list[str]:
    """Draw a line a part: label, rows, and the figure with its interval on a common axis."""
    rate, overall = data["rate"], data["overall"]["mean"]
    labels = [clean(part["label"], 200) for part in parts]
    left = min(max(map(cells, labels)), max(width // 3, 5))
    counts = [f"{part['n']:,}" for part in parts]
    words = [figure_of(part["mean"], rate=rate) for part in parts]
    wide, right = max(map(len, counts)), max(map(len, words))
    columns = 8 if width > 60 else 0
    room = width - left - wide - right - columns - 5
    if room < 8:  # without the rows' column, then
        counts, room, wide = [""] * len(parts), room + wide + 1, -1
    if room < 8:
        lines = [fit(f"{a} {b}", width) for a, b in zip(labels, words, strict=True)]
        return lines[:height]
    every = [one for part in parts for one in part.get("groups", [part]) if one["n"]]
    # A part of a few rows is uncertain by the whole axis: it may leave it, and a sign says so.
    shown = [one for one in every if one["n"] >= FEW] or every
    low, high = min(one["low"] for one in shown), max(one["high"] for one in shown)
    axis = Axis("number", low * 100 if rate else low, high * 100 if rate else high)
    scale = 100.0 if rate else 1.0
    most = max(part["n"] for part in parts)
    lines = []
    for at, part in enumerate(parts[: max(height - 2, 1)]):
        body = [" "] * room
        body[place(overall * scale, axis, room)] = "┊"
        series = part.get("groups", [part])
        drawn = _marks(body, series, axis, scale, room, colour=colour)
        count = counts[at].rjust(max(wide, 0))
        size = bar(part["n"] / most, columns).ljust(columns) if columns else ""
        rows = paint(f"{count} {size} ", MUTED, colour=colour) if wide >= 0 else ""
        lines.append(f"{fit(labels[at], left)} {rows}{drawn} {words[at].rjust(right)}")
    if len(parts) > len(lines):
        lines[-1] = fit(f"{len(parts) - len(lines) + 1} more parts", width).rstrip()
    return lines + x_axis(
        axis, left + wide + columns + 2, room, colour=colour, corner="╶", unit="%" if rate else ""
    )


def _marks(
    body: list[str],
    series: Sequence[Mapping[str, Any]],
    axis: Axis,
    scale: float,
    room: int,
    *,
    colour: bool,
) -> str:
    """Return a line with an interval and a sign for each series, each in its colour."""
    shades = [MUTED] * room
    alone = len(series) == 1
    for at, one in enumerate(series):
        if not one["n"]:
            continue
        if alone:
            first, last = (place(one[end] * scale, axis, room) for end in ("low", "high"))
            for column in range(first, last + 1):
                body[column], shades[column] = "─", shade_of(at)
            body[first] = "├" if one["low"] * scale >= axis.low else "‹"
            body[last] = "┤" if one["high"] * scale <= axis.high else "›"
        column = place(one["mean"] * scale, axis, room)
        inside = axis.low <= one["mean"] * scale <= axis.high
        sign = MARKS[at % len(MARKS)] if inside else "›" if column else "‹"
        body[column], shades[column] = sign, shade_of(at)
    text, run = "", ""
    for column, sign in enumerate(body):
        if column and shades[column] != shades[column - 1]:
            text, run = text + paint(run, shades[column - 1], colour=colour), ""
        run += sign
    return text + paint(run, shades[-1], colour=colour)
