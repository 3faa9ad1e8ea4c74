"""Counting values and codes, in memory that does not grow with the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.data.bins import plain

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

MANY = 200_000
"""Distinct values up to which every value is counted exactly."""

_KEPT = 100_000
_BATCH = 1 << 17
MISSING = "∅"
"""How a missing value is called in a chart."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The most frequent values, largest first: (value, rows); `distinct` values in `filled` of `rows`.

    Without `exact`, values beyond the most frequent hundred thousand were let go on the way, so that
    a count may be too low; `distinct` is then an estimate.
    """

    rows: int
    filled: int
    distinct: int
    values: tuple[tuple[Any, int], ...]
    exact: bool


def most_frequent(table: pl.LazyFrame, name: str, top: int) -> Counted:
    """Return the `top` most frequent values of a column; equal counts in the order of the values."""
    import polars as pl

    column = pl.col(name).alias("value")
    about = table.select(
        pl.len().alias("rows"), column.count().alias("filled"), column.approx_n_unique().alias("n")
    ).collect(engine="streaming")
    rows, filled, distinct = (int(value) for value in about.row(0))
    exact = distinct <= MANY
    if exact:
        counts = table.select(column).group_by("value").len().collect(engine="streaming")
        counts = counts.drop_nulls("value")
        distinct = counts.height
    else:
        counts = _by_batches(table.select(column))
    best = counts.sort("len", "value", descending=[True, False]).head(top)
    return Counted(rows, filled, distinct, tuple(best.select("value", "len").rows()), exact)


def _by_batches(table: pl.LazyFrame) -> pl.DataFrame:
    import polars as pl

    kept = pl.DataFrame()
    for batch in batches(table):
        now = batch.drop_nulls("value").group_by("value").len()
        both = pl.concat([kept, now]).group_by("value").agg(pl.col("len").sum())
        kept = both.top_k(_KEPT, by="len") if both.height > 2 * _KEPT else both
    return kept


def batches(table: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of any lazy frame in order, piece by piece (a filter is run once, not per piece)."""
    yield from table.collect_batches(chunk_size=_BATCH, maintain_order=True)


def label_of(value: Any) -> str:
    """Return a value as a chart calls it: a label, not the whole of a cell."""
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain(value))[:200]


def others(count: int) -> str:
    """Return what the values are called that are not shown one by one."""
    return f"{count:,} other{'' if count == 1 else 's'}"


def tally(table: pl.LazyFrame, *codes: tuple[pl.Expr, int]) -> np.ndarray[Any, Any]:
    """Return how often each combination of codes is there: an array of the codes' sizes.

    A code is an expression of whole numbers from 0 to its size; a row with a null in one counts nowhere.
    """
    import numpy as np
    import polars as pl

    key, sizes = pl.lit(0, pl.Int64), []
    for expression, size in codes:
        if size > 1:  # one group of all rows costs nothing
            key = key * size + expression.cast(pl.Int64)
        elif expression.meta.root_names():
            key = key + expression.cast(pl.Int64)
        sizes.append(size)
    counts = table.select(key.alias("key")).group_by("key").len().collect(engine="streaming")
    counts = counts.drop_nulls("key")
    found = np.zeros(int(np.prod(sizes)), np.int64)
    found[counts["key"].to_numpy()] = counts["len"].to_numpy()
    return found.reshape(sizes)
