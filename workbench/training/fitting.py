"""From a table to scored models: target and features read once, then fitted on rows that are named.

Nothing here fits anything on rows other than those it was given; a test holds it to that.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.numbers import to_figure
from workbench.options import Value
from workbench.records.runs import MetricFigures
from workbench.statistics.bootstrap import Interval
from workbench.training.contract import Task, Trainer
from workbench.training.features import FeaturePlan, build_features
from workbench.training.inputs import as_labels
from workbench.training.metrics import (
    BY_NAME,
    CV,
    CV_STD,
    DUMMY,
    HIGH,
    LOW,
    Scored,
    metrics_of,
    score_all,
)
from workbench.training.signature import Field, Signature
from workbench.training.work import Problem

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be predicted: `values` of shape (rows,), text for classes and floats for numbers.

    `classes` are sorted as text; `positive` is set for binary problems only.
    """

    values: Array
    classes: tuple[str, ...] = ()
    positive: str = ""


def read_target(values: pl.Series, problem: Problem) -> Target:
    """Read a target without nulls, one that `check_table` has passed."""
    import numpy as np
    import polars as pl

    if problem.task == "regression":
        return Target(values.cast(pl.Float64).to_numpy())
    labels = as_labels(values)
    classes = tuple(sorted(labels.unique().to_list()))
    positive = ""
    if problem.task == "binary":
        # By the values' own order: of 9 and 10 the positive class is 10.
        positive = problem.positive or str(as_labels(values.unique().sort())[-1])
    return Target(np.asarray(labels.to_list(), dtype=np.str_), classes, positive)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is made: the same recipe and the same rows make the same model."""

    task: Task
    plan: FeaturePlan
    trainer: Trainer
    params: Mapping[str, Value]
    seed: int

    def make(self) -> Any:
        """Return the unfitted pipeline of features and estimator; it takes a conformed frame."""
        from sklearn.pipeline import Pipeline

        features, codes = build_features(self.plan, self.trainer.needs, self.task, self.seed)
        estimator = self.trainer.build(self.task, self.params, self.seed, codes)
        return Pipeline([("features", features), ("model", estimator)])


@dataclass(frozen=True, slots=True)
class Learning:
    """The conformed features and the target of all rows, and the recipe."""

    features: pl.DataFrame
    target: Target
    recipe: Recipe

    def fit(self, rows: Array) -> Any:
        """Return a model fitted on these rows and no others."""
        return self.recipe.make().fit(self.features[rows], self.target.values[rows])

    def score(self, model: Any, rows: Array) -> Scored:
        """Return the model's predictions for these rows beside the truth."""
        return self.score_frame(model, self.features[rows], self.target.values[rows])

    def score_frame(self, model: Any, frame: pl.DataFrame, truth: Array) -> Scored:
        """Return the model's predictions for a conformed frame beside its truth."""
        if self.recipe.task == "regression":
            return Scored(truth, model.predict(frame))
        return _classified(truth, model.predict_proba(frame), model.classes_, self.target)

    def folds(self, folds: Sequence[tuple[Array, Array]]) -> Iterator[dict[str, float]]:
        """Yield every metric of each fold, as soon as it is known."""
        for fit, check in folds:
            yield score_all(self.recipe.task, self.score(self.fit(fit), check))

    def blind(self, train: Array, test: Array) -> dict[str, Scored]:
        """Return, for each metric, the best predictions for the test rows that do not look at them.

        The training rows' class shares are known: with these as probabilities the commonest class is
        predicted, or classes are drawn by their shares, or always the positive one. (Of macro F1 and
        the like any guess beats a constant one: the baseline has to guess as well.) Of numbers the
        mean is predicted, or the median.
        """
        truth, known = self.target.values[test], self.target.values[train]
        guesses = (
            _blind_numbers(truth, known)
            if self.recipe.task == "regression"
            else _blind_classes(truth, known, self.target)
        )
        found = {}
        for metric in metrics_of(self.recipe.task):
            best = guesses[0]
            for guess in guesses[1:]:
                if metric.better(metric.function(guess), metric.function(best)):
                    best = guess
            found[metric.name] = best
        return found

    def signature(self, name: str, classes: Sequence[str]) -> Signature:
        """Return what goes into the model and what comes out; `name` is the target's."""
        task = self.recipe.task
        kind = "float" if task == "regression" else "str"
        outputs = [Field(name="prediction", type=kind, required=True)]
        outputs += [Field(name=f"probability_{c}", type="float", required=True) for c in classes]
        return Signature(
            task=task,
            target=name,
            inputs=self.recipe.plan.fields,
            outputs=tuple(outputs),
            classes=tuple(classes),
        )


def _blind_numbers(truth: Array, known: Array) -> list[Scored]:
    import numpy as np

    return [Scored(truth, np.full(len(truth), guess(known))) for guess in (np.mean, np.median)]


def _blind_classes(truth: Array, known: Array, target: Target) -> list[Scored]:
    import numpy as np

    names = np.asarray(target.classes)
    shares = np.array([(known == name).mean() for name in names])
    rows = len(truth)
    chances = np.tile(shares, (rows, 1))
    drawn = np.random.RandomState(0).choice(names, rows, p=shares)
    labels = [np.full(rows, names[shares.argmax()]), drawn]
    if target.positive:
        labels.append(np.full(rows, target.positive))
    return [Scored(truth, label, chances, target.classes, target.positive) for label in labels]


def _classified(truth: Array, chances: Array, seen: Sequence[str], target: Target) -> Scored:
    """Order the probabilities by all classes: one that the training rows lacked has probability 0."""
    import numpy as np

    ordered = np.zeros((len(truth), len(target.classes)))
    for position, name in enumerate(seen):
        ordered[:, target.classes.index(str(name))] = chances[:, position]
    predicted = np.asarray(target.classes)[ordered.argmax(axis=1)]
    return Scored(truth, predicted, ordered, target.classes, target.positive)


def figures(
    test: Mapping[str, float],
    folds: Sequence[Mapping[str, float]],
    dummy: Mapping[str, float],
    bounds: Mapping[str, Interval],
) -> dict[str, MetricFigures]:
    """Return a run's figures by recorded name: the test's, `cv.`, `cv_std.`, `dummy.`, `low.`, `high.`."""
    result = {name: _single(value) for name, value in test.items()}
    for name, found in bounds.items():
        result |= {LOW + name: _single(found.low), HIGH + name: _single(found.high)}
    for name in test:
        values = [fold[name] for fold in folds]
        known = [value for value in values if not math.isnan(value)]
        spread = statistics.stdev(values) if len(known) == len(values) > 1 else math.nan
        low, high = (min(known), max(known)) if known else (math.nan, math.nan)
        result[CV + name] = MetricFigures(
            last=to_figure(statistics.fmean(values)),
            best=to_figure(high if BY_NAME[name].direction == "maximize" else low),
            min=to_figure(low),
            max=to_figure(high),
        )
        result[CV_STD + name] = _single(spread)
    return result | {DUMMY + name: _single(value) for name, value in dummy.items()}


def _single(value: float) -> MetricFigures:
    figure = to_figure(value)
    return MetricFigures(last=figure, best=figure, min=figure, max=figure)
