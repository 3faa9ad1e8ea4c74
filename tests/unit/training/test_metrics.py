import math

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.training.metrics import (
    BY_NAME,
    METRICS,
    Scored,
    direction_of,
    metric_for,
    metrics_of,
    score_all,
)

CLASSES = ("no", "yes")


def binary(truth: str, chances: list[float]) -> Scored:
    values = np.array(["yes" if mark == "+" else "no" for mark in truth])
    positive = np.array(chances)
    predicted = np.where(positive >= 0.5, "yes", "no")
    return Scored(values, predicted, np.stack([1 - positive, positive], 1), CLASSES, "yes")


# Four rows: + .9, + .4, - .6, - .2. Worked by hand.
HAND = binary("++--", [0.9, 0.4, 0.6, 0.2])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc_auc", 3 / 4),  # of four pairs one (.4 against .6) is the wrong way round
        ("average_precision", 1 / 2 * 1 + 1 / 2 * 2 / 3),  # precision at each positive found
        ("log_loss", -(math.log(0.9) + math.log(0.4) + math.log(0.4) + math.log(0.8)) / 4),
        ("brier", (0.1**2 + 0.6**2 + 0.6**2 + 0.2**2) / 4),
        ("accuracy", 2 / 4),
        ("precision", 1 / 2),
        ("recall", 1 / 2),
        ("f1", 1 / 2),
    ],
)
def test_binary_by_hand(name: str, expected: float) -> None:
    assert BY_NAME[name].function(HAND) == pytest.approx(expected)


def test_the_positive_class_may_be_the_first() -> None:
    flipped = Scored(HAND.truth, HAND.predicted, HAND.probabilities, CLASSES, "no")
    assert BY_NAME["recall"].function(flipped) == 1 / 2
    assert BY_NAME["roc_auc"].function(flipped) == pytest.approx(3 / 4)
    lopsided = binary("+---", [0.9, 0.8, 0.1, 0.1])
    assert BY_NAME["precision"].function(lopsided) == 1 / 2
    negative = Scored(lopsided.truth, lopsided.predicted, lopsided.probabilities, CLASSES, "no")
    assert BY_NAME["precision"].function(negative) == 1.0


def test_multiclass_by_hand() -> None:
    truth = np.array(["a", "a", "b", "c"])
    predicted = np.array(["a", "b", "b", "b"])
    chances = np.array([[0.5, 0.25, 0.25]] * 4)
    scored = Scored(truth, predicted, chances, ("a", "b", "c"))
    figures = score_all("multiclass", scored)
    assert figures["accuracy"] == 2 / 4
    assert figures["balanced_accuracy"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert figures["log_loss"] == pytest.approx(-(2 * math.log(0.5) + 2 * math.log(0.25)) / 4)


def test_regression_by_hand() -> None:
    scored = Scored(np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 3.0, 3.0, 2.0]))
    figures = score_all("regression", scored)
    assert figures["rmse"] == pytest.approx(math.sqrt((0 + 1 + 0 + 16) / 4))
    assert figures["mae"] == pytest.approx(5 / 4)
    assert figures["median_absolute_error"] == pytest.approx(1 / 2)
    assert figures["r2"] == pytest.approx(1 - 17 / (4 + 1 + 0 + 9))


def test_what_is_not_defined_is_nan() -> None:
    only = binary("++", [0.9, 0.4])
    assert math.isnan(BY_NAME["roc_auc"].function(only))
    none = binary("--", [0.9, 0.4])
    assert math.isnan(BY_NAME["average_precision"].function(none))
    assert math.isnan(BY_NAME["r2"].function(Scored(np.array([1.0]), np.array([2.0]))))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_perfect_prediction_is_never_worse(metric: object) -> None:
    task = next(iter(metric.tasks))
    rng = np.random.default_rng(5)
    if task == "regression":
        truth = rng.normal(size=50)
        perfect, poor = Scored(truth, truth), Scored(truth, np.zeros(50))
    else:
        names = np.array(["a", "b", "c"][: 2 if task == "binary" else 3])
        codes = np.arange(50) % len(names)
        sure = np.eye(len(names))[codes]
        wrong = np.roll(sure, 1, axis=1)
        classes = tuple(names.tolist())
        truth = names[codes]
        perfect = Scored(truth, truth, sure, classes, "b")
        poor = Scored(truth, names[wrong.argmax(1)], wrong, classes, "b")
    assert metric.better(metric.function(perfect), metric.function(poor))
    assert not metric.better(math.nan, metric.function(poor))
    assert metric.better(metric.function(poor), math.nan)


def test_directions() -> None:
    assert direction_of("rmse") == "minimize"
    assert direction_of("cv.roc_auc") == "maximize"
    assert direction_of("cv_std.roc_auc") == "minimize"
    assert direction_of("somebody's own") is None
    assert metrics_of("binary")[0].name == "roc_auc"


def test_a_metric_of_another_task_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        metric_for("regression", "roc_auc")
    assert caught.value.code == "experiment.metric"
    assert "rmse" in caught.value.why
