"""How a target depends on a feature: its rate or mean in each part of the feature, with what is certain.

Parts are stretches with about as many rows each (or of one width), or the most frequent values. A rate
has Wilson's interval (Wilson 1927), a mean the normal one, both for 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import label_of, most_frequent, others
from plugins.charts.groups import Groups, groups_of
from plugins.charts.parts import draw_parts, figure_of
from plugins.charts.plot import finish, fit, heading, legend
from plugins.charts.ticks import short
from plugins.charts.values import measure, number, types_of
from workbench.errors import BadInput
from workbench.explore.columns import fit_of, take
from workbench.explore.contract import Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import polars as pl

Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""

_SAMPLE = 200_000


class Target:
    """A target against a feature. See `workbench.explore.contract.Chart`."""

    name = "target"
    title = "Target"
    help = "rate or mean of a target in each part of a feature"
    slots = (
        Slot("feature", "what the target may depend on"),
        Slot("target", "numbers (their mean), or words (the rate of one)", ("number", "word")),
    )
    groups = True
    zooms = ()
    options = (
        Option("bins", "int", 10, "parts of a feature with an order", minimum=2, maximum=50),
        Option("width", "choice", "rows", "parts are equal in", choices=("rows", "length")),
        Option("top", "int", 15, "values of a feature without one", minimum=1, maximum=50),
        Option("positive", "str", "", "the value whose rate is shown (empty: the rarer of two)"),
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Sum up the target in each part."""
        import polars as pl

        chosen = settle(self.options, options, owner=self.name)
        types = types_of(table)
        (feature,), (target,) = take(self, types, columns)
        schema = table.collect_schema()
        positive = ""
        if fit_of(types[target]) == "word":
            positive, counted = _positive(table, target, str(chosen["positive"] or ""))
            value = (pl.col(target) == pl.lit(counted, schema[target])).cast(pl.Float64)
        else:
            value = number(target, schema[target])
        if fit_of(types[feature]) == "word":
            labels, code = _values(table, feature, int(chosen["top"] or 15))
        else:
            labels, code = _stretches(table, feature, chosen)
        groups = groups_of(table, group)
        missing = len(labels)  # the part of its own for rows without the feature
        code = pl.when(pl.col(feature).is_null()).then(pl.lit(missing, pl.Int32)).otherwise(code)
        parts, overall = _sums(table, code, value, groups, rate=bool(positive))
        rows = [{"label": label, **parts[at]} for at, label in enumerate(labels) if at in parts]
        if missing in parts:
            rows.append({"label": "missing", **parts[missing]})
        what = f"rate of {target} = {positive}" if positive else f"mean of {target}"
        without = overall.pop("without")
        notes = [f"overall {figure_of(overall['mean'], rate=bool(positive))}"]
        notes += [f"{without:,} without a target"] if without else []
        return Figures(
            title=f"{what} by {feature} ({overall['n']:,} rows)",
            data={
                "parts": rows,
                "overall": overall,
                "rate": bool(positive),
                "positive": positive,
                "x": None,
                **groups.data,
            },
            notes=(*groups.notes, *notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a line a part: how many rows, and the figure with its interval on a common axis."""
        data = figures.data
        lines = [heading(figures.title, figures.notes, width)]
        parts = [part for part in data["parts"] if part["n"]]
        if not parts or data["overall"]["mean"] is None:
            return finish([*lines, fit("No rows with both values.", width).rstrip()], height)
        if any(data["labels"]) and height > 5:
            lines.append(legend(data["labels"], data["sizes"], width, colour=colour))
        return finish(
            lines + draw_parts(data, parts, width, height - len(lines), colour=colour), height
        )


def _positive(table: pl.LazyFrame, target: str, wanted: str) -> tuple[str, Any]:
    """Return which value of a target is counted: the one wanted, else true, else the rarer of two.

    Of more than two it is the most frequent. Gives its label, and itself.
    """
    found = most_frequent(table, target, 100)
    known = {label_of(value): value for value, _ in found.values}
    if wanted and wanted not in known:
        raise BadInput(
            f"{target} has no value {wanted[:80]}",
            where="positive",
            why="its values are " + ", ".join(list(known)[:10]),
            fix="Name one of them, or leave it out",
            code="option.value",
        )
    labels = list(known)
    if not known:
        return "true", None  # there is no value at all: nothing will be counted
    if not wanted:
        rarer = labels[-1] if len(labels) <= 2 else labels[0]
        wanted = "true" if "true" in known else rarer
    return wanted or '""', known[wanted]


def _values(table: pl.LazyFrame, feature: str, top: int) -> tuple[list[str], pl.Expr]:
    import polars as pl

    found = most_frequent(table, feature, top)
    labels = [label_of(value) or '""' for value, _ in found.values]
    code = pl.lit(len(labels), pl.Int32)
    if found.distinct > len(labels):
        labels.append(others(found.distinct - len(labels)))
    for at, (value, _) in reversed(list(enumerate(found.values))):
        code = pl.when(pl.col(feature) == value).then(pl.lit(at, pl.Int32)).otherwise(code)
    return labels, code


def _stretches(
    table: pl.LazyFrame, feature: str, chosen: Mapping[str, Value]
) -> tuple[list[str], pl.Expr]:
    """Return parts of a feature with an order; ends of equal rows come from a sample of the table."""
    import numpy as np
    import polars as pl

    (facts,) = measure(table, feature)
    bins = int(chosen["bins"] or 10)
    value = number(feature, table.collect_schema()[feature])
    if facts.axis is None:
        return [], pl.lit(None, pl.Int32)
    axis = facts.axis
    if chosen["width"] == "length":
        edges = np.linspace(axis.low, axis.high, bins + 1)
    else:
        step = max(1, facts.rows // _SAMPLE)
        sample = table.select(value.alias("v")).gather_every(step).drop_nulls()
        numbers = sample.collect(engine="streaming")["v"].to_numpy()
        distinct = np.unique(numbers)
        if len(distinct) <= bins and step == 1:
            code = pl.lit(None, pl.Int32)
            for at, one in reversed(list(enumerate(distinct.tolist()))):
                code = pl.when(value == one).then(pl.lit(at, pl.Int32)).otherwise(code)
            return [short(axis, one) for one in distinct.tolist()], code
        edges = np.quantile(numbers, np.linspace(0, 1, bins + 1), method="lower")
        edges[0], edges[-1] = axis.low, axis.high
    edges = np.unique(edges)
    if len(edges) < 2:
        return [short(axis, axis.low)], pl.when(value.is_not_null()).then(pl.lit(0, pl.Int32))
    code = pl.lit(0, pl.Int32)
    for edge in edges[1:-1].tolist():
        code = code + (value >= edge).cast(pl.Int32)
    ends = [short(axis, edge) for edge in edges.tolist()]
    dates = axis.kind in {"date", "datetime"}  # two of them would take half the width
    labels = [f"from {low}" if dates else f"{low} – {high}" for low, high in pairwise(ends)]
    return labels, pl.when(value.is_not_null()).then(code)


def _sums(
    table: pl.LazyFrame, code: pl.Expr, value: pl.Expr, groups: Groups, *, rate: bool
) -> tuple[dict[int, dict[str, Any]], dict[str, Any]]:
    """Return rows, mean and interval of each part, in its groups and over all."""
    import polars as pl

    rows = table.select(code.alias("part"), groups.code.alias("code"), value.alias("v"))
    sums = [pl.len().alias("n"), pl.col("v").mean().alias("mean"), pl.col("v").std().alias("s")]
    there = rows.filter(pl.col("v").is_not_null())
    found = there.group_by("part", "code").agg(sums).collect(engine="streaming")
    all_rows = int(rows.select(pl.len()).collect(engine="streaming").item())
    parts: dict[int, dict[str, Any]] = {}
    cells_of: dict[int, dict[int, tuple[int, float, float]]] = {}
    for row in found.iter_rows(named=True):
        if row["part"] is not None and row["code"] is not None:
            part = cells_of.setdefault(row["part"], {})
            part[row["code"]] = (row["n"], row["mean"], row["s"] or 0.0)
    for at_part, inside in cells_of.items():
        split = [inside.get(at) for at in range(groups.count)]
        parts[at_part] = _summed([one for one in split if one], rate=rate)
        if groups.column:
            parts[at_part]["groups"] = [_summed([one] if one else [], rate=rate) for one in split]
    every = [one for inside in cells_of.values() for one in inside.values()]
    total = int(found["n"].sum())
    overall = _summed(every, rate=rate) | {"without": all_rows - total}
    return parts, overall


def _summed(found: Sequence[tuple[int, float, float]], *, rate: bool) -> dict[str, Any]:
    """Put sums of parts together, with the interval of the whole."""
    n = sum(one[0] for one in found)
    if not n:
        return {"n": 0, "mean": None, "low": None, "high": None}
    mean = sum(size * m for size, m, _ in found) / n
    squares = sum((size - 1) * s * s + size * (m - mean) ** 2 for size, m, s in found)
    if rate:
        mean = min(max(mean, 0.0), 1.0)
        low, high = wilson(mean, n)
    else:
        half = Z * math.sqrt(squares / (n - 1) / n) if n > 1 else 0.0
        low, high = mean - half, mean + half
    return {"n": n, "mean": mean, "low": low, "high": high}


def wilson(rate: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a rate among n."""
    middle = (rate + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


CHART = Target()
