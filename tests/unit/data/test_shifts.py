"""Distances of stored columns against SciPy and NumPy on the raw values; by hand where none says."""

import math
import tempfile
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from workbench.data import datasets, profiling
from workbench.data.distributions import RANKS, Distribution
from workbench.data.severity import LIMITS, severity_of
from workbench.data.shape import shape_diff
from workbench.data.shifts import ks_of, shift
from workbench.project.project import Project

NUMBERS = st.lists(
    st.none() | st.integers(-4, 4) | st.floats(-1e9, 1e9, allow_nan=False), min_size=3, max_size=60
).filter(lambda values: len({v for v in values if v is not None}) > 1)
WORDS = st.lists(st.none() | st.sampled_from("abcdefgh"), min_size=4, max_size=60).filter(
    lambda values: len({v for v in values if v is not None}) > 1
)


def spread(values: list[Any], dtype: Any = None) -> Distribution:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        pl.DataFrame({"x": pl.Series(values, dtype=dtype)}).write_parquet(path)
        (found,) = profiling.compute(path).distributions
    return found


def scipys_ks(before: Any, after: Any) -> float:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(ks_2samp(before, after, method="asymp").statistic)


def there(values: list[Any]) -> np.ndarray[Any, Any]:
    return np.array([value for value in values if value is not None])


@settings(max_examples=50)
@given(NUMBERS, NUMBERS)
def test_ks_of_counted_values_is_that_of_scipy(before: list[Any], after: list[Any]) -> None:
    first, second = spread(before, pl.Float64), spread(after, pl.Float64)
    assert first.exact
    assert ks_of(first, second) == pytest.approx(scipys_ks(there(before), there(after)), abs=1e-12)


@settings(max_examples=50)
@given(NUMBERS, NUMBERS)
def test_psi_on_deciles_is_that_of_numpy(before: list[Any], after: list[Any]) -> None:
    found = shift(spread(before, pl.Float64), spread(after, pl.Float64))
    assert found is not None
    first, second = there(before), there(after)
    values = np.union1d(first, second)
    if len(values) <= 20:
        cuts = values[:-1]
    else:
        cuts = np.unique(np.quantile(first, np.arange(1, 10) / 10, method="inverted_cdf"))
        if len(cuts) == 1:
            cuts = np.array([np.nextafter(cuts[0], -np.inf), cuts[0]])
    shares = []
    for side in (first, second):
        counts = np.bincount(np.searchsorted(cuts, side, side="left"), minlength=len(cuts) + 1)
        shares.append(np.clip(counts / len(side), 1e-3, None))
    p, q = shares
    assert found.psi == pytest.approx(float(np.sum((q - p) * np.log(q / p))), abs=1e-9)


@settings(max_examples=50)
@given(WORDS, WORDS)
def test_categories_are_those_of_scipy(before: list[Any], after: list[Any]) -> None:
    found = shift(spread(before, pl.String), spread(after, pl.String))
    assert found is not None
    words = sorted(set(there(before)) | set(there(after)))
    counts = [[values.count(word) for word in words] for values in (before, after)]
    expected = np.nan_to_num(jensenshannon(*counts, base=2))
    assert found.jensen_shannon == pytest.approx(expected, abs=1e-7)
    p, q = (np.clip(np.array(side) / sum(side), 1e-3, None) for side in counts)
    assert found.psi == pytest.approx(float(np.sum((q - p) * np.log(q / p))), abs=1e-9)
    assert found.ks is None
    shares = dict(zip(found.labels, zip(found.before, found.after, strict=True), strict=True))
    for word, one, other in zip(words, *counts, strict=True):
        assert shares[word] == pytest.approx(
            (one / sum(counts[0]), other / sum(counts[1])), abs=1e-6
        )


@pytest.mark.parametrize("skewed", [False, True])
def test_a_sketch_is_near_the_samples(monkeypatch: pytest.MonkeyPatch, skewed: bool) -> None:
    monkeypatch.setattr(profiling, "COUNTED", 50)
    draw = np.random.default_rng(3)
    before = draw.lognormal(0, 3, 20_000) if skewed else draw.normal(0, 1, 20_000)
    after = np.concatenate(
        [before[:14_000] * 1.1, np.full(6_000, 0.5)]
    )  # with a value of many rows
    first, second = spread(before.tolist()), spread(after.tolist())
    assert not first.exact
    assert len(first.points) == RANKS + 1
    assert ks_of(first, second) == pytest.approx(scipys_ks(before, after), abs=2 / RANKS)
    found = shift(first, second)
    assert found is not None
    assert found.severity == "high"
    cuts = np.quantile(before, np.arange(1, 10) / 10)
    shares = [
        np.diff([0, *(np.mean(side[:, None] <= cuts, axis=0)), 1]) for side in (before, after)
    ]
    expected = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
    assert found.psi == pytest.approx(expected, abs=0.03)


def test_too_many_words_keep_the_most_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "COUNTED", 50)
    rare = [f"w{n % 300}" for n in range(600)]
    first, second = spread(["a"] * 400 + rare), spread(["a"] * 100 + ["b"] * 300 + rare)
    assert (first.exact, first.filled, first.values[0], first.counts[0]) == (False, 1000, "a", 400)
    found = shift(first, second)
    assert found is not None
    assert found.severity == "high"


def test_chance_is_no_shift() -> None:
    draw = np.random.default_rng(7)
    first, second = (spread(draw.normal(0, 1, 60).tolist()) for _ in range(2))
    found = shift(first, second)
    assert found is not None
    assert found.psi > LIMITS["psi"][0]  # so few rows differ by this much, and mean nothing
    assert (found.severity, found.chance) == (None, True)


def test_the_picture_runs_between_the_ends_as_written() -> None:
    days = [date(2020, 1, 1) + timedelta(n) for n in range(400)]
    found = shift(spread(days[:200]), spread(days[200:]))
    assert found is not None
    assert (found.low, found.high) == ("2020-01-02", "2021-02-01")
    assert sum(found.before) == pytest.approx(1, abs=1e-4)
    assert found.before[-1] == 0 == found.after[0]
    assert found.ks == 1


def test_numbers_and_words_have_no_distance() -> None:
    assert shift(spread([1, 2, 3]), spread(["a", "b", "a"])) is None


@pytest.mark.parametrize(
    ("measure", "distance", "severity"),
    [
        ("psi", 0.049, None),
        ("psi", 0.05, "low"),
        ("psi", 0.1, "medium"),
        ("psi", 0.25, "high"),
        ("ks", 0.1, "medium"),
        ("ks", 0.2, "high"),
        ("jensen_shannon", 0.0999, "low"),
        ("jensen_shannon", 0.3, "high"),
    ],
)
def test_limits(measure: str, distance: float, severity: str | None) -> None:
    assert severity_of(measure, distance) == severity


def test_a_diff_tells_the_distances_of_every_column(project: Project, tmp_path: Path) -> None:
    rows = 500
    table = {
        "id": [f"row{n}" for n in range(rows)],
        "x": [float(n % 50) for n in range(rows)],
        "k": ["ab"[n % 2] for n in range(rows)],
        "note": [f"some words about the row {n}" for n in range(rows)],
        "list": [[n] for n in range(rows)],
        "nan": [math.nan if n % 2 else float(n) for n in range(rows)],
        "none": pl.Series([None] * rows, dtype=pl.Float64),
    }
    pl.DataFrame(table).write_parquet(tmp_path / "t.parquet")
    before = datasets.add(project, tmp_path / "t.parquet", name="t")
    pl.DataFrame(table | {"x": [float(n % 50 + 25) for n in range(rows)]}).write_parquet(
        tmp_path / "t.parquet"
    )
    found = shape_diff(project, before, datasets.add(project, tmp_path / "t.parquet", name="t"))
    assert {one.column: one.severity for one in found.shifts} == {
        "x": "high",
        "k": None,
        "nan": None,
    }
    told = next(one for one in found.differences if one.kind == "distribution")
    assert told.figures["ks"] == 0.5
    assert told.what.startswith("x has shifted: PSI ")
    assert found.shift("x") == found.shifts[0]
    assert found.shift("id") is None
