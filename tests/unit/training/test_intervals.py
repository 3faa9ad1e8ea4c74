"""The metrics over many draws, held to scikit-learn on each; and what the intervals of a run say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.training.counted import counted
from workbench.training.intervals import gain, gains, intervals
from workbench.training.metrics import BY_NAME, Scored, metrics_of

NAMES = {
    task: [m.name for m in metrics_of(task)] for task in ("binary", "multiclass", "regression")
}


@st.composite
def classified(draw: st.DrawFn, classes: int) -> Scored:
    """Rows with tied and extreme probabilities, with classes that may be absent."""
    rows = draw(st.integers(2, 12))
    names = np.array(["no", "yes", "maybe", "other"][:classes])
    names.sort()
    truth = names[draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))]
    raw = np.array(
        draw(st.lists(st.lists(st.integers(0, 4), min_size=classes, max_size=classes),
                      min_size=rows, max_size=rows)), dtype=float,
    )  # fmt: skip
    raw[raw.sum(axis=1) == 0] = 1
    chances = raw / raw.sum(axis=1, keepdims=True)
    return Scored(
        truth, names[chances.argmax(axis=1)], chances, tuple(names.tolist()), str(names[-1])
    )


@st.composite
def numbers(draw: st.DrawFn) -> Scored:
    rows = draw(st.integers(2, 12))
    value = st.floats(-1e3, 1e3, width=32)
    truth, predicted = (
        np.array(draw(st.lists(value, min_size=rows, max_size=rows)), dtype=float) for _ in range(2)
    )
    return Scored(truth, predicted)


def check(task: str, scored: Scored, data: st.DataObject) -> None:
    """Each metric over counts is scikit-learn's over the rows that were drawn."""
    rows = len(scored.truth)
    drawn = data.draw(st.lists(st.integers(0, rows - 1), min_size=rows, max_size=rows))
    counts = np.bincount(drawn, minlength=rows).astype(float)
    both = np.stack([counts, np.ones(rows)])
    for name in NAMES[task]:
        found = counted(name, scored)(both)
        for value, chosen in zip(found, (np.sort(drawn), np.arange(rows)), strict=True):
            part = Scored(
                scored.truth[chosen], scored.predicted[chosen],
                None if scored.probabilities is None else scored.probabilities[chosen],
                scored.classes, scored.positive,
            )  # fmt: skip
            if name == "r2" and np.ptp(part.truth) == 0:
                assert math.isnan(value), "nothing to explain: no figure, not scikit-learn's 0 or 1"
                continue
            assert value == pytest.approx(
                BY_NAME[name].function(part), rel=1e-6, abs=1e-9, nan_ok=True
            ), name


@settings(max_examples=60, deadline=None)
@given(scored=classified(2), data=st.data())
def test_binary_as_scikit_learn(scored: Scored, data: st.DataObject) -> None:
    check("binary", scored, data)


@settings(max_examples=60, deadline=None)
@given(scored=classified(4), data=st.data())
def test_multiclass_as_scikit_learn(scored: Scored, data: st.DataObject) -> None:
    check("multiclass", scored, data)


@settings(max_examples=60, deadline=None)
@given(scored=numbers(), data=st.data())
def test_numbers_as_scikit_learn(scored: Scored, data: st.DataObject) -> None:
    check("regression", scored, data)


def graded(strength: float, seed: int, rows: int = 400) -> Scored:
    """A binary problem on fixed rows; more strength separates the classes better."""
    truth = np.arange(rows) % 2 == 0
    chances = 1 / (1 + np.exp(-(truth * strength + np.random.default_rng(seed).normal(size=rows))))
    predicted = np.where(chances >= 0.5, "yes", "no")
    return Scored(
        np.where(truth, "yes", "no"),
        predicted,
        np.stack([1 - chances, chances], 1),
        ("no", "yes"),
        "yes",
    )


def test_every_figure_has_bounds_that_hold_it() -> None:
    scored = graded(1.0, 3)
    found = intervals("binary", scored)
    assert list(found) == NAMES["binary"]
    for name, bounds in found.items():
        value = BY_NAME[name].function(scored)
        assert bounds.low < value < bounds.high, name
        assert bounds.high - bounds.low < 0.3, name


def test_a_gain_is_more_than_nothing_whatever_the_direction() -> None:
    strong, weak = graded(2.5, 3), graded(0.2, 4)
    for name, bounds in gains(strong, dict.fromkeys(NAMES["binary"], weak)).items():
        assert bounds.low > 0, name
    assert gain("log_loss", weak, strong).high < 0
    assert gain("roc_auc", strong, strong).holds(0.0)


def test_predictions_of_other_rows_are_not_compared() -> None:
    one = graded(1.0, 3)
    for other in (graded(1.0, 3, rows=398), Scored(one.truth[::-1], one.predicted, one.probabilities,
                                                   one.classes, one.positive)):  # fmt: skip
        with pytest.raises(ValueError, match="different rows"):
            gain("accuracy", one, other)
