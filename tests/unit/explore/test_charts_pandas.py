"""The figures that charts show of groups, bins and parts against pandas' groupby, resample, cut and corr."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.options import Value
from workbench.plugins import load

FEW = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
ODD = st.sampled_from([None, math.nan, math.inf, -math.inf])
NUMBERS = st.integers(-64, 64).map(lambda n: n / 4) | ODD
WORDS = st.none() | st.sampled_from(["a", "b", "c", "漢"])
GROUPS = st.sampled_from(["x", "y", "z"])
START = datetime(2012, 2, 27, 22, tzinfo=UTC)
MOMENTS = st.integers(0, 60 * 24 * 400).map(lambda m: START + timedelta(minutes=m))

Rows = list[tuple[Any, ...]]


def tables(rows: Rows, **types: Any) -> tuple[pl.DataFrame, pd.DataFrame]:
    """Return the rows as a table of Polars, and of pandas with NaN for what has no place on an axis."""
    columns = dict(zip(types, zip(*rows, strict=True), strict=True))
    ours = pl.DataFrame([pl.Series(n, columns[n], dtype) for n, dtype in types.items()])
    theirs = pd.DataFrame({name: pd.Series(list(values)) for name, values in columns.items()})
    for name, dtype in types.items():
        if dtype == pl.Float64:
            theirs[name] = theirs[name].astype("float64").replace([math.inf, -math.inf], math.nan)
    return ours, theirs


def figures(
    kind: str, frame: pl.DataFrame, *columns: str, group: str = "", **options: Value
) -> Any:
    return load("charts", kind).compute(frame.lazy(), columns, options, group=group).data


def same(value: float | None, expected: float) -> bool:
    if math.isnan(expected):
        return value is None
    return value == pytest.approx(expected, abs=1e-9)


@FEW
@given(
    st.lists(st.tuples(WORDS, NUMBERS, GROUPS), min_size=1, max_size=60),
    st.sampled_from(["mean", "sum", "min", "max"]),
)
def test_bars_of_groups(rows: Rows, of: str) -> None:
    ours, theirs = tables(rows, k=pl.String, v=pl.Float64, g=pl.String)
    found = figures("bar", ours, "k", "v", group="g", of=of)
    cells = theirs.groupby(["k", "g"])["v"]
    expected = cells.sum(min_count=1) if of == "sum" else cells.agg(of)
    sizes = theirs.groupby(["k", "g"]).size()
    assert set(found["values"]) == set(theirs["k"].dropna())
    for at, value in enumerate(found["values"]):
        for place, label in enumerate(found["labels"]):
            key = (value, label)
            assert found["rows_of"][at][place] == sizes.get(key, 0)
            assert same(found["sizes_of"][at][place], float(expected.get(key, math.nan)))


FREQUENCIES = {
    "hour": "h",
    "6-hours": "6h",
    "day": "D",
    "week": "W-MON",
    "month": "MS",
    "quarter": "QS",
    "year": "YS",
}


@FEW
@given(
    st.lists(st.tuples(MOMENTS, NUMBERS, GROUPS), min_size=1, max_size=60),
    st.sampled_from(sorted(FREQUENCIES)),
    st.sampled_from(["mean", "sum", "min", "max", "std", "count"]),
)
def test_lines_of_groups_over_time(rows: Rows, every: str, of: str) -> None:
    if every == "hour":  # an axis has at most 2,000 bins
        rows = [(START + (t - START) / 8, *rest) for t, *rest in rows]
    ours, theirs = tables(rows, t=pl.Datetime("us", "UTC"), v=pl.Float64, g=pl.String)
    found = figures("line", ours, "t", "v", group="g", every=every, of=of)
    starts = [pd.Timestamp(at, unit="s", tz="UTC") for at in found["at"]]
    by = pd.Grouper(key="t", freq=FREQUENCIES[every], label="left", closed="left")
    assert found["rows_of"] == theirs.groupby(by).size().tolist()
    for label, curve in zip(found["labels"], found["curves"], strict=True):
        bins = theirs[theirs["g"] == label].groupby(by)["v"].agg(of)
        nothing = 0.0 if of in {"sum", "count"} else math.nan
        expected = [float(bins.get(start, nothing)) for start in starts]
        assert all(map(same, curve, expected)), (curve, expected)


@FEW
@given(st.lists(st.tuples(WORDS, NUMBERS, GROUPS), min_size=1, max_size=60))
def test_the_mean_of_a_target_by_words(rows: Rows) -> None:
    ours, theirs = tables(rows, k=pl.String, y=pl.Float64, g=pl.String)
    found = figures("target", ours, "k", "y", group="g")
    told = theirs.assign(k=theirs["k"].fillna("missing")).dropna(subset="y")
    whole = told.groupby("k")["y"].agg(["count", "mean", "sem"])
    split = told.groupby(["k", "g"])["y"].agg(["count", "mean"])
    assert {part["label"] for part in found["parts"]} == set(whole.index)
    for part in found["parts"]:
        count, mean, sem = whole.loc[part["label"]]
        assert (part["n"], part["mean"]) == (count, pytest.approx(mean))
        if count > 1:
            half = stats.norm.ppf(0.975) * sem
            assert (part["low"], part["high"]) == pytest.approx(
                (mean - half, mean + half), abs=1e-9
            )
        for label, inside in zip(found["labels"], part["groups"], strict=True):
            count, mean = split.loc[(part["label"], label)] if inside["n"] else (0, math.nan)
            assert (
                inside["n"] == count == ((told["k"] == part["label"]) & (told["g"] == label)).sum()
            )
            assert same(inside["mean"], mean)
    assert found["overall"]["n"] == len(told)
    assert same(found["overall"]["mean"], told["y"].mean())


@FEW
@given(st.lists(st.tuples(st.integers(0, 640), st.booleans()), min_size=2, max_size=80))
def test_the_rate_of_a_target_in_stretches(rows: Rows) -> None:
    ours, theirs = tables(rows, x=pl.Int64, y=pl.Boolean)
    low, high = theirs["x"].min(), theirs["x"].max()
    assume(high > low and theirs["y"].nunique() == 2)
    found = figures("target", ours, "x", "y", width="length", bins=8)
    edges = np.linspace(low, high, 9)
    parts = pd.cut(theirs["x"], [*edges[:-1], np.inf], right=False)
    expected = theirs.groupby(parts, observed=True)["y"].agg(["size", "mean"])
    assert [part["n"] for part in found["parts"]] == expected["size"].tolist()
    assert [part["mean"] for part in found["parts"]] == pytest.approx(expected["mean"].tolist())


@FEW
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=2, max_size=60),
    st.sampled_from(["pearson", "spearman"]),
)
def test_correlations_of_pairs_with_gaps(rows: Rows, method: Any) -> None:
    ours, theirs = tables(rows, a=pl.Float64, b=pl.Float64, c=pl.Float64)
    found = figures("correlation", ours, "a", "b", "c", method=method)
    expected = theirs.corr(method=method, min_periods=2)
    for at, one in enumerate(found["columns"]):
        for place, other in enumerate(found["columns"]):
            pair = theirs[[one, other]].dropna()
            alone = len(pair) < 2 or pair.nunique().min() < 2  # nothing varies: pandas divides by 0
            if not alone and one != other:
                assert same(found["values"][at][place], expected.loc[one, other])
            elif one != other:
                assert found["values"][at][place] is None


@FEW
@given(st.lists(st.tuples(NUMBERS, GROUPS), min_size=1, max_size=60))
def test_boxes_of_groups(rows: Rows) -> None:
    ours, theirs = tables(rows, v=pl.Float64, g=pl.String)
    for box in figures("box", ours, "v", group="g")["boxes"]:
        inside = theirs.loc[theirs["g"] == box["label"], "v"]
        assert box["n"] == inside.count()
        if box["n"]:
            quarters = inside.quantile([0.25, 0.5, 0.75]).tolist()
            assert [box["q1"], box["median"], box["q3"]] == pytest.approx(quarters)
