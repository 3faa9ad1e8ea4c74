"""What a person should look at in a column, in sentences: from its figures and its counted values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.data.roles import Facts, Role

SKEWED = 2.0
"""Skewness beyond which a mean says little: an exponential distribution has 2."""
FENCES = 3.0
"""Interquartile ranges beyond the quartiles from which a value is far out (Tukey, Exploratory Data
Analysis, 1977)."""
FEW_OUT = 0.05
"""Share of values up to which what is far out is an outlier, not the shape of the column."""
MOST_CATEGORIES = 1000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ZEROS = re.compile(r"0\d+")


def remarks(
    role: Role,
    facts: Facts,
    *,
    not_finite: int | None,
    most: tuple[Any, int] | None,
    skew: float | None,
    far_out: float | None,
) -> tuple[str, ...]:
    """Return the sentences; `most` is the most frequent value with its exact count, if it is known.

    `skew` is the sample skewness and `far_out` the share of values beyond FENCES.
    """
    nulls = facts.rows - facts.filled
    found = []
    if not facts.filled:
        found.append("Every value is missing.")
    elif role == "constant":
        found.append("Every value is the same.")
    elif most is not None and most[1] >= 0.99 * facts.filled:
        found.append(f"One value makes up {most[1] / facts.filled:.1%}.")
    if facts.filled and nulls >= 0.5 * facts.rows:
        found.append(f"{nulls / facts.rows:.0%} of the values are missing.")
    if not_finite:
        found.append(f"{not_finite:,} values are NaN or infinite.")
    if role == "identifier":
        found.append("Nearly every value is different: it names rows and tells a model nothing.")
    if role == "categorical" and facts.distinct > MOST_CATEGORIES:
        found.append(f"About {facts.distinct:,} categories.")
    if role == "numeric" and skew is not None and abs(skew) > SKEWED:
        side = "large" if skew > 0 else "small"
        found.append(f"It has a long tail of {side} values (skewness {skew:.1f}).")
    if role == "numeric" and far_out and far_out <= FEW_OUT:
        found.append(
            f"{_percent(far_out)} of the values lie far out (over {FENCES:g} middle halves beyond it)."
        )
    return tuple(found)


def repeated(count: int, rows: int) -> str:
    """Return the sentence on so many rows of a table that equal an earlier row."""
    few, both = ("row equals", "it") if count == 1 else ("rows equal", "them")
    share = _percent(count / rows).lower()
    return f"{count:,} {few} an earlier one ({share}): a split may put {both} on both sides."


def _percent(share: float) -> str:
    return "Under 0.1%" if share < 0.001 else f"{share:.1%}"


def about_words(values: Sequence[str], counts: Sequence[int]) -> tuple[str, ...]:
    """Return sentences on the values of a column of words, each with its count."""
    found = []
    padded = [(v, n) for v, n in zip(values, counts, strict=True) if v != v.strip()]
    if padded:
        found.append(
            f"{_sum(padded):,} values begin or end with a blank, such as {padded[0][0][:20]!r}."
        )
    alike: dict[str, list[str]] = {}
    for value in values:
        alike.setdefault(value.strip().casefold(), []).append(value)
    twins = [group for group in alike.values() if len({one.strip() for one in group}) > 1]
    if twins:
        shown = " and ".join(repr(one[:20]) for one in twins[0][:2])
        more = f", and {len(twins) - 1:,} more pairs" if len(twins) > 1 else ""
        found.append(f"{shown} differ in capitals only{more}.")
    numbers = [(v, n) for v, n in zip(values, counts, strict=True) if _NUMBER.fullmatch(v.strip())]
    if numbers and len(numbers) < len(values):
        found.append(f"{_sum(numbers):,} values are numbers, the others are not.")
    elif numbers:
        zeros = [value for value, _ in numbers if _ZEROS.fullmatch(value.strip())]
        words = f" with leading zeros, such as {zeros[0][:20]!r}" if zeros else ""
        found.append(f"Every value is a number in the form of text{words}.")
    return tuple(found)


def _sum(pairs: Iterable[tuple[str, int]]) -> int:
    return sum(count for _, count in pairs)


def skewness(numbers: Any) -> float | None:
    """Return the skewness g1 = m3 / m2^1.5 of finite numbers, None where they do not differ.

    The moments about the mean, divided by n (Joanes and Gill, The Statistician 47, 1998).
    """
    import numpy as np

    scale = float(np.abs(numbers).max()) if len(numbers) else 0.0
    if len(numbers) < 3 or not scale:
        return None
    off = numbers / scale
    off = off - off.mean()
    m2 = float((off**2).mean())
    if m2 <= 1e-20:
        return None
    return float((off**3).mean() / m2**1.5)


def share_far_out(numbers: Any) -> float | None:
    """Return the share of finite numbers beyond FENCES, None where the middle half is one value."""
    import numpy as np

    if not len(numbers):
        return None
    low, high = (float(q) for q in np.quantile(numbers, (0.25, 0.75)))
    with np.errstate(over="ignore"):
        reach = FENCES * (high - low)
    if not 0 < reach < float("inf"):
        return None
    beyond = (numbers < low - reach) | (numbers > high + reach)
    return float(beyond.mean())
