"""Metrics, each declared once: name, direction, tasks, and its function (by scikit-learn).

Formulas: https://scikit-learn.org/stable/modules/model_evaluation.html under the same names.
A figure that is not defined on the given rows (roc_auc where one class is all there is) is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput
from workbench.training.contract import Task
from workbench.training.work import Direction

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Scored:
    """True values and what was predicted for the same rows.

    `truth` and `predicted` have shape (rows,): class names as text, or numbers. `probabilities`
    has shape (rows, classes) in the order of `classes`; None for regression. `positive` is the
    class that a binary problem's figures are about.
    """

    truth: Array
    predicted: Array
    probabilities: Array | None = None
    classes: tuple[str, ...] = ()
    positive: str = ""

    @property
    def is_positive(self) -> Array:
        """True where the row is of the positive class; shape (rows,)."""
        flags: Array = self.truth == self.positive
        return flags

    @property
    def positive_probability(self) -> Array:
        """Probability of the positive class, shape (rows,)."""
        assert self.probabilities is not None
        column: Array = self.probabilities[:, self.classes.index(self.positive)]
        return column

    def at(self, rows: Array) -> Scored:
        """Return these rows of it, by their places."""
        chances = None if self.probabilities is None else self.probabilities[rows]
        return Scored(self.truth[rows], self.predicted[rows], chances, self.classes, self.positive)

    @property
    def one_sided(self) -> bool:
        """Whether all rows are of one class, so that nothing can be ranked."""
        return len(set(self.truth.tolist())) < 2


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of merit. `title` is what a report writes; `function` imports scikit-learn itself."""

    name: str
    title: str
    direction: Direction
    tasks: frozenset[Task]
    function: Callable[[Scored], float]

    def better(self, a: float, b: float) -> bool:
        """Tell whether `a` is better than `b`; NaN is never better, and anything is better than it."""
        if math.isnan(a) or math.isnan(b):
            return not math.isnan(a) and math.isnan(b)
        return a > b if self.direction == "maximize" else a < b


def _roc_auc(s: Scored) -> float:
    from sklearn.metrics import roc_auc_score

    return math.nan if s.one_sided else float(roc_auc_score(s.is_positive, s.positive_probability))


def _average_precision(s: Scored) -> float:
    from sklearn.metrics import average_precision_score

    if not s.is_positive.any():
        return math.nan
    return float(average_precision_score(s.is_positive, s.positive_probability))


def _log_loss(s: Scored) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(s.truth, s.probabilities, labels=list(s.classes)))


def _brier(s: Scored) -> float:
    from sklearn.metrics import brier_score_loss

    return float(brier_score_loss(s.is_positive, s.positive_probability, pos_label=True))


def _accuracy(s: Scored) -> float:
    return float((s.truth == s.predicted).mean())


def _binary(name: str) -> Callable[[Scored], float]:
    def score(s: Scored) -> float:
        from sklearn import metrics

        return float(
            getattr(metrics, name)(s.is_positive, s.predicted == s.positive, zero_division=0)
        )

    return score


def _balanced_accuracy(s: Scored) -> float:
    from sklearn.metrics import recall_score

    # The mean recall of the classes that the rows have: a class that is only predicted has none.
    present = sorted(set(s.truth.tolist()))
    return float(
        recall_score(s.truth, s.predicted, labels=present, average="macro", zero_division=0)
    )


def _macro_f1(s: Scored) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(s.truth, s.predicted, average="macro", zero_division=0))


def _rmse(s: Scored) -> float:
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(s.truth, s.predicted))


def _mae(s: Scored) -> float:
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(s.truth, s.predicted))


def _r2(s: Scored) -> float:
    from sklearn.metrics import r2_score

    return math.nan if len(s.truth) < 2 else float(r2_score(s.truth, s.predicted))


def _median_absolute_error(s: Scored) -> float:
    from sklearn.metrics import median_absolute_error

    return float(median_absolute_error(s.truth, s.predicted))


_BINARY: frozenset[Task] = frozenset({"binary"})
_MULTI: frozenset[Task] = frozenset({"multiclass"})
_CLASSES: frozenset[Task] = _BINARY | _MULTI
_NUMBER: frozenset[Task] = frozenset({"regression"})

METRICS: tuple[Metric, ...] = (
    Metric("roc_auc", "ROC AUC", "maximize", _BINARY, _roc_auc),
    Metric("average_precision", "Average precision", "maximize", _BINARY, _average_precision),
    Metric("log_loss", "Log loss", "minimize", _CLASSES, _log_loss),
    Metric("brier", "Brier score", "minimize", _BINARY, _brier),
    Metric("accuracy", "Accuracy", "maximize", _CLASSES, _accuracy),
    Metric("f1", "F1", "maximize", _BINARY, _binary("f1_score")),
    Metric("precision", "Precision", "maximize", _BINARY, _binary("precision_score")),
    Metric("recall", "Recall", "maximize", _BINARY, _binary("recall_score")),
    Metric("balanced_accuracy", "Balanced accuracy", "maximize", _MULTI, _balanced_accuracy),
    Metric("macro_f1", "Macro F1", "maximize", _MULTI, _macro_f1),
    Metric("rmse", "Root mean squared error", "minimize", _NUMBER, _rmse),
    Metric("mae", "Mean absolute error", "minimize", _NUMBER, _mae),
    Metric("r2", "R²", "maximize", _NUMBER, _r2),
    Metric(
        "median_absolute_error",
        "Median absolute error",
        "minimize",
        _NUMBER,
        _median_absolute_error,
    ),
)
"""Every metric, the usual one of a task first."""

BY_NAME = {metric.name: metric for metric in METRICS}
CV = "cv."
"""Prefix of a metric's figures over the folds: `last` is their mean."""
CV_STD = "cv_std."
"""Prefix of the standard deviation over the folds (n - 1 in the denominator)."""
DUMMY = "dummy."
"""Prefix of what predicting without looking (prior, mean) reaches on the same test rows."""
LOW = "low."
HIGH = "high."
"""Prefixes of the bounds of a test figure: 95 %, by bootstrap over the test rows."""


def metrics_of(task: Task) -> tuple[Metric, ...]:
    """Return the metrics of a task; the first is its usual one."""
    found = [metric for metric in METRICS if task in metric.tasks]
    usual = {"binary": "roc_auc", "multiclass": "macro_f1", "regression": "rmse"}[task]
    return tuple(sorted(found, key=lambda metric: metric.name != usual))


def direction_of(name: str) -> Direction | None:
    """Return the direction of a metric by its recorded name, prefixes included; None if unknown."""
    if name.startswith(CV_STD):
        return "minimize"
    for prefix in (CV, DUMMY, LOW, HIGH):
        name = name.removeprefix(prefix)
    metric = BY_NAME.get(name)
    return metric.direction if metric else None


def metric_for(task: Task, name: str) -> Metric:
    """Return the metric, or raise BadInput with those that the task has."""
    known = {metric.name: metric for metric in metrics_of(task)}
    if name not in known:
        raise BadInput(
            f"A {task} problem has no metric {name}",
            where="metric",
            why="it has " + ", ".join(known),
            fix="Choose one of these",
            code="experiment.metric",
        )
    return known[name]


def score_all(task: Task, scored: Scored) -> dict[str, float]:
    """Return every metric of the task on these rows, by name."""
    return {metric.name: metric.function(scored) for metric in metrics_of(task)}
