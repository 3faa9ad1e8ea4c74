"""Distances against SciPy, by hand, and by simulation."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, ks_2samp

from workbench.statistics import distances
from workbench.statistics.distances import jensen_shannon, ks_counts, ks_samples, psi

NUMBERS = st.lists(st.integers(-5, 5) | st.floats(-1e6, 1e6), min_size=1, max_size=60)
PAIRS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30)


def scipys_ks(before: object, after: object) -> float:
    # The statistic alone: of its probability for a handful of rows SciPy warns.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(ks_2samp(before, after, method="asymp").statistic)


def sides(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assume(sum(before) and sum(after))
    return before, after


@given(NUMBERS, NUMBERS)
def test_ks_of_samples_is_that_of_scipy(before: list[float], after: list[float]) -> None:
    assert ks_samples(before, after) == pytest.approx(scipys_ks(before, after), abs=1e-12)


@given(PAIRS)
def test_ks_of_counts_is_that_of_the_samples_they_count(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    places = np.arange(len(pairs))
    expected = scipys_ks(np.repeat(places, before), np.repeat(places, after))
    assert ks_counts(before, after) == pytest.approx(expected, abs=1e-12)


@given(NUMBERS, NUMBERS, st.integers(1, 20))
def test_ks_in_bins_is_short_of_it_by_the_fullest_bin_at_most(
    before: list[float], after: list[float], bins: int
) -> None:
    edges = np.histogram_bin_edges([*before, *after], bins)
    counts, others = np.histogram(before, edges)[0], np.histogram(after, edges)[0]
    fullest = max(counts.max() / counts.sum(), others.max() / others.sum())
    exact = scipys_ks(before, after)
    assert exact - fullest - 1e-9 <= ks_counts(counts, others) <= exact + 1e-9


@given(PAIRS)
def test_jensen_shannon_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    # SciPy takes the root of a rounding error, too: distances under 1e-7 are none.
    assert jensen_shannon(before, after) == pytest.approx(
        np.nan_to_num(jensenshannon(before, after, base=2)), abs=1e-7
    )


def test_psi_by_hand() -> None:
    # (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5) = 0.1 ln 1.5
    assert psi([50, 50], [400, 600]) == pytest.approx(0.1 * math.log(1.5))
    # What is gone counts as one in a thousand.
    gone = (1e-3 - 0.5) * math.log(1e-3 / 0.5) + (1 - 0.5) * math.log(1 / 0.5)
    assert psi([5, 5], [0, 7]) == pytest.approx(gone)
    assert psi([3, 4, 0], [6, 8, 0]) == 0


@given(PAIRS)
def test_psi_is_twice_the_relative_entropies(pairs: list[tuple[int, int]]) -> None:
    before, after = sides(pairs)
    p, q = (np.clip(np.array(side) / sum(side), 1e-3, None) for side in (before, after))
    expected = sum(b * math.log(b / a) + a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert psi(before, after) == pytest.approx(expected, abs=1e-9)
    assert psi(before, after) == pytest.approx(psi(after, before), abs=1e-12)


@pytest.mark.parametrize("measure", [psi, ks_counts, jensen_shannon])
@pytest.mark.parametrize("side", [[], [0, 0], [1, -1]])
def test_a_side_without_counts_has_no_distance(measure: object, side: list[int]) -> None:
    with pytest.raises(ValueError, match="counts"):
        measure([1] * len(side), side)  # type: ignore[operator]


@pytest.mark.parametrize("sample", [[], [1.0, math.nan]])
def test_an_empty_sample_has_no_distance(sample: list[float]) -> None:
    with pytest.raises(ValueError, match="numbers"):
        ks_samples(sample, [1.0])


def test_chance_of_psi_is_the_quantile_of_scipy() -> None:
    for bins in (2, 3, 10, 50):
        expected = chi2.ppf(1 - distances.ALPHA, bins - 1) * (1 / 300 + 1 / 700)
        assert distances.psi_by_chance(bins, 300, 700) == pytest.approx(expected, rel=0.04)


def test_chance_goes_beyond_its_bounds_as_seldom_as_it_should() -> None:
    draw = np.random.default_rng(5)
    rounds, n, m, bins = 1500, 300, 500, 10
    beyond_ks = beyond_psi = 0
    for _ in range(rounds):
        first, second = draw.random(n), draw.random(m)
        beyond_ks += ks_samples(first, second) > distances.ks_by_chance(n, m)
        counts = [np.histogram(side, bins, (0, 1))[0] for side in (first, second)]
        beyond_psi += psi(*counts) > distances.psi_by_chance(bins, n, m)
    # 1.5 of 1500 are expected; more than 9 has a probability under 1e-5.
    assert beyond_ks <= 9
    assert beyond_psi <= 9
    # And what differs is seen: a shift by half a spread.
    assert ks_samples(draw.normal(0, 1, n), draw.normal(0.5, 1, m)) > distances.ks_by_chance(n, m)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_near_distributions_have_a_distance_known_from_psi(seed: int) -> None:
    base = np.full(10, 100.0)
    moved = base + np.random.default_rng(seed).normal(0, 2, 10)
    expected = math.sqrt(psi(base, moved) / (8 * math.log(2)))
    assert jensen_shannon(base, moved) == pytest.approx(expected, rel=0.02)
