"""How far the values of a column have moved from one version to another.

PSI on the deciles of the version before (each value a bin where they are few) or on the most
frequent categories; Kolmogorov-Smirnov for what lies on a line, Jensen-Shannon for categories. A
distance that chance alone could have made, the rows being as few as they are, has no severity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.data.bins import Scalar
from workbench.data.distributions import ENDS, Distribution
from workbench.data.severity import SEVERITIES, Severity, severity_of
from workbench.statistics import distances

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

DECILES = 10
FEW = 20
"""Values on a line up to which each is a bin of its own."""
CATEGORIES = 50
"""Most frequent categories of either side that are told apart; the others are one."""
DRAWN = 16
"""Bins of a picture."""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """The distances of one column and a small picture of both sides.

    `severity` is that of the gravest measure, None where they are small or may be chance. Of numbers
    and moments `before` and `after` are shares of rows in DRAWN bins of one width from `low` to
    `high` (the bins at the ends with all beyond them); of categories those of `labels`.
    """

    column: str
    psi: float
    ks: float | None = None
    jensen_shannon: float
    severity: Severity | None
    chance: bool
    low: Scalar = None
    high: Scalar = None
    labels: tuple[bool | str, ...] = ()
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()

    @property
    def measures(self) -> dict[str, float]:
        """The measures that count for this kind of column."""
        if self.ks is None:
            return {"psi": self.psi, "jensen_shannon": self.jensen_shannon}
        return {"psi": self.psi, "ks": self.ks}


def shift(before: Distribution, after: Distribution) -> Shift | None:
    """Return how far `after` lies from `before`; None when one is on a line and the other is not."""
    if before.ordered != after.ordered:
        return None
    return _on_a_line(before, after) if before.ordered else _in_categories(before, after)


def _on_a_line(before: Distribution, after: Distribution) -> Shift:
    first, second = (_in_bins(_cuts(before, after), side) for side in (before, after))
    psi, ks = distances.psi(first, second), ks_of(before, after)
    # A constant that stays or goes says nothing of chance; with bins of nobody there are fewer.
    bins = int(((first > 0) | (second > 0)).sum())
    by_chance = psi <= distances.psi_by_chance(bins, before.filled, after.filled)
    chance = by_chance and ks <= distances.ks_by_chance(before.filled, after.filled)
    (low, start), (high, end) = _ends(before, after)
    edges = _linspace(start, end)
    return Shift(
        column=before.name,
        psi=psi,
        ks=ks,
        jensen_shannon=distances.jensen_shannon(first, second),
        severity=None if chance else _gravest(psi=psi, ks=ks),
        chance=chance,
        low=low,
        high=high,
        before=_rounded(_in_bins(edges, before)),
        after=_rounded(_in_bins(edges, after)),
    )


def _in_categories(before: Distribution, after: Distribution) -> Shift:
    values = tuple(
        dict.fromkeys([*before.values[:CATEGORIES], *after.values[:CATEGORIES]])
    )  # fmt: skip
    first, second = before.shares_of(values), after.shares_of(values)
    psi, far = distances.psi(first, second), distances.jensen_shannon(first, second)
    bins = int(((first > 0) | (second > 0)).sum())
    chance = psi <= distances.psi_by_chance(bins, before.filled, after.filled)
    shown = values[:DRAWN]
    return Shift(
        column=before.name,
        psi=psi,
        jensen_shannon=far,
        severity=None if chance else _gravest(psi=psi, jensen_shannon=far),
        chance=chance,
        labels=shown,
        before=_rounded(first[: len(shown)] / first.sum()),
        after=_rounded(second[: len(shown)] / second.sum()),
    )


def ks_of(before: Distribution, after: Distribution) -> float:
    """Return the Kolmogorov-Smirnov distance of two columns on a line: exact if both are."""
    import numpy as np

    places = np.union1d(before.points, after.points)
    upto = np.abs(before.upto_shares(places) - after.upto_shares(places)).max()
    below = np.abs(before.below_shares(places) - after.below_shares(places)).max()
    return float(max(upto, below))


def _cuts(before: Distribution, after: Distribution) -> Array:
    """Return the inner edges of the bins; a bin holds its upper edge."""
    import numpy as np

    points = np.union1d(before.points, after.points)
    if before.exact and after.exact and len(points) <= FEW:
        return np.asarray(points[:-1])
    wanted = np.arange(1, DECILES) / DECILES
    deciles = np.unique([before.quantile(share) for share in wanted])
    if len(deciles) > 1:
        return deciles
    # Nearly all rows have one value: those below it, it, and those above it.
    return np.array([np.nextafter(deciles[0], -np.inf), deciles[0]])


def _in_bins(cuts: Array, side: Distribution) -> Array:
    import numpy as np

    upto = side.upto_shares(np.asarray(cuts))
    return np.maximum(np.diff(np.concatenate([[0.0], upto, [1.0]])), 0.0)


def _ends(
    before: Distribution, after: Distribution
) -> tuple[tuple[Scalar, float], tuple[Scalar, float]]:
    """Return the ends of the picture, as a value and as a number: the outer ones of both sides'."""
    sides = (before, after)
    low = min(((side.quantile(ENDS[0]), side.low) for side in sides), key=lambda end: end[0])
    high = max(((side.quantile(ENDS[1]), side.high) for side in sides), key=lambda end: end[0])
    return (low[1], low[0]), (high[1], high[0])


def _linspace(start: float, end: float) -> Array:
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(start, end, DRAWN + 1)[1:-1]
    return np.nan_to_num(edges)


def _gravest(**measures: float) -> Severity | None:
    found = [severity_of(measure, distance) for measure, distance in measures.items()]
    return max((one for one in found if one), key=SEVERITIES.index, default=None)


def _rounded(shares: Array) -> tuple[float, ...]:
    return tuple(round(float(share), 6) for share in shares)
