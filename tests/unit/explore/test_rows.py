"""Filtering the rows of a chart, the axes, and which columns fit."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data import datasets
from workbench.errors import BadInput
from workbench.explore.axes import Axis, panned, read, written, zoomed
from workbench.explore.charts import figures
from workbench.explore.columns import fit_of
from workbench.explore.rows import rows
from workbench.project.project import Project

ROWS = 3000


@pytest.fixture
def frame() -> pl.DataFrame:
    random = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "x": random.normal(size=ROWS),
            "word": [("a", "b", None)[n % 3] for n in range(ROWS)],
            "span": [timedelta(seconds=n) for n in range(ROWS)],
            "row": range(ROWS),
        }
    )


@pytest.fixture
def version(project: Project, frame: pl.DataFrame, tmp_path: Path) -> datasets.DatasetVersion:
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=700)
    return datasets.add(project, tmp_path / "t.parquet", name="t")


def test_rows_that_a_condition_lets_through(
    project: Project, version: datasets.DatasetVersion, frame: pl.DataFrame
) -> None:
    condition = "x > 0.5 AND word = 'a' -- and no more"
    expected = frame.filter((pl.col("x") > 0.5) & (pl.col("word") == "a"))
    assert rows(project, version, condition).collect().equals(expected)
    # asked again the answer is kept; the column called row and the durations are as they were
    assert (
        rows(project, version, condition)
        .select("row", "span")
        .collect()
        .equals(expected.select("row", "span"))
    )
    assert rows(project, version, "word IS NULL").select(pl.len()).collect().item() == ROWS // 3
    assert rows(project, version, " ").collect().equals(frame)
    assert rows(project, version, "false").collect().height == 0


def test_a_chart_of_those_rows(
    project: Project, version: datasets.DatasetVersion, frame: pl.DataFrame
) -> None:
    found = figures(project, "histogram", version, ["x"], {"bins": 9}, where="word = 'b'")
    there = frame.filter(pl.col("word") == "b")["x"].to_numpy()
    assert found.data["counts"] == np.histogram(there, bins=9)[0].tolist()
    assert found.notes[0] == "where word = 'b'"
    split = figures(project, "box", version, ["x"], group="word", where="x > 0")
    assert [box["n"] for box in split.data["boxes"]] == [
        frame.filter(x, pl.col("x") > 0).height
        for x in (pl.col("word") == "a", pl.col("word") == "b", pl.col("word").is_null())
    ] or sum(box["n"] for box in split.data["boxes"]) == frame.filter(pl.col("x") > 0).height


@pytest.mark.parametrize(
    "where",
    [
        "x >",
        "nowhere = 1",
        "true) UNION SELECT 1 --",
        "1 = 1; DROP TABLE t",
        "x IN (SELECT x FROM read_csv('/etc/passwd'))",
        "word > 5 + x",
    ],
)
def test_what_is_no_condition(
    project: Project, version: datasets.DatasetVersion, where: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        figures(project, "histogram", version, ["x"], where=where)
    assert refusal.value.code == "data.filter"


def test_a_group_that_the_chart_does_not_take(
    project: Project, version: datasets.DatasetVersion
) -> None:
    for kind, columns, group in (
        ("correlation", [], "word"),
        ("box", ["x"], "x"),
        ("box", ["x"], "nowhere"),
    ):
        with pytest.raises(BadInput) as refusal:
            figures(project, kind, version, columns, group=group)
        assert refusal.value.code in {"chart.group", "chart.column"}


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001  # made aware below


@given(MOMENTS)
def test_a_moment_is_read_as_it_is_written(moment: datetime) -> None:
    seconds = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    for kind in ("date", "datetime"):
        again = read(kind, written(kind, seconds), option="low")  # type: ignore[arg-type]
        assert again == pytest.approx(seconds, abs=1e-4)


@given(st.floats(-1e150, 1e150))
def test_a_number_is_read_as_it_is_written(number: float) -> None:
    assert read("number", written("number", number), option="low") == number


def test_ends_of_an_axis_that_are_none() -> None:
    assert read("number", "  ", option="low") is None
    assert read("time", "06:30", option="low") == 6.5 * 3600
    for kind, text in (
        ("number", "inf"),
        ("date", "yesterday"),
        ("time", "25:00"),
        ("number", "x"),
    ):
        with pytest.raises(BadInput, match="low cannot be"):
            read(kind, text, option="low")  # type: ignore[arg-type]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.sampled_from([0.5, 2.0]))
def test_zooming_keeps_the_middle(low: float, span: float, factor: float) -> None:
    axis = Axis("number", low, low + span)
    seen = zoomed(axis, factor)
    assert seen.span == pytest.approx(axis.span * factor, rel=1e-6, abs=1e-9)
    assert (seen.low + seen.high) / 2 == pytest.approx((axis.low + axis.high) / 2, abs=1e-6)
    moved = panned(axis, 0.25)
    assert moved.low - axis.low == pytest.approx(axis.span / 4, rel=1e-6, abs=1e-9)


def test_zooming_ends_where_there_is_nothing_between() -> None:
    axis = Axis("number", 1.0, math.nextafter(1.0, 2.0))
    assert zoomed(axis, 0.5) == axis
    assert zoomed(Axis("number", 3.0, 3.0), 0.5) == Axis("number", 3.0, 3.0)


@pytest.mark.parametrize(
    "dtype",
    [pl.Int8, pl.UInt64, pl.Float32, pl.Decimal(10, 2), pl.Date, pl.Datetime("ns", "UTC"), pl.Time,
     pl.Duration("ms"), pl.String, pl.Boolean, pl.Categorical(), pl.List(pl.Int8), pl.Binary,
     pl.Struct({"a": pl.Int8})],
    ids=str,
)  # fmt: skip
def test_what_a_type_is_to_a_chart(dtype: pl.DataType) -> None:
    made = dtype() if isinstance(dtype, type) else dtype
    kind = fit_of(str(made))
    assert (kind == "number") == made.is_numeric()
    assert (kind == "moment") == made.is_temporal()
    assert (kind == "none") == (made.is_nested() or made == pl.Binary)
