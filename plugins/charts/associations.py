"""Sums over a table from which every pair's association follows, fed a batch at a time.

Numbers are shifted by the mean of the first batch and scaled by its spread, so that sums of squares
neither overflow nor lose what is small (Chan, Golub and LeVeque 1983).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

CATEGORIES = 100
"""Different words up to which a column takes part."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a heatmap: numbers, and words with their categories."""

    numbers: tuple[str, ...]
    words: dict[str, list[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.numbers, *self.words)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.numbers) + len(self.words)


def codes_of(table: pl.LazyFrame, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the categories of columns of words, as texts; none for a column of too many."""
    import polars as pl

    if not names:
        return {}
    about = table.select(
        [pl.col(name).approx_n_unique().alias(str(at)) for at, name in enumerate(names)]
    ).collect(engine="streaming")
    found: dict[str, list[str]] = {}
    for at, name in enumerate(names):
        few = about[str(at)].item() <= CATEGORIES * 1.1  # it is an estimate
        kinds: list[str] = []
        if few:
            column = table.select(pl.col(name).cast(pl.String).alias("value"))
            values = column.group_by("value").len().collect(engine="streaming")["value"]
            kinds = sorted(value for value in values.to_list() if value is not None)
        found[name] = kinds if len(kinds) <= CATEGORIES else []
    return found


class Associations:
    """The sums; `feed` takes batches of the numbers `n0`, `n1` and on, and the codes `w0`, `w1` and on."""

    def __init__(self, columns: Columns) -> None:
        import numpy as np

        self._columns = columns
        self._sizes = [len(known) for known in columns.words.values()]
        k, m = len(columns.numbers), sum(self._sizes)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)]).astype(int)
        self._shift: Any = None
        self._scale: Any = None
        self._n, self._x, self._xx, self._xy = (np.zeros((k, k)) for _ in range(4))
        self._tables = np.zeros((m, m))
        # of each number inside each category: rows, sum, sum of squares
        self._inside = np.zeros((3, m, k))

    def feed(self, batch: pl.DataFrame) -> None:
        """Add the rows of a batch."""
        import numpy as np

        k = len(self._columns.numbers)
        numbers = batch.select([f"n{at}" for at in range(k)]).to_numpy() if k else None
        if numbers is not None:
            numbers = self._settled(np.asarray(numbers, np.float64))
            there = ~np.isnan(numbers)
            x, mask = np.where(there, numbers, 0.0), there.astype(np.float64)
            self._n += mask.T @ mask
            self._x += x.T @ mask
            self._xx += (x * x).T @ mask
            self._xy += x.T @ x
        if self._sizes:
            self._feed_words(batch, None if numbers is None else (x, mask))

    def _settled(self, numbers: Any) -> Any:
        import numpy as np

        if self._shift is None:
            self._shift, self._scale = (np.full(numbers.shape[1], np.nan) for _ in range(2))
        for at in np.flatnonzero(np.isnan(self._shift)):
            values = numbers[:, at][~np.isnan(numbers[:, at])]
            if len(values):
                self._shift[at] = values.mean()
                self._scale[at] = np.abs(values - values.mean()).max() or 1.0
        shift, scale = np.nan_to_num(self._shift), np.where(np.isnan(self._scale), 1.0, self._scale)
        return (numbers - shift) / scale

    def _feed_words(self, batch: pl.DataFrame, numbers: tuple[Any, Any] | None) -> None:
        import numpy as np

        starts, total = self._starts, int(self._starts[-1])
        places = []
        for at in range(len(self._sizes)):
            code = batch[f"w{at}"].fill_null(-1).to_numpy()
            places.append(np.where(code >= 0, code + starts[at], -1))
        for a, pa in enumerate(places):
            for pb in places[a:]:
                both = (pa >= 0) & (pb >= 0)
                key = pa[both].astype(np.int64) * total + pb[both]
                found, counts = np.unique(key, return_counts=True)
                self._tables[found // total, found % total] += counts
        if numbers is None:
            return
        x, mask = numbers
        for place in places:
            here = place >= 0
            for at in range(x.shape[1]):
                value = x[here, at]
                sums = (mask[here, at], value, value * value)
                for kind, weights in enumerate(sums):
                    self._inside[kind, :, at] += np.bincount(place[here], weights, minlength=total)

    def matrix(self) -> dict[tuple[str, str], float | None]:
        """Return the association of each pair; None where it is not defined."""
        numbers, words = self._columns.numbers, tuple(self._columns.words)
        found: dict[tuple[str, str], float | None] = {}
        for a, one in enumerate(numbers):
            for b in range(a + 1):
                found[one, numbers[b]] = found[numbers[b], one] = self._pearson(a, b)
        for a, one in enumerate(words):
            for b in range(a + 1):
                found[one, words[b]] = found[words[b], one] = self._cramer(b, a)
            for at, other in enumerate(numbers):
                found[one, other] = found[other, one] = self._eta(a, at)
        return found

    def _pearson(self, a: int, b: int) -> float | None:
        n = self._n[a, b]
        if n < 2:
            return None
        xa, xb = self._x[a, b], self._x[b, a]
        va = self._xx[a, b] - xa * xa / n
        vb = self._xx[b, a] - xb * xb / n
        floor = 1e-13 * max(self._xx[a, b], self._xx[b, a], 1e-300)
        if va <= floor or vb <= floor:
            return None  # a constant, but for rounding
        return _bounded((self._xy[a, b] - xa * xb / n) / math.sqrt(va * vb), -1.0)

    def _cramer(self, a: int, b: int) -> float | None:
        import numpy as np

        rows = slice(self._starts[a], self._starts[a + 1])
        columns = slice(self._starts[b], self._starts[b + 1])
        counts = self._tables[rows, columns]
        if a == b:
            counts = np.diag(np.diag(counts))
        counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
        n, least = counts.sum(), min(counts.shape) - 1
        if n == 0 or least < 1:
            return None
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
        chi2 = ((counts - expected) ** 2 / expected).sum()
        return _bounded(math.sqrt(chi2 / (n * least)), 0.0)

    def _eta(self, word: int, at: int) -> float | None:
        inside = slice(self._starts[word], self._starts[word + 1])
        n, x, xx = (self._inside[kind, inside, at] for kind in range(3))
        total = n.sum()
        if total < 2:
            return None
        n, x, xx = n[n > 0], x[n > 0], xx[n > 0]
        whole = xx.sum() - x.sum() ** 2 / total
        if whole <= 1e-13 * max(xx.sum(), 1e-300):
            return None
        between = (x * x / n).sum() - x.sum() ** 2 / total
        return _bounded(math.sqrt(max(between, 0.0) / whole), 0.0)


def _bounded(value: float, low: float) -> float:
    return float(min(max(value, low), 1.0))
