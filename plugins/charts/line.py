"""How columns go along a line of time (or of numbers): summed up in bins, one curve for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from plugins.charts.groups import Groups, groups_of
from plugins.charts.plot import Curve, canvas, finish, fit, framed, heading, legend
from plugins.charts.values import HIGH, LOW, Bins, measure, number, seen, types_of, within
from workbench.errors import BadInput
from workbench.explore.axes import Axis, axis_of, moment
from workbench.explore.columns import take
from workbench.explore.contract import SERIES, Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import polars as pl

_DAY = 86400.0
UNITS: dict[str, tuple[str, float]] = {
    "second": ("1s", 1.0),
    "minute": ("1m", 60.0),
    "quarter-hour": ("15m", 900.0),
    "hour": ("1h", 3600.0),
    "6-hours": ("6h", 21600.0),
    "day": ("1d", _DAY),
    "week": ("1w", 7 * _DAY),
    "month": ("1mo", 30.44 * _DAY),
    "quarter": ("1q", 91.3 * _DAY),
    "year": ("1y", 365.25 * _DAY),
}
"""Calendar bins: what they are called, how Polars writes them, about how many seconds they are."""

MOST = 2000
"""Bins of a curve."""

_ENOUGH = 130
_SUMS = ("mean", "sum", "min", "max", "std", "count")


class Line:
    """Curves over time. See `workbench.explore.contract.Chart`."""

    name = "line"
    title = "Line"
    help = "how columns go along time, summed up in bins"
    slots = (
        Slot("time", "the axis below", ("moment", "number")),
        Slot("value", "what goes along it (none: how many rows)", ("number",), 0, 0),
    )
    groups = True
    zooms = ("x",)
    options = (
        Option("every", "choice", "auto", "length of a bin", choices=("auto", *UNITS)),
        Option("of", "choice", "mean", "of the values in a bin", choices=_SUMS),
        Option("bins", "int", 100, "bins of an axis that is no calendar", minimum=2, maximum=MOST),
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
        """Sum up the values in each bin: a pass for the range, one for the sums."""
        chosen = settle(self.options, options, owner=self.name)
        (time,), values = take(self, types_of(table), columns)
        if group and len(values) > 1:
            raise BadInput(
                "A line chart in groups is of one value",
                where=group,
                why=f"{len(values)} value columns were named",
                fix="Name one value column, or leave the group out",
                code="chart.group",
            )
        values = values[: len(SERIES)]
        (facts,) = measure(table, time)
        axis, groups = seen(facts.axis, chosen), groups_of(table, group)
        of = str(chosen["of"]) if values else "count"
        data: dict[str, Any] = {"x": axis, "at": [], "curves": [], "every": "", **groups.data}
        if axis is not None:
            data |= _along(table, axis, list(values), groups, chosen, of)
        if len(values) > 1:
            data["labels"] = list(values)
        what = f"{of} of {', '.join(values)}" if values else "rows"
        each = f" each {data['every']}" if data["every"] else ""
        return Figures(
            title=f"{what}{each} along {time} ({facts.rows:,} rows)",
            data=data,
            notes=(*groups.notes, *facts.notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a line for each curve; a bin without rows interrupts it."""
        data, x = figures.data, axis_of(figures.data, "x")
        lines = [heading(figures.title, figures.notes, width)]
        found = [y for curve in data["curves"] for y in curve if y is not None]
        if x is None or not found:
            return finish([*lines, fit("No values.", width).rstrip()], height)
        if any(data["labels"]) and height > 5:
            sizes = data["sizes"] if data["group"] else ()
            lines.append(legend(data["labels"], sizes, width, colour=colour))
        y = _y_axis(found)
        curves = [
            Curve(data["at"], curve, series, "points" if _sparse(curve) else "line")
            for series, curve in enumerate(data["curves"])
        ]
        ends = Axis(x.kind, min(x.low, data["at"][0]), max(x.high, data["at"][-1]), x.name)
        inside = canvas(curves, ends, y, colour=colour)
        room = height - len(lines)
        label = f"{x.name}, {_span(x)}" if x.kind in {"date", "datetime"} else x.name
        lines += framed(inside, width, room, x=ends, y=y, colour=colour, x_label=label)
        return finish(lines, height)


def _span(x: Axis) -> str:
    first, last = moment(x.low), moment(x.high)
    form = "%Y-%m-%d" if x.span > 2 * _DAY else "%Y-%m-%d %H:%M"
    return f"{first.strftime(form)} to {last.strftime(form)}"


def _sparse(curve: Sequence[float | None]) -> bool:
    """Tell whether no two values stand side by side: a line of them would not be seen."""
    return not any(a is not None and b is not None for a, b in pairwise(curve))


def _y_axis(found: Sequence[float]) -> Axis:
    low, high = min(found), max(found)
    pad = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    if low >= 0 and low < 0.35 * high:
        return Axis("number", 0.0, high + pad)  # a scale from nought, where that costs little
    return Axis("number", low - pad, high + pad)


def _along(
    table: pl.LazyFrame,
    axis: Axis,
    values: list[str],
    groups: Groups,
    chosen: Mapping[str, Value],
    of: str,
) -> dict[str, Any]:
    import polars as pl

    schema = table.collect_schema()
    place = number(axis.name, schema[axis.name])
    every = ""
    if axis.kind in {"date", "datetime"}:
        every = _unit(axis, str(chosen["every"]))
        at, key = _calendar(axis, every, within(place, axis))
    else:
        bins = Bins.over(axis, int(chosen["bins"] or 100))
        edges = bins.edges()
        at = [
            (edges[n] + edges[n + 1]) / 2 if bins.width != 1 else edges[n]
            for n in range(bins.count)
        ]
        key = bins.code(place)
    series = [number(name, schema[name]) for name in values]
    sums = [_sum(pl.col(f"v{n}"), of).alias(f"s{n}") for n in range(len(series))]
    rows = (
        table.select(
            key.alias("key"),
            groups.code.alias("code"),
            *[value.alias(f"v{n}") for n, value in enumerate(series)],
        )
        .drop_nulls(["key", "code"])
        .group_by("key", "code")
        .agg(pl.len().alias("rows"), *sums)
        .collect(engine="streaming")
    )
    fields = [f"s{n}" for n in range(len(values))] or ["rows"]
    empty = 0.0 if of in {"count", "sum"} else None
    return {"at": at, "every": every, **_curves(rows, len(at), groups.count, fields, empty)}


def _curves(
    rows: pl.DataFrame, places: int, groups: int, fields: list[str], empty: float | None
) -> dict[str, Any]:
    """Return a curve for each group and field over all places, and the rows behind each place."""
    found = {(row["key"], row["code"]): row for row in rows.iter_rows(named=True)}
    curves = [
        [_value(found.get((key, code)), field, empty) for key in range(places)]
        for code in range(groups)
        for field in fields
    ]
    counts = [
        sum(found[key, code]["rows"] for code in range(groups) if (key, code) in found)
        for key in range(places)
    ]
    return {"curves": curves, "rows_of": counts}


def _value(row: Mapping[str, Any] | None, field: str, empty: float | None) -> float | None:
    if row is None:
        return empty
    return None if row[field] is None else float(row[field])


def _sum(value: pl.Expr, of: str) -> pl.Expr:
    kinds = {
        "mean": value.mean(),
        "sum": value.sum(),
        "min": value.min(),
        "max": value.max(),
        "std": value.std(),
    }
    return kinds.get(of, value.count())


def _unit(axis: Axis, every: str) -> str:
    if every == "auto":
        fine = [unit for unit, (_, long) in UNITS.items() if axis.span / long <= _ENOUGH]
        if axis.kind == "date":
            fine = [unit for unit in fine if UNITS[unit][1] >= _DAY]
        return fine[0] if fine else "year"
    if axis.span / UNITS[every][1] > MOST:
        raise BadInput(
            f"There are too many bins of one {every}",
            where="every",
            why=f"the axis would have more than {MOST:,}",
            fix="Take longer bins, or a part of the axis by low and high",
            code="chart.bins",
        )
    return every


def _calendar(axis: Axis, every: str, place: pl.Expr) -> tuple[list[float], pl.Expr]:
    """Return where each bin of the calendar begins, and in which one a row lies (its number)."""
    import polars as pl

    written, long = UNITS[every]
    ends = pl.Series([axis.low, axis.high]).alias("x").to_frame()
    first, last = ends.select(_begin(pl.col("x"), written)).to_series().to_list()
    starts = pl.datetime_range(
        moment(first).replace(tzinfo=None),
        moment(last).replace(tzinfo=None),
        interval=written,
        eager=True,
    )
    at = (starts.dt.timestamp("us") / 1e6).to_list()
    if long <= 7 * _DAY:  # all of one length: plain arithmetic is several times faster
        return at, ((place - first) / long).floor().cast(pl.Int32)
    begin = _begin(place, written)
    return at, begin.replace_strict(at, list(range(len(at))), default=None, return_dtype=pl.Int32)


def _begin(seconds: pl.Expr, written: str) -> pl.Expr:
    import polars as pl

    micros = (seconds * 1e6).round().cast(pl.Int64)
    return micros.cast(pl.Datetime("us")).dt.truncate(written).dt.timestamp("us") / 1e6


CHART = Line()
