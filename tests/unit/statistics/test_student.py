"""Student's t against SciPy, and how often an interval of the mean holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.statistics.student import mean_interval, t_quantile


@given(st.integers(1, 400), st.floats(0.5, 0.9999))
def test_quantiles_are_those_of_scipy(freedom: int, probability: float) -> None:
    expected = stats.t.ppf(probability, freedom)
    assert t_quantile(probability, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_are_those_of_scipy(values: list[float], level: float) -> None:
    found = mean_interval(values, level)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    if np.std(values) > 1e-9 * (1 + np.abs(values).max()):
        expected = stats.ttest_1samp(values, 0).confidence_interval(level)
        assert (found.low, found.high) == pytest.approx(
            (expected.low, expected.high), rel=1e-7, abs=1e-6
        )


def test_it_holds_as_often_as_it_says() -> None:
    draws = np.random.default_rng(7).normal(3, 2, (4000, 5))
    held = [low <= 3 <= high for _, low, high in map(mean_interval, draws.tolist())]
    assert 0.94 < np.mean(held) < 0.96  # three standard errors are 0.0103


def test_one_figure_has_no_interval_and_none_no_mean() -> None:
    assert mean_interval([2.5]).mean == 2.5
    assert math.isnan(mean_interval([2.5]).low)
    with pytest.raises(ValueError, match="no figure"):
        mean_interval([])
    for probability, freedom in ((0.4, 3), (1.0, 3), (0.9, 0)):
        with pytest.raises(ValueError, match="at least one degree"):
            t_quantile(probability, freedom)
