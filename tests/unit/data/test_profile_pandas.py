"""The figures of a profile against those that pandas finds in the same file."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import profiling
from workbench.data.profile import QUANTILES, ColumnProfile

WHOLE = st.none() | st.integers(-40, 40)
BROKEN = st.none() | st.integers(-400, 400).map(lambda n: n / 8)
WORDS = st.none() | st.text(st.sampled_from("ab 漢é\u0301"), max_size=4)
YES_NO = st.none() | st.booleans()
MOMENTS = st.none() | st.integers(0, 10**6).map(
    lambda minutes: datetime(1999, 12, 31, 23, tzinfo=UTC) + timedelta(minutes=minutes)
)
TYPES = {
    "whole": "Int64",
    "broken": "Float64",
    "words": "string",
    "yes": "boolean",
    "moment": "datetime64[us, UTC]",
}
TABLES = st.lists(st.tuples(WHOLE, BROKEN, WORDS, YES_NO, MOMENTS), min_size=1, max_size=90)


def both(rows: list[tuple[Any, ...]]) -> tuple[pd.DataFrame, dict[str, ColumnProfile]]:
    """Let pandas make the table and its file; return it beside the profile of that file."""
    columns = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=dtype)
            for (name, dtype), values in zip(TYPES.items(), columns, strict=True)
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        frame.to_parquet(path, row_group_size=16)
        found = profiling.compute(path).columns
    return frame, {column.name: column for column in found}


@settings(max_examples=60)
@given(TABLES)
def test_counts_and_top_values(rows: list[tuple[Any, ...]]) -> None:
    frame, found = both(rows)
    assert list(found) == list(frame.columns)
    for name, column in found.items():
        values = frame[name]
        assert column.nulls == int(values.isna().sum())
        assert (column.distinct, column.distinct_exact) == (values.nunique(), True)
        counts = values.value_counts()
        assert [one.count for one in column.top] == counts.head(20).tolist()
        for one in column.top:
            value = pd.Timestamp(str(one.value)) if name == "moment" else one.value
            assert one.count == int((values == value).sum())


@settings(max_examples=60)
@given(TABLES)
def test_numbers(rows: list[tuple[Any, ...]]) -> None:
    frame, found = both(rows)
    for name in ("whole", "broken"):
        values, column = frame[name].dropna().astype("float64"), found[name]
        if not len(values):
            assert (column.mean, column.minimum, column.quantiles) == (None, None, {})
            continue
        told = values.describe()
        assert column.mean == pytest.approx(told["mean"], abs=1e-12)
        assert (column.minimum, column.maximum) == (told["min"], told["max"])
        if len(values) > 1:
            assert column.std == pytest.approx(told["std"], abs=1e-12)
        else:
            assert column.std is None
        quantiles = values.quantile(list(QUANTILES))
        assert [float(column.quantiles[f"{q:g}"]) for q in QUANTILES] == pytest.approx(  # type: ignore[arg-type]
            quantiles.tolist(), abs=1e-9
        )
        assert column.zeros == int((values == 0).sum())
        assert column.negatives == int((values < 0).sum())
        n = len(values)
        if n > 2 and values.std() > 1e-9:  # pandas' G1 is g1 made larger for small samples
            adjusted = column.skew * np.sqrt(n * (n - 1)) / (n - 2)  # type: ignore[operator]
            assert adjusted == pytest.approx(values.skew(), abs=1e-9)


@settings(max_examples=60)
@given(TABLES)
def test_words_and_moments(rows: list[tuple[Any, ...]]) -> None:
    frame, found = both(rows)
    words, column = frame["words"].dropna(), found["words"]
    if len(words):
        sizes = words.str.len()
        assert (column.shortest, column.longest) == (sizes.min(), sizes.max())
        assert column.mean_length == pytest.approx(sizes.mean())
        assert column.empty == int((words == "").sum())
        assert (column.minimum, column.maximum) == (words.min(), words.max())
    moments, column = frame["moment"].dropna(), found["moment"]
    if len(moments):
        assert pd.Timestamp(str(column.minimum)) == moments.min()
        assert pd.Timestamp(str(column.maximum)) == moments.max()
        for q in QUANTILES:
            off = pd.Timestamp(str(column.quantiles[f"{q:g}"])) - moments.quantile(q)
            assert abs(off) <= pd.Timedelta(2, "us")


def test_a_table_longer_than_the_sample() -> None:
    random = np.random.default_rng(3)
    rows = 240_000
    frame = pd.DataFrame(
        {
            "gain": random.lognormal(size=rows),
            "kind": pd.Series(random.zipf(1.6, rows).clip(max=900)).map("k{}".format),
        }
    )
    frame.loc[frame.index % 7 == 0, "gain"] = np.nan
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        frame.to_parquet(path, row_group_size=50_000)
        gain, kind = profiling.compute(path).columns
    told = frame["gain"].describe()
    assert (gain.nulls, gain.minimum, gain.maximum) == (
        int(frame["gain"].isna().sum()),
        told["min"],
        told["max"],
    )
    assert (gain.mean, gain.std) == pytest.approx((told["mean"], told["std"]))
    ranks = frame["gain"].dropna().rank(pct=True)
    for q in QUANTILES:
        below = ranks[frame["gain"] <= float(gain.quantiles[f"{q:g}"])].max()  # type: ignore[arg-type]
        assert below == pytest.approx(
            q, abs=0.0057
        )  # 1 in 100 is farther off: 85,714 in the sample
    counts = frame["kind"].value_counts()
    assert kind.distinct == len(counts)
    assert {one.value: one.count for one in kind.top} == counts.head(20).to_dict()
