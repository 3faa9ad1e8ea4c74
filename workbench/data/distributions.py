"""The distribution of each column of a version, kept so that two versions can be held against each other.

Beside the profile, which is for people, and made in the same passes. Values that are few enough are
all counted. Of the others numbers keep a sketch of their distribution function from the sample: at a
thousand evenly spaced ranks the value there, and how much of the sample is below it and up to it. A
share read off the sketch is off by at most 1/1000, and by the sample's own error (see `profile`).
Words that are too many keep the most frequent of the sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.data.bins import Scalar, floats, is_ordered, plain, written

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

RANKS = 1000
"""Ranks at which a sketch keeps a value."""

ENDS = (0.01, 0.99)
"""Ranks between which a picture of the distribution is drawn, so that no outlier squeezes it."""

WORDS = 1000
"""Most frequent words that are kept where not every one is counted."""


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one column that are there; nulls and non-finite numbers are left out.

    `filled` of them were looked at. Of numbers and moments (by their physical number) `points` rise,
    `below[i]` values are less than `points[i]` and `upto[i]` are at most that. Of words and booleans
    `values[i]` is there `counts[i]` times; those that are not listed make up the rest of `filled`.
    `exact` tells that every value of the version stands in it, not a sample. `low` and `high` are the
    values at the ranks ENDS, as a profile writes them.
    """

    name: str
    exact: bool
    filled: int
    points: tuple[float, ...] = ()
    below: tuple[int, ...] = ()
    upto: tuple[int, ...] = ()
    values: tuple[bool | str, ...] = ()
    counts: tuple[int, ...] = ()
    low: Scalar = None
    high: Scalar = None

    def quantile(self, share: float) -> float:
        """Return the first point up to which at least this share of the values lies."""
        import numpy as np

        at = int(np.searchsorted(self.upto, share * self.filled, side="left"))
        return self.points[min(at, len(self.points) - 1)]

    @property
    def ordered(self) -> bool:
        """Tell whether the values lie on a line."""
        return bool(self.points)

    def upto_shares(self, places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the share of values at most as large as each of `places`, between points linearly."""
        return self._shares(places, "right")

    def below_shares(self, places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the share of values less than each of `places`, between points linearly."""
        return self._shares(places, "left")

    def _shares(self, places: np.ndarray[Any, Any], side: Any) -> np.ndarray[Any, Any]:
        """On a point the share below it or up to it; between two of them on the line that joins them."""
        import numpy as np

        points, below = np.asarray(self.points), np.asarray(self.below, float)
        upto = np.asarray(self.upto, float)
        after = np.searchsorted(points, places, side=side)  # the first point beyond the place
        left, right = np.maximum(after - 1, 0), np.minimum(after, len(points) - 1)
        low, high = upto[left], below[right]
        width = points[right] - points[left]
        with np.errstate(over="ignore", invalid="ignore"):
            part = np.where(width > 0, (places - points[left]) / np.where(width > 0, width, 1), 0.0)
        part = np.clip(np.nan_to_num(part), 0.0, 1.0)
        between = low + (high - low) * part
        found = np.where(after == 0, 0.0, np.where(after == len(points), self.filled, between))
        on = points[right] == places
        if side == "left":
            found = np.where(on, below[right], found)
        return np.asarray(found / self.filled)

    def shares_of(self, values: tuple[bool | str, ...]) -> np.ndarray[Any, Any]:
        """Return the counts of these values, 0 for what is not listed, and at the end of the others."""
        import numpy as np

        known: Mapping[bool | str, int] = dict(zip(self.values, self.counts, strict=True))
        counts = [known.get(value, 0) for value in values]
        return np.array([*counts, max(self.filled - sum(counts), 0)], float)


def of_counts(name: str, table: pl.DataFrame) -> Distribution | None:
    """Return the distribution of a column whose every `value` stands in `table` with its `count`.

    None for a type that is neither on a line nor words, and for a column without a value.
    """
    import numpy as np

    values = table["value"]
    if not is_ordered(values.dtype):
        return _of_words(name, table, exact=True)
    numbers, counts = floats(values), table["count"].to_numpy().astype(np.int64)
    finite = np.isfinite(numbers)
    # Two values may have one number: decimals of more digits than a float has.
    points, places = np.unique(numbers[finite], return_inverse=True)
    upto = np.bincount(places, counts[finite], len(points)).astype(np.int64).cumsum()
    return _of_numbers(
        name, values.dtype, points, np.concatenate([[0], upto[:-1]]), upto, exact=True
    )


def of_sample(name: str, sample: pl.Series) -> Distribution | None:
    """Return the distribution of a column of which `sample` was drawn; None as in `of_counts`."""
    import numpy as np
    import polars as pl

    sample = sample.drop_nulls()
    if not is_ordered(sample.dtype):
        table = sample.rename("value").value_counts(name="count", sort=True)
        table = table.filter(pl.col("count") > 1).head(WORDS)
        return _of_words(name, table, exact=False, filled=len(sample))
    numbers = floats(sample)
    numbers = np.sort(numbers[np.isfinite(numbers)])
    ranks = np.linspace(0, max(len(numbers) - 1, 0), min(RANKS + 1, len(numbers)))
    points = np.unique(numbers[ranks.round().astype(int)])
    below, upto = (np.searchsorted(numbers, points, side=side) for side in ("left", "right"))
    return _of_numbers(name, sample.dtype, points, below, upto, exact=False)


def _of_numbers(
    name: str, dtype: pl.DataType, points: Any, below: Any, upto: Any, *, exact: bool
) -> Distribution | None:
    if not len(points):
        return None
    bare = Distribution(
        name=name,
        exact=exact,
        filled=int(upto[-1]),
        points=tuple(points.tolist()),
        below=tuple(below.tolist()),
        upto=tuple(upto.tolist()),
    )
    low, high = (written(dtype, bare.quantile(share)) for share in ENDS)
    return msgspec.structs.replace(bare, low=low, high=high)


def _of_words(
    name: str, table: pl.DataFrame, *, exact: bool, filled: int | None = None
) -> Distribution | None:
    import polars as pl

    kind = table["value"].dtype
    if kind not in {pl.String, pl.Boolean}:
        return None
    table = table.sort("count", "value", descending=[True, False])
    total = int(table["count"].sum()) if filled is None else filled
    if not total:
        return None
    return Distribution(
        name=name,
        exact=exact,
        filled=total,
        values=tuple(plain(value) for value in table["value"]),  # type: ignore[misc]  # by their type
        counts=tuple(table["count"]),
    )
