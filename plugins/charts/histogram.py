"""How often which values are there: bins of one width for what has an order, bars for the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import label_of, most_frequent, tally
from plugins.charts.groups import groups_of
from plugins.charts.listing import Row, listing
from plugins.charts.plot import (
    Canvas,
    finish,
    fit,
    framed,
    heading,
    legend,
    paint,
    shade_of,
    x_axis,
)
from plugins.charts.ticks import short
from plugins.charts.values import HIGH, LOW, Bins, measure, missing_note, number, seen, types_of
from workbench.explore.axes import Axis, axis_of, written
from workbench.explore.columns import fit_of, take
from workbench.explore.contract import MUTED, Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import polars as pl

BLOCKS = " ▁▂▃▄▅▆▇█"


class Histogram:
    """The distribution of one column. See `workbench.explore.contract.Chart`."""

    name = "histogram"
    title = "Histogram"
    help = "how often which values are there"
    slots = (Slot("column", "what is counted"),)
    groups = True
    zooms = ("x",)
    options = (
        Option("bins", "int", 40, "bins of a column with an order", minimum=2, maximum=500),
        Option("top", "int", 20, "values shown of a column without one", minimum=1, maximum=200),
        Option("log", "bool", False, "counts on a logarithmic axis"),
        LOW,
        HIGH,
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Count the column's values: one pass for its range, one for the counts."""
        chosen = settle(self.options, options, owner=self.name)
        types = types_of(table)
        ((name,),) = take(self, types, columns)
        if fit_of(types[name]) == "word":
            return _listed(table, name, chosen, group)
        return _binned(table, name, chosen, group)

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw the counts: the title's line, then bars."""
        data = figures.data
        lines = [heading(figures.title, figures.notes, width)]
        if not data["counts"]:
            lines.append(fit("No values.", width).rstrip())
        elif data["kind"] == "values":
            lines += _draw_values(data, width, height - 1, colour=colour)
        elif any(data["labels"]):
            lines += _draw_ridges(data, width, height - 1, colour=colour)
        else:
            lines += _draw_bins(data, width, height - 1, colour=colour)
        return finish(lines, height)


def _binned(table: pl.LazyFrame, name: str, chosen: Mapping[str, Value], group: str) -> Figures:
    (facts,) = measure(table, name)
    axis = seen(facts.axis, chosen)
    groups = groups_of(table, group)
    counts: list[list[int]] = []
    edges: list[float] = []
    outside = 0
    if axis is not None:
        bins = Bins.over(axis, int(chosen["bins"] or 40))
        code = bins.code(number(name, table.collect_schema()[name]))
        counts = tally(table, (groups.code, groups.count), (code, bins.count)).tolist()
        edges = bins.edges()
        outside = facts.rows - facts.missing - facts.odd - sum(map(sum, counts))
    notes = (*groups.notes, *facts.notes, *[f"{outside:,} outside"] * bool(outside))
    return Figures(
        title=f"{name} ({facts.rows:,} rows)",
        data={
            "kind": "bins",
            "x": axis,
            "edges": [_plain(axis, edge) for edge in edges] if axis else [],
            "counts": counts if group else counts[0] if counts else [],
            "log": chosen["log"],
            "missing": facts.missing,
            **groups.data,
        },
        notes=notes,
    )


def _plain(axis: Axis, value: float) -> float | str:
    return value if axis.kind in {"number", "whole", "duration"} else written(axis.kind, value)


def _listed(table: pl.LazyFrame, name: str, chosen: Mapping[str, Value], group: str) -> Figures:
    import polars as pl

    found = most_frequent(table, name, int(chosen["top"] or 20))
    groups = groups_of(table, group)
    counts: list[Any] = [rows for _, rows in found.values]
    if group and found.values:
        place = pl.lit(None, pl.Int32)
        for at, (value, _) in reversed(list(enumerate(found.values))):
            place = pl.when(pl.col(name) == value).then(pl.lit(at, pl.Int32)).otherwise(place)
        size = len(found.values)
        counts = tally(table, (groups.code, groups.count), (place, size)).tolist()
    missing = found.rows - found.filled
    about = "" if found.exact else "about "
    notes = [*missing_note(missing, found.rows)]
    if not found.exact:
        notes.append("counts of rare values may be too low")
    shown = sum(rows for _, rows in found.values)
    return Figures(
        title=f"{name} ({found.rows:,} rows, {about}{found.distinct:,} values)",
        data={
            "kind": "values",
            "values": [label_of(value) for value, _ in found.values],
            "counts": counts,
            "others": found.filled - shown,
            "other_values": max(found.distinct - len(found.values), 0),
            "log": chosen["log"],
            "missing": missing,
            **groups.data,
        },
        notes=(*groups.notes, *notes),
    )


def _draw_values(data: Mapping[str, Any], width: int, height: int, *, colour: bool) -> list[str]:
    grouped = any(data["labels"])
    if not grouped:
        rows = [
            Row(label, size(data, count), f"{count:,}")
            for label, count in zip(data["values"], data["counts"], strict=True)
        ]
        hidden = (data["other_values"], data["others"], list(data["counts"]))
        return listing(rows, width, height, colour=colour, hidden=hidden)
    lines = [legend(data["labels"], data["sizes"], width, colour=colour)]
    rows = []
    for at, label in enumerate(data["values"]):
        for series, counts in enumerate(data["counts"]):
            text = label if series == 0 else ""
            rows.append(Row(text, size(data, counts[at]), f"{counts[at]:,}", series))
    totals = [sum(counts[at] for counts in data["counts"]) for at in range(len(data["values"]))]
    hidden = (data["other_values"], data["others"], totals)
    each = len(data["counts"])
    return lines + listing(rows, width, height - 1, colour=colour, hidden=hidden, each=each)


def _draw_bins(data: Mapping[str, Any], width: int, height: int, *, colour: bool) -> list[str]:
    """Draw vertical bars, eight steps to a cell."""
    x = axis_of(data, "x")
    assert x is not None  # there are counts
    counts = data["counts"]
    if width < 20 or height < 5:
        labels = [short(x, x.low + x.span * at / len(counts)) for at in range(len(counts))]
        rows = [
            Row(label, size(data, count), f"{count:,}")
            for label, count in zip(labels, counts, strict=True)
        ]
        return listing(rows, width, height, colour=colour, hidden=(0, 0, counts))
    highest = max(counts)
    high = size(data, highest) or 1.0
    marks = None
    if data["log"]:
        powers = [10**power for power in range(len(str(highest)))]
        marks = [(size(data, mark), f"{mark:,}") for mark in [0, *powers]]
    y = Axis("whole", 0, high)
    inside = bars([size(data, count) for count in counts], high, colour=colour)
    edges = Axis(x.kind, x.low, _end(x, data), x.name)
    label = f"{x.name}, rows in each of {len(counts)} bins"
    return framed(inside, width, height, x=edges, y=y, colour=colour, x_label=label, y_ticks=marks)


def _end(x: Axis, data: Mapping[str, Any]) -> float:
    """Return where the last bin ends, which for whole numbers is behind the last value."""
    last = data["edges"][-1]
    return float(last) if isinstance(last, int | float) else x.high


def bars(sizes: Sequence[float], high: float, *, colour: bool, series: int = 0) -> Canvas:
    """Return what draws a bar for each size, all of them over the whole width."""

    def drawn(width: int, height: int) -> list[str]:
        levels = []
        for column in range(width):
            first = column * len(sizes) // width
            last = max((column + 1) * len(sizes) // width, first + 1)
            tallest = max(sizes[first:last])
            # What is there is seen, however small it is beside the rest.
            levels.append(max(round(tallest / high * height * 8), 1) if tallest > 0 else 0)
        lines = []
        for row in range(height):
            floor = (height - 1 - row) * 8
            text = "".join(BLOCKS[min(max(level - floor, 0), 8)] for level in levels)
            lines.append(paint(text, shade_of(series), colour=colour))
        return lines

    return drawn


def size(data: Mapping[str, Any], count: float) -> float:
    """How long the bar of a count is; a logarithm of one more, so that 0 stays 0."""
    return math.log10(count + 1) if data["log"] else float(count)


def _draw_ridges(data: Mapping[str, Any], width: int, height: int, *, colour: bool) -> list[str]:
    """Draw a histogram for each group, one under the other over one axis; each to its own height."""
    x = axis_of(data, "x")
    assert x is not None  # there are counts
    labels, amounts = data["labels"], [f"{count:,}" for count in map(sum, data["counts"])]
    right = max(map(len, amounts))
    left = min(max(len(fit(label, 40).rstrip()) for label in labels), max(width // 4, 4))
    room = width - left - right - 3
    axis_rows = 2 if height >= len(labels) + 2 else 0
    each = max((height - axis_rows) // len(labels), 1)
    lines: list[str] = []
    for n, (label, counts) in enumerate(zip(labels, data["counts"], strict=True)):
        high = max(max(size(data, count) for count in counts), 1e-9)
        sizes = [size(data, count) for count in counts]
        drawn = bars(sizes, high, colour=colour, series=n)(max(room, 4), each)
        for row, line in enumerate(drawn):
            last = row == each - 1
            text = fit(label, left) if last else " " * left
            edge = paint("│", MUTED, colour=colour)
            amount = amounts[n].rjust(right) if last else " " * right
            lines.append(f"{text} {edge}{line} {paint(amount, MUTED, colour=colour)}")
    if axis_rows:
        edges = Axis(x.kind, x.low, _end(x, data), x.name)
        lines += x_axis(edges, left + 1, max(room, 4), colour=colour)
    return lines if room >= 4 else [fit("Too narrow for groups.", width).rstrip()]


CHART = Histogram()
