"""How far two distributions lie apart: PSI, Kolmogorov-Smirnov, Jensen-Shannon, by numpy alone.

Counts are arrays of the same length, one entry a bin or category that both sides share; they need
not add up to the same. A side without any count has no distribution: ValueError.

A distance can be large by chance where rows are few. `ks_by_chance` and `psi_by_chance` say how
large it becomes when both sides are drawn from one distribution.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

FLOOR = 1e-3
"""The least share that PSI reckons with: a bin that one side lacks would make it infinite.

With a smaller one, one row in a hundred that has gone to such a bin would count as a shift of all.
"""

ALPHA = 0.001
"""The probability with which chance alone goes beyond `ks_by_chance` and `psi_by_chance`."""

_Z = 3.0902323061678132  # the standard normal quantile of 1 - ALPHA


def shares(counts: Any) -> Array:
    """Return counts as shares of their sum, shape as given. Raises ValueError when they sum to 0."""
    array = np.asarray(counts, float)
    total = array.sum()
    if not total > 0 or (array < 0).any():
        raise ValueError("counts must not be negative, and not all 0")
    return np.asarray(array / total)


def psi(before: Any, after: Any, *, floor: float = FLOOR) -> float:
    """Return the population stability index of two arrays of counts; 0 for equal shares.

    sum((q - p) * ln(q / p)) over the bins, with shares below `floor` raised to it: the symmetric
    form of Kullback and Leibler's divergence (Kullback and Leibler, Annals of Mathematical
    Statistics 22, 1951, formula 2.6), under this name in Siddiqi, Credit Risk Scorecards, 2006.
    """
    p, q = np.maximum(shares(before), floor), np.maximum(shares(after), floor)
    return float(((q - p) * np.log(q / p)).sum())


def ks_samples(before: Any, after: Any) -> float:
    """Return the two-sample Kolmogorov-Smirnov distance of two samples of numbers, exactly.

    The largest difference of the two empirical distribution functions, 0 to 1 (Smirnov, Annals of
    Mathematical Statistics 19, 1948). Raises ValueError for an empty sample or NaN.
    """
    first, second = np.sort(np.asarray(before, float)), np.sort(np.asarray(after, float))
    if not len(first) or not len(second) or np.isnan(first[-1]) or np.isnan(second[-1]):
        raise ValueError("both samples need numbers, none of them NaN")
    both = np.concatenate([first, second])
    below = np.searchsorted(first, both, side="right") / len(first)
    other = np.searchsorted(second, both, side="right") / len(second)
    return float(np.abs(below - other).max())


def ks_counts(before: Any, after: Any) -> float:
    """Return the Kolmogorov-Smirnov distance of counts in the same ordered bins.

    It is that of the samples if a bin holds one value, else a lower bound of it, short of it by at
    most the larger share of the fullest bin.
    """
    return float(np.abs(np.cumsum(shares(before)) - np.cumsum(shares(after))).max())


def jensen_shannon(before: Any, after: Any) -> float:
    """Return the Jensen-Shannon distance of two arrays of counts, 0 to 1.

    The root of the divergence to base 2 (Lin, IEEE Transactions on Information Theory 37, 1991; that
    the root is a metric: Endres and Schindelin, the same journal 49, 2003). For near distributions
    it is about sqrt(PSI / (8 ln 2)).
    """
    p, q = shares(before), shares(after)
    middle = (p + q) / 2
    divergence = (_against(p, middle) + _against(q, middle)) / 2
    return math.sqrt(min(max(divergence, 0.0), 1.0))


def _against(p: Array, middle: Array) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / middle[there])).sum())


def ks_by_chance(rows: int, others: int) -> float:
    """Return the distance that samples of one distribution go beyond with probability ALPHA.

    sqrt(-ln(ALPHA / 2) / 2) * sqrt((n + m) / (n * m)), the limit for many rows (Smirnov 1948); with
    few rows, or with values that come again, chance goes beyond it more seldom.
    """
    return math.sqrt(-math.log(ALPHA / 2) / 2 * (1 / rows + 1 / others))


def psi_by_chance(bins: int, rows: int, others: int) -> float:
    """Return the PSI that counts of one distribution go beyond with probability ALPHA.

    PSI / (1/n + 1/m) tends to a chi-squared of `bins` - 1 degrees of freedom (Yurdakul and Naranjo,
    Journal of Risk Model Validation 14, 2020), whose quantile is taken by Wilson and Hilferty's
    approximation (Proceedings of the National Academy of Sciences 17, 1931).
    """
    degrees = max(bins - 1, 1)
    cube = 1 - 2 / (9 * degrees) + _Z * math.sqrt(2 / (9 * degrees))
    return degrees * cube**3 * (1 / rows + 1 / others)
