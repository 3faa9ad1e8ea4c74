"""The metrics once more, for many draws of the rows at a time: what makes their intervals affordable.

`counted(name, scored)` returns a function of counts, shape (draws, rows), that gives what the metric
of that name is on each draw, shape (draws,); NaN where it is undefined there. By matrix products and
sums over rows that were sorted once, 20 to 500 times as fast as drawing rows for scikit-learn. A
property test holds both to the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.statistics.bootstrap import Counted

if TYPE_CHECKING:
    from workbench.training.metrics import Scored

    Array = np.ndarray[Any, Any]


def counted(name: str, scored: Scored) -> Counted:
    """Return the metric `name` of these rows as a function of counts."""
    return _BY_NAME[name](scored)


def _mean(values: Array) -> Counted:
    def mean(counts: Array) -> Array:
        result: Array = counts @ values / counts.sum(axis=1)
        return result

    return mean


def _accuracy(s: Scored) -> Counted:
    return _mean((s.truth == s.predicted).astype(np.float64))


def _brier(s: Scored) -> Counted:
    return _mean((s.positive_probability - s.is_positive) ** 2)


def _log_loss(s: Scored) -> Counted:
    assert s.probabilities is not None
    places = np.searchsorted(np.asarray(s.classes), s.truth)
    chances = s.probabilities[np.arange(len(s.truth)), places]
    tiny = np.finfo(s.probabilities.dtype).eps  # as scikit-learn clips
    return _mean(-np.log(np.clip(chances, tiny, 1 - tiny)))


def _mae(s: Scored) -> Counted:
    return _mean(np.abs(s.truth - s.predicted))


def _rmse(s: Scored) -> Counted:
    squared = _mean((s.truth - s.predicted) ** 2)
    return lambda counts: np.sqrt(squared(counts))


def _r2(s: Scored) -> Counted:
    truth = s.truth - s.truth.mean()  # near 0, so that squares keep their digits
    parts = np.stack([(s.truth - s.predicted) ** 2, truth, truth**2], axis=1)

    def r2(counts: Array) -> Array:
        rows = counts.sum(axis=1)
        missed, total, squares = (counts @ parts).T
        spread = squares - total**2 / rows
        flat = spread <= 1e-12 * np.maximum(squares, 1e-300)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = 1 - missed / spread
        return np.where(flat, np.nan, value)

    return r2


def _median_absolute_error(s: Scored) -> Counted:
    errors = np.abs(s.truth - s.predicted)
    order = np.argsort(errors, kind="stable")
    errors = errors[order]

    def median(counts: Array) -> Array:
        reached = np.cumsum(counts[:, order], axis=1)
        rows = reached[:, -1:]
        # The two middle rows of a draw, counted from 1: one and the same where their number is odd.
        low, high = ((reached < place).sum(axis=1) for place in ((rows + 1) // 2, rows // 2 + 1))
        result: Array = (errors[low] + errors[high]) / 2
        return result

    return median


def _hits(s: Scored) -> Callable[[Array], tuple[Array, Array, Array]]:
    """Return counts → (true positives, predicted positives, positives), each of shape (draws,)."""
    true, found = s.is_positive, s.predicted == s.positive
    columns = np.stack([true & found, found, true], axis=1).astype(np.float64)

    def hits(counts: Array) -> tuple[Array, Array, Array]:
        both, predicted, positive = (counts @ columns).T
        return both, predicted, positive

    return hits


def _share(part: Array, whole: Array) -> Array:
    """Return part / whole, 0 where there is nothing (as zero_division=0)."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _precision(s: Scored) -> Counted:
    hits = _hits(s)

    def precision(counts: Array) -> Array:
        both, predicted, _ = hits(counts)
        return _share(both, predicted)

    return precision


def _recall(s: Scored) -> Counted:
    hits = _hits(s)

    def recall(counts: Array) -> Array:
        both, _, positive = hits(counts)
        return _share(both, positive)

    return recall


def _f1(s: Scored) -> Counted:
    hits = _hits(s)

    def f1(counts: Array) -> Array:
        both, predicted, positive = hits(counts)
        return _share(2 * both, predicted + positive)

    return f1


def _by_class(codes: Array, classes: int, only: Array | None = None) -> Counted:
    """Return counts → rows of each class, shape (draws, classes); `only`: rows that count at all."""
    rows = np.arange(len(codes)) if only is None else np.flatnonzero(only)
    order = rows[np.argsort(codes[rows], kind="stable")]
    present, starts = np.unique(codes[order], return_index=True)

    def sums(counts: Array) -> Array:
        result = np.zeros((len(counts), classes))
        if len(order):
            result[:, present] = np.add.reduceat(counts[:, order], starts, axis=1)
        return result

    return sums


def _of_classes(s: Scored) -> Callable[[Array], tuple[Array, Array, Array]]:
    """Return counts → (hits, predicted, true) rows of each class, each of shape (draws, classes)."""
    names = np.unique(np.concatenate([s.truth, s.predicted]))
    true, found = (np.searchsorted(names, values) for values in (s.truth, s.predicted))
    size = len(names)
    parts = _by_class(true, size, true == found), _by_class(found, size), _by_class(true, size)
    return lambda counts: (parts[0](counts), parts[1](counts), parts[2](counts))


def _over(values: Array, known: Array) -> Array:
    """Return the mean over the classes that a draw knows."""
    return _share((values * known).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _balanced_accuracy(s: Scored) -> Counted:
    of_classes = _of_classes(s)

    def balanced(counts: Array) -> Array:
        hits, _, true = of_classes(counts)
        return _over(_share(hits, true), true > 0)

    return balanced


def _macro_f1(s: Scored) -> Counted:
    of_classes = _of_classes(s)

    def macro(counts: Array) -> Array:
        hits, predicted, true = of_classes(counts)
        return _over(_share(2 * hits, predicted + true), predicted + true > 0)

    return macro


def _ranked(s: Scored) -> Callable[[Array], tuple[Array, Array]]:
    """Return counts → (positives, negatives) at each distinct score, ascending."""
    order = np.argsort(s.positive_probability, kind="stable")
    scores, positive = s.positive_probability[order], s.is_positive[order]
    starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])

    def ranked(counts: Array) -> tuple[Array, Array]:
        drawn = counts[:, order]
        both = np.add.reduceat(drawn, starts, axis=1)
        true = np.add.reduceat(drawn * positive, starts, axis=1)
        return true, both - true

    return ranked


def _roc_auc(s: Scored) -> Counted:
    ranked = _ranked(s)

    def auc(counts: Array) -> Array:
        """Share of pairs in the right order, ties by half (Mann and Whitney's U)."""
        positive, negative = ranked(counts)
        below = np.cumsum(negative, axis=1) - negative / 2
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        wins = np.einsum("ds,ds->d", positive, below)
        area: Array = np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
        return area

    return auc


def _average_precision(s: Scored) -> Counted:
    ranked = _ranked(s)

    def average(counts: Array) -> Array:
        """Precision at each score, weighed by the recall that it adds."""
        positive, negative = (part[:, ::-1] for part in ranked(counts))
        true = np.cumsum(positive, axis=1)
        precision = _share(true, true + np.cumsum(negative, axis=1))
        found = np.einsum("ds,ds->d", precision, positive)
        total = positive.sum(axis=1)
        mean: Array = np.divide(found, total, out=np.full(len(counts), np.nan), where=total > 0)
        return mean

    return average


_BY_NAME: Mapping[str, Callable[[Scored], Counted]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
    "brier": _brier,
    "accuracy": _accuracy,
    "f1": _f1,
    "precision": _precision,
    "recall": _recall,
    "balanced_accuracy": _balanced_accuracy,
    "macro_f1": _macro_f1,
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
    "median_absolute_error": _median_absolute_error,
}
