"""Two columns against each other: each row a point, and above some thousands how many lie where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import tally
from plugins.charts.groups import Groups, groups_of
from plugins.charts.plot import (
    Canvas,
    Curve,
    canvas,
    finish,
    fit,
    framed,
    heading,
    legend,
    paint,
    shade_of,
)
from plugins.charts.values import HIGH, LOW, Bins, measure, number, seen, types_of, within
from workbench.explore.axes import Axis, axis_of
from workbench.explore.columns import take
from workbench.explore.contract import MUTED, Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import polars as pl

SHADES = " ·░▒▓█"


class Scatter:
    """Rows as points, or their density. See `workbench.explore.contract.Chart`."""

    name = "scatter"
    title = "Scatter"
    help = "two columns against each other; many rows as shades"
    slots = (
        Slot("x", "the axis below", ("number", "moment")),
        Slot("y", "the axis on the left", ("number", "moment")),
    )
    groups = True
    zooms = ("x", "y")
    options = (
        Option("points", "int", 3000, "rows up to which each is a point", minimum=0, maximum=5000),
        Option("bins", "int", 160, "bins across, half as many upwards", minimum=8, maximum=240),
        LOW,
        HIGH,
        Option("floor", "str", "", "where the axis upwards begins"),
        Option("ceiling", "str", "", "where the axis upwards ends"),
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Find the points, or count them in bins of both columns."""
        chosen = settle(self.options, options, owner=self.name)
        (x_name,), (y_name,) = take(self, types_of(table), columns)
        x_facts, y_facts = measure(table, x_name, y_name)
        x = seen(x_facts.axis, chosen)
        y = seen(y_facts.axis, chosen, "floor", "ceiling")
        groups = groups_of(table, group)
        data: dict[str, Any] = {"kind": "none", "x": x, "y": y, "n": 0, **groups.data}
        notes: list[str] = [*groups.notes]
        if x is not None and y is not None:
            schema = table.collect_schema()
            across = within(number(x_name, schema[x_name]), x)
            upwards = within(number(y_name, schema[y_name]), y)
            n, r = _relation(table, across, upwards, (x, y))
            data |= {"n": n, "r": r}
            if n <= int(chosen["points"] or 0):
                data |= _points(table, across, upwards, groups)
            elif n:
                data |= _grid(table, across, upwards, (x, y), groups, int(chosen["bins"] or 160))
            notes += [f"r = {r:.3f}"] if r is not None else []
            left = x_facts.rows - n
            notes += [f"{left:,} left out"] if left else []
        return Figures(
            title=f"{y_name} against {x_name} ({data['n']:,} rows)",
            data=data,
            notes=tuple(notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw points in dots of an eighth of a cell, or shades of how many rows there are."""
        data = figures.data
        x, y = axis_of(data, "x"), axis_of(data, "y")
        lines = [heading(figures.title, figures.notes, width)]
        if x is None or y is None or not data["n"]:
            return finish([*lines, fit("No rows with both values.", width).rstrip()], height)
        grouped = any(data["labels"])
        if grouped and height > 5:
            lines.append(legend(data["labels"], data["sizes"], width, colour=colour))
        if data["kind"] == "points":
            inside = canvas(_curves(data), x, y, colour=colour)
        else:
            inside, most = _shades(data, colour=colour)
            if height > 8:
                lines.append(_scale(most, width, colour=colour))
        room = height - len(lines)
        lines += framed(inside, width, room, x=x, y=y, colour=colour, x_label=x.name)
        return finish(lines, height)


def _relation(
    table: pl.LazyFrame, x: pl.Expr, y: pl.Expr, axes: tuple[Axis, Axis]
) -> tuple[int, float | None]:
    """Return the rows with both values, and Pearson's correlation in them, None where it is not defined.

    From sums over the axes brought to -0.5 to 0.5, which stream; Polars' own correlation does not.
    """
    import polars as pl

    a, b = (
        (value - axis.low) / (axis.span or 1.0) - 0.5
        for value, axis in ((x, axes[0]), (y, axes[1]))
    )
    both = table.select(a.alias("a"), b.alias("b")).drop_nulls()
    one, other = pl.col("a"), pl.col("b")
    sums = [
        one.mean(),
        other.mean(),
        (one * one).mean(),
        (other * other).mean(),
        (one * other).mean(),
    ]
    wanted = [pl.len().alias("n"), *[value.alias(str(at)) for at, value in enumerate(sums)]]
    n, *means = both.select(wanted).collect(engine="streaming").row(0)
    if n < 2:
        return int(n), None
    ma, mb, aa, bb, ab = means
    spread = (aa - ma * ma) * (bb - mb * mb)
    if aa - ma * ma < 1e-12 or bb - mb * mb < 1e-12:
        return int(n), None  # a constant, or too little beside what lies far off
    return int(n), min(max((ab - ma * mb) / math.sqrt(spread), -1.0), 1.0)


def _points(table: pl.LazyFrame, x: pl.Expr, y: pl.Expr, groups: Groups) -> dict[str, Any]:
    rows = (
        table.select(groups.code.alias("code"), x.alias("x"), y.alias("y"))
        .drop_nulls()
        .collect(engine="streaming")
    )
    found = {name: rows[name].to_list() for name in ("code", "x", "y")}
    return {"kind": "points", "points": found}


def _curves(data: Mapping[str, Any]) -> list[Curve]:
    points, curves = data["points"], []
    for series in range(len(data["labels"])):
        at = [n for n, code in enumerate(points["code"]) if code == series]
        xs, ys = [points["x"][n] for n in at], [points["y"][n] for n in at]
        if at:
            curves.append(Curve(xs, ys, series, "points"))
    return curves


def _grid(
    table: pl.LazyFrame,
    x: pl.Expr,
    y: pl.Expr,
    axes: tuple[Axis, Axis],
    groups: Groups,
    bins: int,
) -> dict[str, Any]:
    """Count rows in bins; only bins with rows in them are kept: [across, upwards, series, rows]."""
    import numpy as np

    if groups.column:
        bins = min(bins, 100)  # there may be a count for each group
    across, upwards = Bins.over(axes[0], bins), Bins.over(axes[1], max(bins // 2, 4))
    counts = tally(
        table,
        (groups.code, groups.count),
        (upwards.code(y), upwards.count),
        (across.code(x), across.count),
    )
    series, row, column = np.nonzero(counts)
    cells = np.stack([column, row, series, counts[series, row, column]], axis=1)
    return {
        "kind": "grid",
        "across": across.count,
        "upwards": upwards.count,
        "cells": cells.tolist(),
    }


def _shades(data: Mapping[str, Any], *, colour: bool) -> tuple[Canvas, int]:
    """Return what draws the counts, and the most rows in a cell of an average drawing."""
    import numpy as np

    columns, rows, groups = data["across"], data["upwards"], len(data["labels"])
    counts = np.zeros((groups, rows, columns), np.int64)
    cells = np.array(data["cells"], np.int64).reshape(-1, 4)
    counts[cells[:, 2], cells[:, 1], cells[:, 0]] = cells[:, 3]

    def drawn(width: int, height: int) -> list[str]:
        shown = _resized(_resized(counts, height, 1), width, 2)
        total = shown.sum(axis=0)
        top = math.log1p(total.max()) or 1.0
        # Any row is seen: the faintest shade is for one.
        levels = np.ceil(np.log1p(total) / top * (len(SHADES) - 1)).astype(int)
        most = shown.argmax(axis=0)
        lines = []
        for row in reversed(range(height)):
            line, run, last = "", "", 0
            for column in range(width):
                series = int(most[row, column])
                if series != last and levels[row, column]:
                    line, run, last = line + paint(run, shade_of(last), colour=colour), "", series
                run += SHADES[levels[row, column]]
            lines.append(line + paint(run, shade_of(last), colour=colour))
        return lines

    return drawn, int(counts.sum(axis=0).max())


def _resized(counts: Any, size: int, axis: int) -> Any:
    """Return counts with an axis brought to `size` cells: the mean of neighbours, or cells repeated.

    Not their sum: where a cell now holds one bin and now two, it would make stripes.
    """
    import numpy as np

    have = counts.shape[axis]
    starts = np.arange(size) * have // size
    if have < size:
        return np.take(counts, starts, axis=axis)
    shape = [-1 if at == axis else 1 for at in range(counts.ndim)]
    held = np.diff(np.append(starts, have)).reshape(shape)
    return np.add.reduceat(counts, starts, axis=axis) / held


def _scale(most: int, width: int, *, colour: bool) -> str:
    text = f"rows: {SHADES[1]} few  " + "".join(SHADES[2:]) + f" many (up to {most:,} in one bin)"
    return paint(fit(text, width).rstrip(), MUTED, colour=colour)


CHART = Scatter()
