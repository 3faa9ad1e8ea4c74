"""The numbers of the charts against NumPy and SciPy, on tables that hypothesis makes."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import BadInput
from workbench.explore.contract import Figures
from workbench.options import Value
from workbench.plugins import load

FEW = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))

NUMBERS = st.one_of(
    st.none(),
    st.integers(-64, 64).map(lambda n: n / 4),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
WORDS = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "漢", ""]))


def figures(
    kind: str, frame: pl.DataFrame, *columns: str, group: str = "", **options: Value
) -> Figures:
    found: Figures = load("charts", kind).compute(frame.lazy(), columns, options, group=group)
    return found


def finite(values: list[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([v for v in values if v is not None and math.isfinite(v)], np.float64)


def floats(name: str, values: list[float | None]) -> pl.Series:
    return pl.Series(name, values, pl.Float64)


@FEW
@given(st.lists(NUMBERS, max_size=60), st.sampled_from([2, 4, 8, 16]))
def test_histogram(values: list[float | None], bins: int) -> None:
    found = figures("histogram", pl.DataFrame([floats("x", values)]), "x", bins=bins).data
    there = finite(values)
    assert sum(found["counts"]) == len(there)
    if len(there) and np.ptp(there) > 0:
        counts, edges = np.histogram(there, bins=bins)
        assert found["edges"] == pytest.approx(edges.tolist())
        # At an edge that is no round number either neighbour is right by a rounding error.
        inner = edges[1:-1]
        near = np.abs(there[:, None] - inner[None, :]).min(axis=1, initial=1.0) < 1e-9
        if not near.any():
            assert found["counts"] == counts.tolist()


@FEW
@given(st.lists(st.tuples(NUMBERS, WORDS), max_size=60))
def test_groups_share_out_the_rows(rows: list[tuple[float | None, str | None]]) -> None:
    frame = pl.DataFrame(
        [floats("x", [x for x, _ in rows]), pl.Series("g", [g for _, g in rows], pl.String)]
    )
    found = figures("histogram", frame, "x", group="g").data
    names = {'""': "", "missing": None}
    for label, counts in zip(found["labels"], found["counts"], strict=False):
        of = [x for x, g in rows if label and g == names.get(label, label)]
        assert sum(counts) == len(finite(of))
    sizes = Counter(g for _, g in rows)
    assert sum(found["sizes"]) == len(rows)
    assert sorted(found["sizes"], reverse=True) == sorted(sizes.values(), reverse=True) or not rows


@FEW
@given(st.lists(st.floats(-50, 50), min_size=3, max_size=200), st.sampled_from([0.5, 1.0, 3.0]))
def test_density(values: list[float], smooth: float) -> None:
    there = np.array(values)
    if there.std() < 1e-3:
        return
    found = figures("density", pl.DataFrame([floats("x", list(values))]), "x", smooth=smooth).data
    curve = found["curves"][0]
    kernel = stats.gaussian_kde(there, bw_method=lambda k: k.scotts_factor() * smooth)
    assert curve["bandwidth"] == pytest.approx(math.sqrt(kernel.covariance[0, 0]))
    places = np.linspace(there.min(), there.max(), len(curve["y"]))
    expected = kernel(places)
    assert np.abs(np.array(curve["y"]) - expected).max() <= 0.02 * expected.max()


@FEW
@given(st.lists(st.tuples(NUMBERS, st.sampled_from("ab")), min_size=1, max_size=80))
def test_box(rows: list[tuple[float | None, str]]) -> None:
    frame = pl.DataFrame([floats("x", [x for x, _ in rows]), pl.Series("g", [g for _, g in rows])])
    found = figures("box", frame, "x", group="g").data
    for box in found["boxes"]:
        there = finite([x for x, g in rows if g == box["label"]])
        assert box["n"] == len(there)
        if not len(there):
            continue
        low, median, high = np.quantile(there, [0.25, 0.5, 0.75])
        assert (box["q1"], box["median"], box["q3"]) == pytest.approx((low, median, high))
        inside = there[(there >= low - 1.5 * (high - low)) & (there <= high + 1.5 * (high - low))]
        assert (box["from"], box["to"]) == (inside.min(), inside.max())
        assert box["below"] + box["above"] == len(there) - len(inside)
        assert box["mean"] == pytest.approx(there.mean())


@FEW
@given(st.lists(st.tuples(NUMBERS, NUMBERS, WORDS), max_size=80), st.sampled_from([0, 1000]))
def test_scatter_counts_every_row_once(
    rows: list[tuple[float | None, float | None, str | None]], points: int
) -> None:
    xs, ys = [r[0] for r in rows], [r[1] for r in rows]
    words = pl.Series("g", [r[2] for r in rows], pl.String)
    frame = pl.DataFrame([floats("x", xs), floats("y", ys), words])
    both = [(x, y) for x, y in zip(xs, ys, strict=True) if len(finite([x, y])) == 2]
    for group in ("", "g"):
        found = figures("scatter", frame, "x", "y", points=points, group=group, bins=16).data
        assert found["n"] == len(both)
        if found["kind"] == "grid":
            assert sum(cell[3] for cell in found["cells"]) == len(both)
            assert all(0 <= c[0] < 16 and 0 <= c[1] < 8 and c[3] > 0 for c in found["cells"])
        elif found["kind"] == "points":
            drawn = zip(found["points"]["x"], found["points"]["y"], strict=True)
            assert sorted(drawn) == sorted(both)
        if len({x for x, _ in both}) > 1 and len({y for _, y in both}) > 1:
            r = stats.pearsonr([x for x, _ in both], [y for _, y in both]).statistic
            assert found["r"] == pytest.approx(r, abs=1e-9)


@FEW
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, WORDS, st.sampled_from("xyz")), min_size=2, max_size=60),
    st.sampled_from(["pearson", "spearman"]),
)
def test_correlations(
    rows: list[tuple[float | None, float | None, str | None, str]], method: str
) -> None:
    a, b, w, v = (list(column) for column in zip(*rows, strict=True))
    frame = pl.DataFrame(
        [floats("a", a), floats("b", b), pl.Series("w", w, pl.String), pl.Series("v", v, pl.String)]
    )
    found = figures("correlation", frame, "a", "b", "w", "v", method=method).data
    at = {name: place for place, name in enumerate(found["columns"])}

    def value(one: str, other: str) -> float | None:
        first, second = found["values"][at[one]][at[other]], found["values"][at[other]][at[one]]
        assert first == second
        return first  # type: ignore[no-any-return]  # out of the figures

    pairs = [(x, y) for x, y in zip(a, b, strict=True) if len(finite([x, y])) == 2]
    if len({x for x, _ in pairs}) > 1 and len({y for _, y in pairs}) > 1:
        oracle = stats.pearsonr if method == "pearson" else stats.spearmanr
        expected = oracle([x for x, _ in pairs], [y for _, y in pairs]).statistic
        assert value("a", "b") == pytest.approx(expected, abs=1e-9)
    else:
        assert value("a", "b") is None
    if "w" in at:
        words = [(x, y) for x, y in zip(w, v, strict=True) if x is not None]
        table = stats.contingency.crosstab([x for x, _ in words], [y for _, y in words]).count
        if min(table.shape) > 1:
            expected = stats.contingency.association(table, method="cramer")
            assert value("w", "v") == pytest.approx(expected)
        else:
            assert value("w", "v") is None
    numbers = [(x, y) for x, y in zip(a, v, strict=True) if len(finite([x]))]
    xs = np.array([x for x, _ in numbers], np.float64)
    if len(numbers) > 1 and np.ptp(xs) > 0:
        means = np.array([xs[[y == one for _, y in numbers]].mean() for _, one in numbers])
        expected = math.sqrt(((means - xs.mean()) ** 2).sum() / ((xs - xs.mean()) ** 2).sum())
        assert value("a", "v") == pytest.approx(expected, abs=1e-7)


def test_correlation_keeps_what_is_small_beside_what_is_large() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=5000)
    y = 0.3 * x + random.normal(size=5000)
    frame = pl.DataFrame({"x": 1e9 + x, "y": y * 1e-12, "far": 1e140 * x})
    found = figures("correlation", frame).data["values"]
    expected = np.corrcoef(np.stack([frame["x"].to_numpy(), y, x]))
    assert np.array(found, np.float64) == pytest.approx(expected, abs=1e-6)


START = datetime(2012, 2, 27, 22, tzinfo=UTC)
MOMENTS = st.one_of(
    st.none(), st.integers(0, 60 * 24 * 70).map(lambda m: START + timedelta(minutes=m))
)


@FEW
@given(
    st.lists(st.tuples(MOMENTS, NUMBERS), min_size=1, max_size=60),
    st.sampled_from(["hour", "6-hours", "day", "week", "month", "quarter", "year"]),
    st.sampled_from(["mean", "sum", "min", "max", "count"]),
)
def test_line_over_time(
    rows: list[tuple[datetime | None, float | None]], every: str, of: str
) -> None:
    frame = pl.DataFrame(
        [
            pl.Series("t", [t for t, _ in rows], pl.Datetime("us", "UTC")),
            floats("v", [v for _, v in rows]),
        ]
    )
    found = figures("line", frame, "t", "v", every=every, of=of).data
    bins: dict[datetime, list[float | None]] = {}
    for moment, value in rows:
        if moment is not None:
            bins.setdefault(begin(moment, every), []).append(value)
    got = {
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at): value
        for at, value in zip(
            found["at"], found["curves"][0] if found["curves"] else [], strict=True
        )
    }
    assert sum(found.get("rows_of", [])) == sum(map(len, bins.values()))
    sums = {"mean": np.mean, "sum": np.sum, "min": np.min, "max": np.max, "count": len}
    for start, values in bins.items():
        there = finite(values)
        if len(there):
            assert got[start] == pytest.approx(sums[of](there))
        else:
            assert not got[start]
    for start in set(got) - set(bins):
        assert got[start] == (0.0 if of in {"sum", "count"} else None)
    assert list(got) == sorted(got)


def begin(moment: datetime, every: str) -> datetime:
    day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    hours = {"hour": moment.hour, "6-hours": moment.hour // 6 * 6}
    if every in hours:
        return day + timedelta(hours=hours[every])
    return {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
        "year": day.replace(month=1, day=1),
    }[every]


def test_line_takes_dates_and_says_what_is_too_much() -> None:
    days = [date(2010, 1, 1) + timedelta(days=n) for n in range(1500)]
    frame = pl.DataFrame(
        {
            "d": days,
            "m": [datetime(2010, 1, 1, tzinfo=UTC), *[datetime(2014, 1, 1, tzinfo=UTC)] * 1499],
        }
    )
    found = figures("line", frame, "d").data
    assert found["every"] == "month"
    assert found["curves"][0][:2] == [31.0, 28.0]
    with pytest.raises(BadInput, match="too many bins"):
        figures("line", frame, "m", every="second")


@FEW
@given(st.lists(st.tuples(WORDS, NUMBERS), max_size=60))
def test_missing(rows: list[tuple[str | None, float | None]]) -> None:
    frame = pl.DataFrame(
        [pl.Series("w", [w for w, _ in rows], pl.String), floats("x", [x for _, x in rows])]
    )
    found = figures("missing", frame, bins=7).data
    gone = {
        "w": [w is None for w, _ in rows],
        "x": [x is None or math.isnan(x) for _, x in rows],
    }
    for name, counts in zip(found["columns"], found["bins"], strict=True):
        assert sum(counts) == sum(gone[name])
    assert set(found["columns"]) == {name for name, flags in gone.items() if any(flags)}
    assert sum(found["sizes"]) == (len(rows) if found["columns"] else 0)
    both = sum(w and x for w, x in zip(gone["w"], gone["x"], strict=True))
    told = [one["rows"] for one in found["together"] if set(one["columns"]) == {"w", "x"}]
    assert sum(told) == both


def test_missing_finds_where_in_the_rows() -> None:
    frame = pl.DataFrame({"x": [None if n >= 75 else 1 for n in range(100)], "y": range(100)})
    found = figures("missing", frame, bins=20).data
    assert found["columns"] == ["x"]
    assert found["bins"][0] == [0] * 15 + [5] * 5


def test_target_rate_has_wilsons_interval() -> None:
    late = [n % 4 == 0 for n in range(80)] + [True, False, None]
    frame = pl.DataFrame({"k": ["a"] * 80 + ["b"] * 3, "late": late})
    first, second = figures("target", frame, "k", "late").data["parts"]
    interval = stats.binomtest(20, 80).proportion_ci(method="wilson")
    assert (first["n"], first["mean"]) == (80, 0.25)
    assert (first["low"], first["high"]) == pytest.approx((interval.low, interval.high))
    assert (second["n"], second["mean"]) == (2, 0.5)


@FEW
@given(st.lists(st.tuples(NUMBERS, st.integers(0, 9)), min_size=1, max_size=80))
def test_target_mean(rows: list[tuple[float | None, int]]) -> None:
    frame = pl.DataFrame(
        [floats("y", [y for y, _ in rows]), pl.Series("x", [x for _, x in rows], pl.Int64)]
    )
    found = figures("target", frame, "x", "y", bins=10).data
    there = finite([y for y, _ in rows])
    assert found["overall"]["n"] == len(there)
    assert sum(part["n"] for part in found["parts"]) == len(there)
    for part in found["parts"]:
        inside = finite([y for y, x in rows if str(x) == part["label"]])
        assert part["mean"] == pytest.approx(inside.mean())
        if len(inside) > 1:
            half = stats.norm.ppf(0.975) * stats.sem(inside)
            assert part["high"] - part["mean"] == pytest.approx(half, abs=1e-9)


def test_target_parts_hold_equal_rows_of_a_long_feature() -> None:
    random = np.random.default_rng(2)
    frame = pl.DataFrame({"x": random.exponential(size=10_000), "y": random.normal(size=10_000)})
    parts = figures("target", frame, "x", "y", bins=8).data["parts"]
    assert sum(part["n"] for part in parts) == 10_000
    assert all(1200 < part["n"] < 1300 for part in parts)


def test_target_refuses_a_value_that_is_not_there() -> None:
    frame = pl.DataFrame({"x": [1, 2], "y": ["no", "yes"]})
    assert figures("target", frame, "x", "y", positive="yes").data["parts"][1]["mean"] == 1.0
    with pytest.raises(BadInput, match="has no value maybe"):
        figures("target", frame, "x", "y", positive="maybe")


@FEW
@given(st.lists(st.tuples(WORDS, NUMBERS, st.sampled_from("xy")), max_size=60))
def test_bars(rows: list[tuple[str | None, float | None, str]]) -> None:
    frame = pl.DataFrame(
        [
            pl.Series("k", [k for k, _, _ in rows], pl.String),
            floats("v", [v for _, v, _ in rows]),
            pl.Series("g", [g for _, _, g in rows], pl.String),
        ]
    )
    counts = Counter(k for k, _, _ in rows if k is not None)
    found = figures("bar", frame, "k").data
    assert dict(zip(found["values"], [s[0] for s in found["sizes_of"]], strict=True)) == counts
    split = figures("bar", frame, "k", group="g").data
    assert [sum(sizes) for sizes in split["sizes_of"]] == [s[0] for s in found["sizes_of"]]
    means = figures("bar", frame, "k", "v").data
    for label, sizes in zip(means["values"], means["sizes_of"], strict=True):
        there = finite([v for k, v, _ in rows if k == label])
        assert sizes[0] == (pytest.approx(there.mean()) if len(there) else None)


def test_more_values_than_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.charts.counting.MANY", 10)
    names = ["often"] * 50 + [f"w{n}" for n in range(500)]
    found = figures("histogram", pl.DataFrame({"k": names}), "k", top=1)
    assert found.data["values"] == ["often"]
    assert found.data["counts"] == [50]
    assert "about" in found.title


@pytest.mark.parametrize(
    ("kind", "columns", "group", "code"),
    [
        ("scatter", ("x",), "", "chart.column"),
        ("scatter", ("x", "y", "x"), "", "chart.column"),
        ("scatter", ("x", "w"), "", "chart.type"),
        ("density", ("w",), "", "chart.type"),
        ("line", ("t", "x", "y"), "w", "chart.group"),
        ("box", ("x",), "y", "chart.group"),
        ("box", ("x",), "nowhere", "chart.column"),
    ],
)
def test_refused(kind: str, columns: tuple[str, ...], group: str, code: str) -> None:
    frame = pl.DataFrame(
        {
            "x": range(30),
            "y": [n / 7 for n in range(30)],
            "w": ["a"] * 30,
            "t": [date(2020, 1, 1)] * 30,
        }
    )
    with pytest.raises(BadInput) as refusal:
        figures(kind, frame, *columns, group=group)
    assert refusal.value.code == code
