"""How often which values are there: bins of one width for what has an order, bars for the rest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugins.charts.plot import cells, figure, fit, lines_of
from workbench.data.batches import read_batches
from workbench.data.bins import Bins, is_ordered, plain
from workbench.errors import BadInput
from workbench.explore.contract import Figures
from workbench.options import Option, Value, settle
from workbench.text import clean

if TYPE_CHECKING:
    import polars as pl

_BAR, _PART = "█", " ▏▎▍▌▋▊▉"
_TICKS = 5


class Histogram:
    """The distribution of one column. See `workbench.explore.contract.Chart`."""

    name = "histogram"
    title = "Histogram"
    options = (
        Option("bins", "int", 40, "bins of a column with an order", minimum=2, maximum=500),
        Option("top", "int", 20, "values shown of a column without one", minimum=1, maximum=200),
        Option("log", "bool", False, "counts on a logarithmic axis"),
    )

    def compute(
        self, table: pl.LazyFrame, columns: tuple[str, ...], options: Mapping[str, Value]
    ) -> Figures:
        """Count the column's values; two passes, a batch in memory at a time."""
        chosen = settle(self.options, options, owner="histogram")
        schema = table.collect_schema()
        if len(columns) != 1 or columns[0] not in schema:
            raise _no_column(columns, list(schema))
        name = columns[0]
        if is_ordered(schema[name]):
            return _binned(table, name, schema[name], chosen)
        if schema[name].is_nested():
            raise BadInput(
                f"The column {name} has no histogram",
                where=name,
                why=f"its values are {schema[name]}",
                fix="Choose a column of numbers, words or moments",
                code="chart.type",
            )
        return _listed(table, name, chosen)

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw the counts: the title's line, then bars."""
        data = figures.data
        heading = " · ".join((figures.title, *figures.notes))
        lines = [fit(heading, width).rstrip()]
        room = height - 1
        if not data["counts"]:
            lines.append(fit("No values.", width).rstrip())
        elif data["kind"] == "bins":
            lines += _draw_bins(data, width, room, colour=colour)
        else:
            lines += _draw_bars(data, width, room)
        lines = lines[:height]
        return "\n".join(lines + [""] * (height - len(lines)))


def _no_column(columns: Sequence[str], known: Sequence[str]) -> BadInput:
    one = len(columns) == 1
    return BadInput(
        f"There is no column {columns[0]}" if one else "A histogram is of one column",
        where=", ".join(columns),
        why="the columns are " + ", ".join(known[:20]) if one else f"{len(columns)} were named",
        fix="Name one of them",
        code="chart.column",
    )


def _binned(
    table: pl.LazyFrame, name: str, dtype: pl.DataType, chosen: Mapping[str, Value]
) -> Figures:
    import polars as pl

    column = pl.col(name)
    finite = pl.when(column.is_finite()).then(column) if dtype.is_float() else column
    row = (
        table.select(
            pl.len().alias("rows"),
            column.null_count().alias("nulls"),
            finite.count().alias("finite"),
            finite.min().alias("low"),
            finite.max().alias("high"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    bins = Bins.over(dtype, row["low"], row["high"], int(chosen["bins"] or 40))
    if bins is not None:
        for batch in read_batches(table.select(column)):
            bins.feed(batch.to_series())
    not_finite = row["rows"] - row["nulls"] - row["finite"]
    return Figures(
        title=f"{name} ({row['rows']:,} rows)",
        data={
            "kind": "bins",
            "edges": list(bins.edges()) if bins else [],
            "counts": list(bins.result()) if bins else [],
            "log": chosen["log"],
            "missing": row["nulls"],
        },
        notes=_notes(row["nulls"], row["rows"], not_finite),
    )


def _listed(table: pl.LazyFrame, name: str, chosen: Mapping[str, Value]) -> Figures:
    import polars as pl

    column = pl.col(name).alias("value")
    counts = table.select(column).group_by("value").len().collect(engine="streaming")
    rows = int(counts["len"].sum())
    nulls = int(counts.filter(pl.col("value").is_null())["len"].sum())
    counts = counts.drop_nulls("value").sort("len", "value", descending=[True, False])
    top = counts.head(int(chosen["top"] or 20))
    return Figures(
        title=f"{name} ({rows:,} rows, {counts.height:,} values)",
        data={
            "kind": "values",
            # A bar needs a label, not the whole of a cell.
            "labels": [str(plain(value))[:200] for value in top["value"]],
            "counts": top["len"].to_list(),
            "others": int(counts["len"].sum()) - int(top["len"].sum()),
            "other_values": counts.height - top.height,
            "log": chosen["log"],
            "missing": nulls,
        },
        notes=_notes(nulls, rows, 0),
    )


def _notes(nulls: int, rows: int, not_finite: int) -> tuple[str, ...]:
    notes = [f"{nulls:,} missing ({nulls / rows:.1%})"] if nulls else []
    if not_finite:
        notes.append(f"{not_finite:,} NaN or infinite")
    return tuple(notes)


def _draw_bins(data: Mapping[str, Any], width: int, height: int, *, colour: bool) -> list[str]:
    """Draw vertical bars with plotext: bin edges and counts are all the text there is."""
    edges, counts = data["edges"], data["counts"]
    if width < 20 or height < 5:
        return _draw_bars({**data, "labels": [_short(edge) for edge in edges[:-1]]}, width, height)
    step = max(1, (len(edges) - 1) // _TICKS)
    highest = max(counts)
    marks = sorted({round(highest * part / 4) for part in range(5)})
    if data["log"]:
        marks = [0] + [10**power for power in range(len(str(highest)))]
    with figure(width, height, colour=colour) as drawing:
        places = [place + 0.5 for place in range(len(counts))]
        drawing.draw(drawing.bar(places, [_size(data, count) for count in counts], width=1))
        drawing.ruler("x").ticks(
            [float(at) for at in range(0, len(edges), step)],
            [_short(edge) for edge in edges[::step]],
        )
        drawing.ruler("y").ticks([_size(data, m) for m in marks], [f"{m:,}" for m in marks])
        return lines_of(drawing, height, colour=colour)


def _size(data: Mapping[str, Any], count: int) -> float:
    """How long the bar of a count is; a logarithm of one more, so that 0 stays 0."""
    return math.log10(count + 1) if data["log"] else float(count)


def _short(edge: Any) -> str:
    if isinstance(edge, str):
        return edge[:16].replace("T", " ").removesuffix(" 00:00")
    return f"{edge:.4g}"


def _draw_bars(data: Mapping[str, Any], width: int, height: int) -> list[str]:
    """Draw a line a value: label, bar, count. Not by plotext, which takes a wide sign for one cell.

    What there is no line for is counted in a last line without a bar.
    """
    rows = list(zip(data["labels"], data["counts"], strict=True))
    hidden = rows[height - 1 :] if len(rows) + bool(data.get("other_values")) > height else []
    rows = rows[: len(rows) - len(hidden)]
    others = data.get("others", 0) + sum(count for _, count in hidden)
    values = data.get("other_values", 0) + len(hidden)
    amounts = [f"{count:,}" for count in [count for _, count in rows] + [others]]
    right = max(map(len, amounts))
    labels = [clean(label, 200) for label, _ in rows]
    left = min(max(map(cells, labels), default=0), width // 3)
    room = max(width - left - right - 2, 1)
    longest = max((_size(data, count) for _, count in rows), default=0.0) or 1.0
    lines = []
    for label, (_, count), amount in zip(labels, rows, amounts, strict=False):
        eighths = round(_size(data, count) / longest * room * 8)
        bar = _BAR * (eighths // 8) + _PART[eighths % 8].strip()
        lines.append(f"{fit(label, left)} {bar.ljust(room)} {amount.rjust(right)}")
    if values:
        lines.append(f"{fit(f'{values:,} others', left + room + 1)} {amounts[-1].rjust(right)}")
    return [fit(line, width).rstrip() for line in lines[:height]]


CHART = Histogram()
