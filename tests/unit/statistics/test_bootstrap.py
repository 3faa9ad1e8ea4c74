"""Intervals are held to what they promise, by simulation with fixed seeds; the truth is known."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from workbench.statistics.bootstrap import (
    DRAWS,
    FEWEST,
    MOST_CELLS,
    draws_for,
    interval,
    interval_counted,
    paired,
    paired_counted,
)

ROUNDS = 600


def mean_of(values: np.ndarray):
    return lambda counts: counts @ values / counts.sum(axis=1)


def auc_of(truth: np.ndarray, scores: np.ndarray):
    """Wins of pairs, weighed by how often each row is drawn; no ties in these scores."""
    wins = (scores[truth][:, None] > scores[~truth][None, :]).astype(float)

    def auc(counts: np.ndarray) -> np.ndarray:
        positive, negative = counts[:, truth], counts[:, ~truth]
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.einsum("dp,pn,dn->d", positive, wins, negative, optimize=True) / pairs

    return auc


def rate_bounds(rate: float) -> tuple[float, float]:
    """Shares that ROUNDS trials of this rate stay within but once in a thousand times."""
    low, high = stats.binom.interval(0.999, ROUNDS, rate)
    return low / ROUNDS, high / ROUNDS


def coverage(level: float) -> float:
    held = 0
    for seed in range(ROUNDS):
        values = np.random.default_rng([1, seed]).normal(3.0, 2.0, 80)
        found = interval_counted([mean_of(values)], 80, draws=400, level=level, seed=seed)[0]
        held += found.holds(3.0)
    return held / ROUNDS


def test_the_interval_of_a_mean_covers_as_promised() -> None:
    low, high = rate_bounds(0.95)
    assert low <= coverage(0.95) <= high
    # One that is too narrow does not pass: the bounds can tell.
    assert coverage(0.88) < low
    assert coverage(0.99) > high


def test_the_interval_of_an_auc_covers_as_promised() -> None:
    """Two normals, one deviation apart: the true area is Φ(1/√2)."""
    truth = np.arange(120) < 50
    area = NormalDist().cdf(1 / math.sqrt(2))
    held = 0
    for seed in range(ROUNDS):
        scores = np.random.default_rng([2, seed]).normal(size=120) + truth
        held += interval_counted([auc_of(truth, scores)], 120, draws=250, seed=seed)[0].holds(area)
    low, high = rate_bounds(0.95)
    assert low <= held / ROUNDS <= high


def alarms(difference: float, *, same_rows: bool) -> float:
    """How often two models, alike but for `difference`, are told apart; their errors go together."""
    raised = 0
    for seed in range(ROUNDS):
        rng = np.random.default_rng([3, seed])
        hard = rng.normal(size=80)
        one = hard + 0.3 * rng.normal(size=80)
        other = hard + 0.3 * rng.normal(size=80) - difference
        first, second = mean_of(one), mean_of(other)
        if not same_rows:  # known-wrong: each on draws of its own
            mixed = np.random.default_rng([4, seed]).permutation(80)
            second = mean_of(other[mixed])
        raised += not paired_counted(first, second, 80, draws=400, seed=seed).holds(0.0)
    return raised / ROUNDS


def test_the_paired_bootstrap_raises_as_many_false_alarms_as_promised() -> None:
    low, high = rate_bounds(0.05)
    assert low <= alarms(0.0, same_rows=True) <= high
    # Without the pairing what both find hard drowns the difference: hardly an alarm, not even a true one.
    assert alarms(0.0, same_rows=False) < low
    assert alarms(0.2, same_rows=True) > 0.95
    assert alarms(0.2, same_rows=False) < 0.3


def test_groups_are_drawn_whole() -> None:
    """Ten rows of each group are one fact: with rows drawn alone the interval is far too narrow."""
    held = {True: 0, False: 0}
    groups = np.repeat([f"g{i}" for i in range(40)], 10)
    for seed in range(ROUNDS):
        values = np.repeat(np.random.default_rng([5, seed]).normal(size=40), 10)
        for whole in held:
            found = interval_counted(
                [mean_of(values)], 400, draws=300, seed=seed, groups=groups if whole else None
            )[0]
            held[whole] += found.holds(0.0)
    # 40 groups: the percentile bootstrap of a mean of 40 covers a little less than it promises.
    low, high = rate_bounds(0.94)
    assert low <= held[True] / ROUNDS <= high
    assert held[False] / ROUNDS < 0.6


def test_it_agrees_with_scipy() -> None:
    """Another implementation, other draws: the bounds differ by the noise of 20,000 draws only."""
    values = np.random.default_rng(6).lognormal(size=60)
    ours = interval_counted([mean_of(values)], 60, draws=20_000)[0]
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(7)
    ).confidence_interval
    width = ours.high - ours.low
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_rows_and_counts_see_the_same_draws() -> None:
    values = np.random.default_rng(8).normal(size=50)
    other = values + np.random.default_rng(9).normal(size=50)
    groups = np.arange(50) // 5
    for told in (None, groups):
        by_rows = interval(
            lambda rows: float(values[rows].mean()), 50, draws=200, seed=4, groups=told
        )
        counted = interval_counted([mean_of(values)], 50, draws=200, seed=4, groups=told)[0]
        assert by_rows.low == pytest.approx(counted.low)
        assert by_rows.high == pytest.approx(counted.high)
    both = paired(
        lambda rows: float(values[rows].mean()),
        lambda rows: float(other[rows].mean()),
        50, draws=200, seed=4,
    )  # fmt: skip
    counted = paired_counted(mean_of(values), mean_of(other), 50, draws=200, seed=4)
    assert (both.low, both.high) == pytest.approx((counted.low, counted.high))


def test_a_seed_decides() -> None:
    values = np.random.default_rng(10).normal(size=30)
    one, again, other = (interval_counted([mean_of(values)], 30, seed=s)[0] for s in (1, 1, 2))
    assert one == again
    assert one != other
    assert one.draws == DRAWS


def test_many_rows_have_fewer_draws() -> None:
    assert draws_for(1000) == DRAWS
    assert draws_for(MOST_CELLS // 500) == 500
    assert draws_for(10**9) == FEWEST
    assert draws_for(0) == DRAWS
    assert draws_for(10**9, draws=50) == 50


def test_draws_on_which_a_figure_is_undefined() -> None:
    values = np.ones(20)
    some = interval_counted([lambda c: np.where(c[:, 0] > 0, c @ values / 20, np.nan)], 20)[0]
    assert (some.low, some.high) == (1.0, 1.0)
    # A row is in a draw with 64 of 100; that two rows are, with 41: undefined on more than half.
    most = interval_counted([lambda c: np.where((c[:, 0] > 0) & (c[:, 1] > 0), 1.0, np.nan)], 20)[0]
    assert math.isnan(most.low)
    assert math.isnan(most.high)
    nothing = interval(lambda rows: 1.0, 0)
    assert math.isnan(nothing.low)
