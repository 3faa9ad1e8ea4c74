"""How sure a figure is: percentile bootstrap intervals, and the paired bootstrap of a difference.

Rows are drawn with replacement, as many as there are, again and again; the interval holds the middle
95 % of what the figure is on these draws (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 13). Where rows come in groups that belong together (several of one person), whole
groups are drawn. Two figures are compared on the same draws: what both find hard cancels out.

A statistic is a function of row numbers, shape (rows,); or, many times faster, of counts: an array of
shape (draws, rows) that tells how often each draw has each row, for which it returns (draws,). Both
see the same draws for one seed.

Work is rows × draws. Over MOST_CELLS of it there are fewer draws, but never fewer than FEWEST.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

DRAWS = 1000
FEWEST = 200
"""Fewer draws say little about a bound that five of two hundred lie beyond."""
MOST_CELLS = 50_000_000
LEVEL = 0.95
_BLOCK = 1_000_000
"""Cells that are held at once: 8 MB of counts."""

Statistic = Callable[["Array"], float]
"""Row numbers of one draw, shape (rows,) → the figure."""
Counted = Callable[["Array"], "Array"]
"""Counts of floats, shape (draws, rows) → the figures, shape (draws,)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds, both NaN where the figure is undefined on half of the draws; how many draws."""

    low: float
    high: float
    draws: int

    def holds(self, value: float) -> bool:
        """Tell whether `value` lies within the bounds."""
        return self.low <= value <= self.high


def draws_for(rows: int, draws: int = DRAWS) -> int:
    """Return how many draws are made of so many rows when `draws` are asked for."""
    return min(draws, max(FEWEST, MOST_CELLS // max(rows, 1)))


def interval(
    statistic: Statistic,
    rows: int,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
    groups: Array | None = None,
) -> Interval:
    """Return the interval of a statistic over row numbers. `groups`, shape (rows,): drawn whole."""
    return interval_counted([_by_rows(statistic)], rows, draws=draws, level=level, seed=seed,
                            groups=groups)[0]  # fmt: skip


def paired(
    first: Statistic,
    second: Statistic,
    rows: int,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
    groups: Array | None = None,
) -> Interval:
    """Return the interval of `first` minus `second`, both on the same draws of the same rows.

    Where it does not hold 0 the two differ, at a false-alarm rate of 1 - `level`.
    """
    return paired_counted(_by_rows(first), _by_rows(second), rows, draws=draws, level=level,
                          seed=seed, groups=groups)  # fmt: skip


def interval_counted(
    statistics: Sequence[Counted],
    rows: int,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
    groups: Array | None = None,
) -> list[Interval]:
    """Return the interval of each statistic over counts; all see the same draws."""
    found: list[list[Array]] = [[] for _ in statistics]
    for counts in _counts(rows, draws_for(rows, draws), seed, groups):
        for place, statistic in enumerate(statistics):
            found[place].append(np.asarray(statistic(counts), dtype=np.float64))
    return [_percentiles(np.concatenate(values) if values else np.empty(0), level)
            for values in found]  # fmt: skip


def paired_counted(
    first: Counted,
    second: Counted,
    rows: int,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
    groups: Array | None = None,
) -> Interval:
    """Return the interval of `first` minus `second` over counts, on the same draws."""

    def difference(counts: Array) -> Array:
        result: Array = np.asarray(first(counts)) - np.asarray(second(counts))
        return result

    return interval_counted(
        [difference], rows, draws=draws, level=level, seed=seed, groups=groups
    )[0]  # fmt: skip


def _counts(rows: int, draws: int, seed: int, groups: Array | None) -> Iterator[Array]:
    """Yield blocks of counts, shape (some draws, rows)."""
    if rows == 0:
        return
    codes = None if groups is None else np.unique(groups, return_inverse=True)[1]
    units = rows if codes is None else int(codes.max()) + 1
    rng = np.random.default_rng(seed)
    block = max(1, _BLOCK // rows)
    for start in range(0, draws, block):
        size = min(block, draws - start)
        drawn = rng.integers(0, units, (size, units))
        drawn += np.arange(size)[:, None] * units
        counts = np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)
        yield (counts if codes is None else counts[:, codes]).astype(np.float64)


def _by_rows(statistic: Statistic) -> Counted:
    def counted(counts: Array) -> Array:
        places = np.arange(counts.shape[1])
        drawn = (np.repeat(places, draw) for draw in counts.astype(np.int64))
        return np.array([statistic(rows) for rows in drawn], dtype=np.float64)

    return counted


def _percentiles(values: Array, level: float) -> Interval:
    """Return the middle of the values; a draw on which the figure is undefined does not count."""
    known = values[~np.isnan(values)]
    if len(known) * 2 <= len(values):
        return Interval(math.nan, math.nan, len(values))
    tail = (1 - level) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    return Interval(float(low), float(high), len(values))
