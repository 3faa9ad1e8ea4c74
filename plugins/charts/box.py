"""The middle half of a column, its median, and how far the rest reaches: a box for each column or group.

Whiskers end at the last value within 1.5 times the box's length (Tukey 1977). Quartiles are exact up to
two million rows, in longer tables from every k-th row: then a quartile's rank is off by at most
sqrt(ln(200) / 2n) with 99 % certainty (Dvoretzky, Kiefer and Wolfowitz; Massart 1990), 0.2 % for the
million rows taken. Whiskers and counts are of all rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plugins.charts.groups import Groups, groups_of
from plugins.charts.plot import MARKS, cells, finish, fit, heading, paint, place, shade_of, x_axis
from plugins.charts.ticks import short
from plugins.charts.values import HIGH, LOW, Measured, measure, number, seen, types_of
from workbench.explore.axes import Axis, axis_of
from workbench.explore.columns import take
from workbench.explore.contract import MUTED, Figures, Slot
from workbench.options import Option, Value, settle
from workbench.text import clean

if TYPE_CHECKING:
    import polars as pl

EXACT = 2_000_000
"""Rows up to which quartiles are exact."""

_SAMPLE = 1_000_000
_MOST = 12


class Box:
    """Boxes and whiskers. See `workbench.explore.contract.Chart`."""

    name = "box"
    title = "Box"
    help = "median, middle half and outliers, side by side"
    slots = (
        Slot("column", f"numbers, a box for each (at most {_MOST})", ("number", "moment"), 1, 0),
    )
    groups = True
    zooms = ("x",)
    options = (
        Option(
            "whisker", "float", 1.5, "times the box's length that a whisker reaches", minimum=0.0
        ),
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
        """Find the quartiles, then what lies beyond the whiskers."""
        chosen = settle(self.options, options, owner=self.name)
        (names,) = take(self, types_of(table), columns)
        names = names[:_MOST]
        groups = groups_of(table, group)
        facts = measure(table, *names)
        boxes: list[dict[str, Any]] = []
        step = max(1, -(-facts[0].rows // _SAMPLE)) if facts[0].rows > EXACT else 1
        for name in names:
            boxes += _boxes(table, name, groups, step, float(chosen["whisker"] or 0.0))
        axis = seen(_common(facts), chosen)
        notes = [*groups.notes]
        notes += facts[0].notes if len(names) == 1 else []
        notes += [f"quartiles from every {step}th row"] if step > 1 else []
        return Figures(
            title=f"{', '.join(names)} ({facts[0].rows:,} rows)",
            data={"x": axis, "boxes": boxes, "several": len(names) > 1, **groups.data},
            notes=tuple(notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a box a line or, where there is room, over three, above a common axis."""
        data, x = figures.data, axis_of(figures.data, "x")
        lines = [heading(figures.title, figures.notes, width)]
        boxes = [box for box in data["boxes"] if box["n"]]
        if x is None or not boxes:
            return finish([*lines, fit("No values.", width).rstrip()], height)
        room_down = height - 3
        each = 3 if room_down >= 3 * len(boxes) else 1
        gap = 1 if each == 3 and room_down >= 4 * len(boxes) else 0
        labels = [clean(_label(box, several=data["several"]), 200) for box in boxes]
        left = min(max(map(cells, labels)), max(width // 4, 4))
        right = max(len(_words(box, x)) for box in boxes)
        right = right if width - left - right > 34 else 0
        room = width - left - right - 3
        if room < 8:
            return finish([*lines, fit("Too narrow for boxes.", width).rstrip()], height)
        fitting = max((room_down + gap) // (each + gap), 1)
        for n, (box, label) in enumerate(zip(boxes[:fitting], labels, strict=False)):
            lines += [""] * (gap if n else 0)
            drawn = _three(box, x, room) if each == 3 else [_one(box, x, room)]
            middle = len(drawn) // 2
            series = n if not data["several"] or not any(data["labels"]) else box["series"]
            for row, line in enumerate(drawn):
                text = fit(label, left) if row == middle else " " * left
                amount = f" {_words(box, x):>{right}}" if right and row == middle else ""
                body = paint(line, shade_of(series), colour=colour)
                lines.append(f"{text}  {body}{paint(amount, MUTED, colour=colour)}")
        if len(boxes) > fitting:
            lines[-1] = fit(f"{len(boxes) - fitting + 1} more", width).rstrip()
        lines += x_axis(x, left + 1, room, colour=colour, corner="╶")
        return finish(lines, height)


def _common(facts: list[Measured]) -> Axis | None:
    """Return one axis for all columns."""
    axes = [found.axis for found in facts if found.axis]
    if not axes:
        return None
    low, high = min(axis.low for axis in axes), max(axis.high for axis in axes)
    name = axes[0].name if len(axes) == 1 else ""
    return Axis(axes[0].kind, low, high, name)


def _boxes(
    table: pl.LazyFrame, name: str, groups: Groups, step: int, reach: float
) -> list[dict[str, Any]]:
    import polars as pl

    value = number(name, table.collect_schema()[name]).alias("value")
    rows = table.select(groups.code.alias("code"), value)
    sampled = rows.gather_every(step) if step > 1 else rows
    quartiles = [pl.col("value").quantile(q, "linear").alias(f"q{q}") for q in (0.25, 0.5, 0.75)]
    found = sampled.drop_nulls().group_by("code").agg(quartiles).collect(engine="streaming")
    fences = {}
    for code, low, median, high in found.select("code", "q0.25", "q0.5", "q0.75").rows():
        fences[code] = (low, median, high, low - reach * (high - low), high + reach * (high - low))
    ends = _ends(rows, fences)
    boxes = []
    for code, label in enumerate(groups.labels):
        box = {"column": name, "label": label, "series": code, "n": 0}
        if code in fences and code in ends:
            low, median, high, _, _ = fences[code]
            box |= {"q1": low, "median": median, "q3": high} | ends[code]
        boxes.append(box)
    return boxes


def _ends(rows: pl.LazyFrame, fences: Mapping[int, tuple[float, ...]]) -> dict[int, dict[str, Any]]:
    """Return, in each group, where the whiskers end, and what lies beyond them."""
    import polars as pl

    floor, ceiling = pl.lit(None, pl.Float64), pl.lit(None, pl.Float64)
    for code, fence in fences.items():
        here = pl.col("code") == code
        floor = pl.when(here).then(pl.lit(fence[3])).otherwise(floor)
        ceiling = pl.when(here).then(pl.lit(fence[4])).otherwise(ceiling)
    value = pl.col("value")
    inside = value.is_between(floor, ceiling)
    found = (
        rows.drop_nulls()
        .with_columns(inside=pl.when(inside).then(value), low=value < floor, high=value > ceiling)
        .group_by("code")
        .agg(
            pl.len().alias("n"),
            pl.col("inside").min().alias("from"),
            pl.col("inside").max().alias("to"),
            pl.col("low").sum().alias("below"),
            pl.col("high").sum().alias("above"),
            value.min().alias("minimum"),
            value.max().alias("maximum"),
            value.mean().alias("mean"),
        )
        .collect(engine="streaming")
    )
    return {row.pop("code"): row for row in found.iter_rows(named=True)}


def _label(box: Mapping[str, Any], *, several: bool) -> str:
    if several:
        return f"{box['column']} {box['label']}".strip()
    return str(box["label"] or box["column"])


def _words(box: Mapping[str, Any], x: Axis) -> str:
    out = box["below"] + box["above"]
    return f"{short(x, box['median'])} of {box['n']:,}" + (f", {out:,} out" if out else "")


def _places(box: Mapping[str, Any], x: Axis, room: int) -> dict[str, int]:
    names = ("from", "q1", "median", "q3", "to", "minimum", "maximum", "mean")
    return {name: place(box[name], x, room) for name in names}


def _one(box: Mapping[str, Any], x: Axis, room: int) -> str:
    at, line = _places(box, x, room), [" "] * room
    for column in range(at["from"], at["to"] + 1):
        line[column] = "─"
    line[at["from"]], line[at["to"]] = "├", "┤"
    for column in range(at["q1"], at["q3"] + 1):
        line[column] = "▒"
    line[at["median"]] = "┃"
    return _beyond(line, box, at)


def _three(box: Mapping[str, Any], x: Axis, room: int) -> list[str]:
    at = _places(box, x, room)
    top, middle, low = ([" "] * room for _ in range(3))
    for column in range(at["from"], at["to"] + 1):
        middle[column] = "─"
    middle[at["from"]], middle[at["to"]] = "├", "┤"
    for column in range(at["q1"], at["q3"] + 1):
        top[column] = low[column] = "─"
        middle[column] = " "
    for column, signs in (
        (at["q1"], tuple("┌┤└")),
        (at["q3"], tuple("┐├┘")),
        (at["median"], tuple("┬┃┴")),
    ):
        top[column], middle[column], low[column] = signs
    if middle[at["mean"]] == " ":
        middle[at["mean"]] = MARKS[2]
    return ["".join(top), _beyond(middle, box, at), "".join(low)]


def _beyond(line: list[str], box: Mapping[str, Any], at: Mapping[str, int]) -> str:
    """Mark how far the outliers reach: the farthest by a circle, what lies between by dots."""
    for count, end, last in (("below", "minimum", "from"), ("above", "maximum", "to")):
        if box[count]:
            low, high = sorted((at[end], at[last]))
            for column in range(low, high):
                line[column] = "·" if line[column] == " " else line[column]
            line[at[end]] = "∘"
    return "".join(line)


CHART = Box()
