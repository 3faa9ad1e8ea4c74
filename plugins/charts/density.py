"""Where the values of a column lie close together: a smooth curve, one for each group.

A Gaussian kernel over counts in fine bins, with Scott's bandwidth n^(-1/5) s (Scott 1992), so that a
table of any length costs one pass; the bins are at most a quarter of the bandwidth wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import tally
from plugins.charts.groups import Groups, groups_of
from plugins.charts.plot import Curve, canvas, finish, fit, framed, heading, legend
from plugins.charts.values import HIGH, LOW, Bins, measure, number, seen, types_of
from workbench.explore.axes import Axis, axis_of
from workbench.explore.columns import take
from workbench.explore.contract import Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

POINTS = 240
"""Places at which a curve is given."""

_FINEST = 1 << 16
_REACH = 4.0  # bandwidths beyond which a kernel is nothing


class Density:
    """The density of a column. See `workbench.explore.contract.Chart`."""

    name = "density"
    title = "Density"
    help = "where values lie close together, as a smooth curve"
    slots = (Slot("column", "numbers or moments", ("number", "moment")),)
    groups = True
    zooms = ("x",)
    options = (
        Option("smooth", "float", 1.0, "times Scott's bandwidth", minimum=0.05, maximum=20.0),
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
        """Estimate the density: passes for the range, the spread, and the counts."""
        chosen = settle(self.options, options, owner=self.name)
        ((name,),) = take(self, types_of(table), columns)
        (facts,) = measure(table, name)
        axis, groups = seen(facts.axis, chosen), groups_of(table, group)
        value = number(name, table.collect_schema()[name])
        curves: list[dict[str, Any]] = []
        if axis is not None:
            smooth = float(chosen["smooth"] or 1.0)
            curves = _curves(table, value, axis, groups, smooth)
        flat = sum(not curve["y"] for curve in curves)
        flat_note = [f"no curve for {flat} without spread"] if flat and group else []
        return Figures(
            title=f"{name} ({facts.rows:,} rows)",
            data={"x": axis, "curves": curves, **groups.data},
            notes=(*groups.notes, *facts.notes, *flat_note),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a line for each group over one axis."""
        data, x = figures.data, axis_of(figures.data, "x")
        lines = [heading(figures.title, figures.notes, width)]
        curves = [curve for curve in data["curves"] if curve["y"]]
        if x is None or not curves:
            words = "No values." if x is None else "Every value is the same: there is no density."
            return finish([*lines, fit(words, width).rstrip()], height)
        if any(data["labels"]) and height > 5:
            lines.append(legend(data["labels"], data["sizes"], width, colour=colour))
        at = [x.low + x.span * n / (POINTS - 1) for n in range(POINTS)]
        y = Axis("number", 0.0, max(max(curve["y"]) for curve in curves) or 1.0)
        inside = canvas(
            [Curve(at, curve["y"], curve["series"]) for curve in curves], x, y, colour=colour
        )
        label = f"{x.name}, density"
        return finish(
            lines
            + framed(inside, width, height - len(lines), x=x, y=y, colour=colour, x_label=label),
            height,
        )


def _curves(
    table: pl.LazyFrame, value: pl.Expr, axis: Axis, groups: Groups, smooth: float
) -> list[dict[str, Any]]:
    import polars as pl

    centred = (value - axis.low).alias("value")  # moments are large numbers close together
    spread = (
        table.select(groups.code.alias("code"), centred)
        .drop_nulls()
        .group_by("code")
        .agg(pl.len().alias("n"), pl.col("value").std().alias("s"))
        .collect(engine="streaming")
    )
    facts = {row["code"]: row for row in spread.iter_rows(named=True)}
    widths = []
    for code in range(groups.count):
        found = facts.get(code)
        usable = found is not None and found["s"]
        widths.append(smooth * found["s"] * found["n"] ** -0.2 if found and usable else 0.0)
    there = [width for width in widths if width > 0]
    if not there:
        return [{"series": n, "bandwidth": 0.0, "y": []} for n in range(groups.count)]
    reach = _REACH * max(there)
    wide = Axis("number", axis.low - reach, axis.high + reach, axis.name)
    count = int(min(max(512, wide.span / (min(there) / 4)), _FINEST))
    bins = Bins.over(wide, count)
    counts = tally(table, (groups.code, groups.count), (bins.code(value), bins.count))
    return [
        {
            "series": n,
            "bandwidth": width,
            "y": _smooth(counts[n], bins, axis, width, facts[n]["n"]) if width else [],
        }
        for n, width in enumerate(widths)
    ]


def _smooth(counts: Numbers, bins: Bins, axis: Axis, width: float, n: int) -> list[float]:
    """Return the density at POINTS places of the axis, from counts in fine bins."""
    import numpy as np

    width = max(width, bins.width)  # a bin is the least that can be told apart
    half = min(int(_REACH * width / bins.width) + 1, bins.count)
    steps = np.arange(-half, half + 1) * bins.width / width
    kernel = np.exp(-0.5 * steps**2) / (np.sqrt(2 * np.pi) * width * n)
    # Through the frequencies: a kernel may be as long as the axis.
    size = len(counts) + len(kernel) - 1
    dense = np.fft.irfft(np.fft.rfft(counts, size) * np.fft.rfft(kernel, size), size)
    dense = np.clip(dense[half : half + len(counts)], 0.0, None)
    centres = bins.axis.low + (np.arange(bins.count) + 0.5) * bins.width
    places = np.linspace(axis.low, axis.high, POINTS)
    return [float(y) for y in np.interp(places, centres, dense)]


CHART = Density()
