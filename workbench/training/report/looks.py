"""What predictions look like beside the truth: curves, calibration, confusion, residuals.

ROC and precision-recall by scikit-learn's definitions (Fawcett 2006; Davis and Goadrich 2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.training.metrics import Scored
from workbench.training.report.record import Bin, Confusion, Curve, Residuals

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

MOST_POINTS = 200
MOST_CLASSES = 20
"""A confusion matrix shows at most this many classes."""
BINS = 10
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def curves(scored: Scored) -> tuple[Curve, ...]:
    """Return the ROC and the precision-recall curve of a binary problem; none where one class is all."""
    if scored.probabilities is None or not scored.positive or scored.one_sided:
        return ()
    from sklearn.metrics import precision_recall_curve, roc_curve

    truth, chances = scored.is_positive, scored.positive_probability
    false, true, _ = roc_curve(truth, chances)
    precision, recall, _ = precision_recall_curve(truth, chances)
    return (
        _curve("roc", false, true),
        # It ends at recall 0 with precision 1 by agreement; from left to right it begins there.
        _curve("precision_recall", recall[::-1], precision[::-1]),
    )


def _curve(name: str, x: Array, y: Array) -> Curve:
    """Return a curve thinned to MOST_POINTS points, its ends among them."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    return Curve(
        name=name,
        x=tuple(round(float(value), 6) for value in x[kept]),
        y=tuple(round(float(value), 6) for value in y[kept]),
    )


def calibration(scored: Scored) -> tuple[Bin, ...]:
    """Return predicted against observed shares in ten bins of equally many rows.

    Binary: of the positive class. Multiclass: of the class that was predicted.
    """
    if scored.probabilities is None:
        return ()
    if scored.positive:
        chances, hits = scored.positive_probability, scored.is_positive
    else:
        chances, hits = scored.probabilities.max(axis=1), scored.truth == scored.predicted
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, BINS + 1)))
    places = np.searchsorted(edges[1:-1], chances, side="right")
    return tuple(
        Bin(
            predicted=float(chances[places == place].mean()),
            observed=float(hits[places == place].mean()),
            rows=int((places == place).sum()),
        )
        for place in np.unique(places)
    )


def confusion(scored: Scored) -> Confusion | None:
    """Return the confusion matrix, of the MOST_CLASSES commonest classes; None for numbers."""
    if scored.probabilities is None:
        return None
    names = np.asarray(scored.classes)
    true, found = (np.searchsorted(names, values) for values in (scored.truth, scored.predicted))
    size = len(names)
    matrix = np.bincount(true * size + found, minlength=size * size).reshape(size, size)
    shown = np.sort(np.argsort(-matrix.sum(axis=1), kind="stable")[:MOST_CLASSES])
    return Confusion(
        classes=tuple(scored.classes[place] for place in shown),
        counts=tuple(tuple(int(n) for n in row) for row in matrix[np.ix_(shown, shown)]),
        of=size,
    )


def residuals(scored: Scored) -> Residuals | None:
    """Return a histogram and quantiles of true minus predicted; None for classes."""
    if scored.probabilities is not None:
        return None
    errors = scored.truth - scored.predicted
    rows, edges = np.histogram(errors, bins=min(30, max(5, int(len(errors) ** 0.5))))
    values = np.quantile(errors, QUANTILES)
    return Residuals(
        edges=tuple(map(float, edges)),
        rows=tuple(map(int, rows)),
        quantiles=tuple((q, float(v)) for q, v in zip(QUANTILES, values, strict=True)),
    )
