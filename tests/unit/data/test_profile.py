"""Profiles against numpy and plain Python; roles by a table of cases."""

import datetime as dt
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import datasets, profiling
from workbench.data.profile import ColumnProfile, Profile, kept_at, profile
from workbench.data.roles import Facts, infer_roles, role_of
from workbench.project.project import Project


def profiled(frame: pl.DataFrame, folder: Path, group: int = 3) -> tuple[ColumnProfile, ...]:
    path = folder / "t.parquet"
    frame.write_parquet(path, row_group_size=group)
    return profiling.compute(path).columns


FLOATS = st.lists(st.none() | st.floats(width=32, allow_subnormal=False), min_size=1, max_size=40)


@settings(max_examples=80)
@given(FLOATS)
def test_floats_against_numpy(values: list[float | None]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (column,) = profiled(pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)}), Path(folder))
    there = [value for value in values if value is not None]
    finite = np.array([value for value in there if math.isfinite(value)])
    assert column.nulls == len(values) - len(there)
    assert column.not_finite == len(there) - len(finite)
    assert sum(column.counts) == len(finite)
    if len(finite):
        assert column.minimum == finite.min()
        assert column.maximum == finite.max()
        assert column.zeros == int((np.array(there) == 0).sum())
        assert column.negatives == int((np.array(there) < 0).sum())
        for name, value in column.quantiles.items():
            scale = max(1.0, float(np.abs(finite).max()))
            assert float(value) == pytest.approx(np.quantile(finite, float(name)), abs=1e-9 * scale)  # type: ignore[arg-type]
    if len(finite) == len(there) > 1:
        assert float(column.mean) == pytest.approx(
            finite.mean(), rel=1e-6, abs=1e-6 * np.abs(finite).max()
        )  # type: ignore[arg-type]


@settings(max_examples=60)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60))
def test_histograms_against_numpy(values: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (column,) = profiled(pl.DataFrame({"x": values}), Path(folder))
    edges = np.array(column.edges, float)
    expected, _ = np.histogram(values, bins=edges)
    # numpy closes the last bin; a value on an inner edge may round to either side.
    assert sum(column.counts) == len(values)
    assert np.abs(np.cumsum(column.counts) - np.cumsum(expected)).max() <= max(
        Counter(values).values()
    )
    if max(values) - min(values) < 40:
        assert list(column.counts) == [
            Counter(values)[n] for n in range(min(values), max(values) + 1)
        ]


@settings(max_examples=60)
@given(st.lists(st.none() | st.text(max_size=5), min_size=1, max_size=40))
def test_texts_against_python(values: list[str | None]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (column,) = profiled(pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}), Path(folder))
    there = [value for value in values if value is not None]
    counts = Counter(there)
    assert (column.nulls, column.distinct) == (len(values) - len(there), len(counts))
    assert {one.value: one.count for one in column.top}.items() <= counts.items()
    assert [one.count for one in column.top] == sorted(counts.values(), reverse=True)[:20]
    if there:
        lengths = [len(value) for value in there]
        assert (column.shortest, column.longest) == (min(lengths), max(lengths))
        assert column.mean_length == pytest.approx(sum(lengths) / len(lengths))
        assert column.empty == counts[""]


def test_a_long_table_within_its_bounds(tmp_path: Path) -> None:
    rows = 300_000
    random = np.random.default_rng(7)
    values, words = random.normal(size=rows), random.integers(0, 50_000, rows)
    frame = pl.DataFrame({"x": values, "w": [f"w{n}" for n in words]})
    number, word = profiled(frame, tmp_path, 65_536)
    assert number.mean == pytest.approx(values.mean())
    assert number.std == pytest.approx(values.std(ddof=1))
    for name, value in number.quantiles.items():
        rank = float((values < float(value)).mean())  # type: ignore[arg-type]
        assert abs(rank - float(name)) < 0.0052  # the bound that the module states, at 99 %
    assert (
        list(number.counts) == np.histogram(values, bins=np.array(number.edges, float))[0].tolist()
    )
    assert word.distinct == pytest.approx(len(set(words.tolist())), rel=0.05)
    assert not word.distinct_exact


def test_moments_keep_their_zone(tmp_path: Path) -> None:
    moments = [dt.datetime(2013, 1, day, tzinfo=dt.UTC) for day in range(1, 12)]
    frame = pl.DataFrame(
        {"t": pl.Series(moments, dtype=pl.Datetime("us", "UTC")), "d": [m.date() for m in moments]}
    )
    moment, day = profiled(frame, tmp_path)
    assert (moment.minimum, moment.maximum) == (
        "2013-01-01T00:00:00+00:00",
        "2013-01-11T00:00:00+00:00",
    )
    assert moment.quantiles["0.5"] == "2013-01-06T00:00:00+00:00"
    assert day.quantiles["0.5"] == "2013-01-06"
    assert (day.role, moment.role) == ("datetime", "datetime")


def test_columns_without_an_order_or_a_value(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "l": [[1], None, [2]],
            "b": [b"x", b"y", None],
            "e": pl.Series([None] * 3, dtype=pl.Int64),
            "c": [5, 5, 5],
        }
    )
    listed, binary, empty, constant = profiled(frame, tmp_path)
    assert (listed.role, listed.nulls, binary.role, binary.nulls) == ("compound", 1, "compound", 1)
    assert (listed.distinct, listed.distinct_exact, binary.distinct) == (2, False, 2)
    assert (empty.role, empty.nulls, empty.distinct, empty.counts) == ("constant", 3, 0, ())
    assert empty.warnings == ("Every value is missing.",)
    assert constant.warnings == ("Every value is the same.",)
    assert constant.counts == (3,)


def test_values_of_several_parts_are_told_apart(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "l": [[n % 90, 1] for n in range(1000)],
            "s": [{"a": n % 7, "b": None} if n % 5 else None for n in range(1000)],
        }
    )
    lists, structs = profiled(frame, tmp_path, 100)
    assert lists.distinct == pytest.approx(90, rel=0.1)
    assert (structs.nulls, structs.distinct) == (200, 7)


def test_times_of_day_lie_on_a_line(tmp_path: Path) -> None:
    times = [dt.time(hour, 30) for hour in range(24)] * 5
    (column,) = profiled(pl.DataFrame({"t": times}), tmp_path, 50)
    assert (column.role, column.minimum, column.maximum) == ("numeric", "00:30:00", "23:30:00")
    assert column.quantiles["0.5"] == "12:00:00"
    assert sum(column.counts) == 120


def test_a_profile_is_kept_by_content(project: Project, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    version = datasets.add(project, tmp_path / "t.csv", name="t")
    first = profile(project, version)
    place = kept_at(project, version.content)
    assert place.stat().st_mode & 0o077 == 0
    place.write_bytes(place.read_bytes().replace(b'"rows":2', b'"rows":7'))
    assert profile(project, version).rows == 7  # read, not computed
    for damage in (b"", b"{", b'{"v":0}'):
        place.write_bytes(damage)
        assert profile(project, version) == first
    assert isinstance(first, Profile)


UNIQUE: dict[str, Any] = {"rows": 100, "filled": 100, "distinct": 100}
ROLES = [
    ("x", pl.Int64(), Facts(100, 100, 1), "constant"),
    ("x", pl.Int64(), Facts(100, 0, 0), "constant"),
    ("x", pl.Boolean(), Facts(100, 100, 2), "boolean"),
    ("x", pl.Date(), Facts(100, 100, 50), "datetime"),
    ("x", pl.Datetime("us"), Facts(**UNIQUE), "datetime"),
    ("x", pl.Float64(), Facts(**UNIQUE), "numeric"),
    ("price", pl.Int64(), Facts(**UNIQUE, span=5000), "numeric"),
    ("price", pl.Int64(), Facts(**UNIQUE, span=99), "identifier"),
    ("customer_id", pl.Int64(), Facts(**UNIQUE, span=5000), "identifier"),
    ("customerId", pl.Int64(), Facts(**UNIQUE, span=5000), "identifier"),
    ("paid", pl.Int64(), Facts(**UNIQUE, span=5000), "numeric"),
    ("id", pl.Int64(), Facts(100, 100, 12, span=11), "numeric"),
    ("id", pl.Int64(), Facts(20, 20, 20, span=19), "numeric"),
    ("x", pl.String(), Facts(**UNIQUE, words=1, length=8), "identifier"),
    ("x", pl.String(), Facts(100, 100, 40, words=1, length=8), "categorical"),
    ("x", pl.String(), Facts(**UNIQUE, words=9, length=60), "text"),
    ("x", pl.String(), Facts(**UNIQUE, words=1, length=400), "text"),
    ("x", pl.String(), Facts(900, 900, 700, words=90, length=600), "text"),
    ("answer", pl.String(), Facts(900, 900, 5, words=6, length=40), "categorical"),
    ("answer", pl.String(), Facts(900, 900, 51, words=6, length=40), "text"),
    ("answer", pl.String(), Facts(100, 100, 21, words=6, length=40), "text"),
    ("answer", pl.String(), Facts(20, 20, 3, words=6, length=40), "text"),
    ("x", pl.String(), Facts(20, 20, 20, words=1, length=5), "categorical"),
    ("x", pl.Duration("us"), Facts(100, 100, 30), "numeric"),
    ("x", pl.Time(), Facts(100, 100, 30), "numeric"),
    ("x", pl.Time(), Facts(100, 100, 1), "constant"),
    ("x", pl.List(pl.Int64), Facts(100, 100, 2), "compound"),
    ("x", pl.Struct({"a": pl.Int64}), Facts(100, 100, 2), "compound"),
    ("x", pl.Array(pl.Int64, 2), Facts(100, 100, 2), "compound"),
    ("x", pl.Binary(), Facts(100, 100, 2), "compound"),
]


@pytest.mark.parametrize(("name", "dtype", "facts", "role"), ROLES)
def test_roles(name: str, dtype: pl.DataType, facts: Facts, role: str) -> None:
    assert role_of(name, dtype, facts) == role


def test_roles_of_a_frame_are_those_of_its_profile(tmp_path: Path) -> None:
    rows = 200
    frame = pl.DataFrame(
        {
            "row": range(rows),
            "code": [f"c{n}" for n in range(rows)],
            "kind": [f"k{n % 7}" for n in range(rows)],
            "note": [f"some words on the number {n}" for n in range(rows)],
            "x": [n / 7 for n in range(rows)],
            "yes": [n % 2 == 0 for n in range(rows)],
            "same": ["s"] * rows,
            "day": [dt.date(2020, 1, 1) + dt.timedelta(n) for n in range(rows)],
        }
    )
    expected = dict(
        zip(
            frame.columns,
            [
                "identifier",
                "identifier",
                "categorical",
                "text",
                "numeric",
                "boolean",
                "constant",
                "datetime",
            ],
            strict=True,
        )
    )
    assert infer_roles(frame) == expected
    assert {column.name: column.role for column in profiled(frame, tmp_path, 50)} == expected


@settings(max_examples=60)
@given(st.lists(st.integers(-1000, 1000) | st.floats(-1e9, 1e9), min_size=3, max_size=40))
def test_skewness_and_far_out_against_scipy_and_by_definition(values: list[float]) -> None:
    import tempfile

    from scipy.stats import skew

    with tempfile.TemporaryDirectory() as folder:
        (column,) = profiled(pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64)}), Path(folder))
    numbers = np.array(values, float)
    spread = numbers.std() / max(1.0, np.abs(numbers).max())
    if spread > 1e-4:  # else both are rounding
        assert column.skew == pytest.approx(float(skew(numbers)), rel=1e-6, abs=1e-6)
    low, high = np.quantile(numbers, (0.25, 0.75))
    if high > low:
        reach = 3 * (high - low)
        beyond = np.mean((numbers < low - reach) | (numbers > high + reach))
        assert column.far_out == pytest.approx(float(beyond))
    else:
        assert column.far_out is None


REMARKS: list[tuple[list[Any], str]] = [
    ([1.0] * 300 + [float(n) for n in range(3)] * 1, "One value makes up 99.3%."),
    (
        [float(2 ** (n % 30)) for n in range(300)],
        "It has a long tail of large values (skewness 3.7).",
    ),
    (
        [-float(2 ** (n % 30)) for n in range(300)],
        "It has a long tail of small values (skewness -3.7).",
    ),
    (
        [float(n % 100) for n in range(998)] + [1e6, -1e6],
        "0.2% of the values lie far out (over 3 middle halves beyond it).",
    ),
    (["a", "b ", " c"] * 40, "80 values begin or end with a blank, such as ' c'."),
    (
        ["Oslo", "oslo", "Rome"] * 40,
        "'Oslo' and 'oslo' differ in capitals only.",
    ),
    (["1", "2", "x"] * 40, "80 values are numbers, the others are not."),
    (
        ["007", "008"] * 60,
        "Every value is a number in the form of text with leading zeros, such as '007'.",
    ),
    (["1.5", "2"] * 60, "Every value is a number in the form of text."),
    ([f"c{n % 1500}" for n in range(4000)], "About 1,"),
]


@pytest.mark.parametrize(("values", "sentence"), REMARKS)
def test_what_is_worth_a_look_is_said(values: list[Any], sentence: str, tmp_path: Path) -> None:
    (column,) = profiled(pl.DataFrame({"x": values}), tmp_path, 1000)
    assert any(one.startswith(sentence) for one in column.warnings), column.warnings


def test_an_ordinary_column_needs_no_look(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    frame = pl.DataFrame({"x": draw.normal(size=500), "k": ["red", "blue", "green", "red"] * 125})
    assert [column.warnings for column in profiled(frame, tmp_path, 100)] == [(), ()]
