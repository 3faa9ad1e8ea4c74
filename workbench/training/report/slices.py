"""Slices: where a model is worse than on the whole, by values of a column or ranges of a number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.numbers import to_figure
from workbench.statistics.bootstrap import interval_counted
from workbench.training.counted import counted
from workbench.training.features import FeaturePlan
from workbench.training.metrics import BY_NAME, Scored
from workbench.training.report.record import Slice

if TYPE_CHECKING:
    import polars as pl

    Array = np.ndarray[Any, Any]

SMALLEST = 30
"""A slice of fewer rows says nothing that holds."""
MOST_COLUMNS = 100
MOST_VALUES = 20
"""Of a column's values the commonest are looked at."""
SHOWN = 10
PARTS = 4
"""A number is cut into quarters of the test rows."""


def slices(
    features: pl.DataFrame, plan: FeaturePlan, scored: Scored, metric: str, *, seed: int
) -> tuple[tuple[Slice, ...], int]:
    """Return the worst slices of these rows, the worst first, and how many were looked at.

    The worst of many are partly so by chance: `worse` asks more than a figure below the whole's.
    """
    whole = BY_NAME[metric].function(scored)
    better = BY_NAME[metric].direction == "maximize"
    found: list[tuple[float, str, str, Array]] = []
    for name, value, rows in _cuts(features, plan):
        figure = BY_NAME[metric].function(scored.at(rows))
        if not math.isnan(figure):
            found.append((figure, name, value, rows))
    found.sort(key=lambda item: item[0] if better else -item[0])
    worst = [item for item in found if (item[0] < whole if better else item[0] > whole)][:SHOWN]
    made = []
    for figure, name, value, rows in worst:
        part = counted(metric, scored.at(rows))
        bounds = interval_counted([part], len(rows), seed=seed)[0]
        worse = bounds.high < whole if better else bounds.low > whole
        made.append(
            Slice(
                column=name,
                value=value,
                rows=len(rows),
                test=to_figure(figure),
                low=to_figure(bounds.low),
                high=to_figure(bounds.high),
                worse=worse,
            )
        )
    return tuple(made), len(found)


def _cuts(features: pl.DataFrame, plan: FeaturePlan) -> Iterator[tuple[str, str, Array]]:
    """Yield column, value in words and the places of the rows, SMALLEST at least."""
    chosen = [name for name in features.columns if name in {*plan.numbers, *plan.categories}]
    for name in chosen[:MOST_COLUMNS]:
        column = features[name]
        pairs = _ranges(column) if name in plan.numbers else _values(column)
        for words, mask in pairs:
            rows = np.flatnonzero(mask)
            if SMALLEST <= len(rows) < features.height:
                yield name, words, rows


def _values(column: pl.Series) -> Iterator[tuple[str, Array]]:
    import polars as pl

    texts = column.cast(pl.String).fill_null("null")
    for value in texts.value_counts(sort=True).to_series(0).head(MOST_VALUES).to_list():
        yield value, (texts == value).to_numpy()


def _ranges(column: pl.Series) -> Iterator[tuple[str, Array]]:
    import polars as pl

    numbers = column.cast(pl.Float64).to_numpy()  # null becomes NaN
    known = numbers[np.isfinite(numbers)]
    if len(known):
        edges = np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)))
        for low, high in pairwise(edges):
            last = high == edges[-1]
            inside = (numbers >= low) & ((numbers <= high) if last else (numbers < high))
            yield f"{low:.4g} to {'' if last else 'under '}{high:.4g}", inside
    yield "null", np.isnan(numbers)
