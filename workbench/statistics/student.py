"""The mean of few figures and how sure it is: Student's t.

For whole degrees of freedom the distribution is a finite sum: Abramowitz and Stegun, Handbook of
Mathematical Functions, 26.7.3 and 26.7.4.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Interval(NamedTuple):
    """A mean and its confidence interval; the ends are NaN for fewer than two figures."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean of finite figures and its interval: mean ± t · s / √n, s with n - 1.

    It holds `level` of the time when the figures are independent draws of about a normal
    distribution, as those of equal runs with other seeds on the same data are. Raises ValueError
    for no figure.
    """
    if not values:
        raise ValueError("no figure has no mean")
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Interval(mean, math.nan, math.nan)
    freedom = len(values) - 1
    half = t_quantile((1 + level) / 2, freedom) * statistics.stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def t_quantile(probability: float, freedom: int) -> float:
    """Return where Student's t with `freedom` degrees reaches `probability`, which is over 0.5, under 1."""
    if not 0.5 <= probability < 1 or freedom < 1:
        raise ValueError("a quantile above the middle of at least one degree is asked for")
    low, high = 0.0, 1.0
    while _cumulated(high, freedom) < probability:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _cumulated(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _cumulated(t: float, freedom: int) -> float:
    """Return the probability of a value up to t, which is not negative."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    even = freedom % 2 == 0
    # Even: sin (1 + 1/2 cos² + 1·3/(2·4) cos⁴ ...); odd: cos + 2/3 cos³ + 2·4/(3·5) cos⁵ ...
    term = total = 1.0 if even else math.cos(angle)
    for k in range(2 if even else 3, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    if even:
        return (1 + sine * total) / 2
    rest = sine * total if freedom > 1 else 0.0
    return 0.5 + (angle + rest) / math.pi
