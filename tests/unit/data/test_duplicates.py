"""Duplicate rows against pandas' own count, on tables of every type, and how grave they are."""

from __future__ import annotations

import math
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.cli.data_text import profile_text
from workbench.data import datasets, duplicates, profiling
from workbench.data.duplicates import count_duplicates, severity
from workbench.data.profile import kept_at, profile
from workbench.project.project import Project

NUMBERS = st.sampled_from([None, 0.0, 1.0, math.nan, math.inf, -math.inf, 1e300])
WORDS = st.sampled_from([None, "", "a", "A", "a ", "漢"])
DAYS = st.sampled_from([None, date(2020, 1, 1), date(2020, 1, 2)])
TABLES = st.lists(st.tuples(NUMBERS, WORDS, DAYS, st.none() | st.booleans()), max_size=60)


def stored(frame: pl.DataFrame, folder: str | Path) -> Path:
    path = Path(folder) / "t.parquet"
    frame.write_parquet(path, row_group_size=16)
    return path


@settings(max_examples=80)
@given(TABLES)
def test_as_pandas_counts_them(rows: list[tuple[Any, ...]]) -> None:
    schema = {"x": pl.Float64, "w w": pl.String, 'd"': pl.Date, "y": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    # A missing number and NaN are two things here, one to pandas: as words they are two.
    theirs = pd.DataFrame([[repr(value) for value in row] for row in rows])
    with tempfile.TemporaryDirectory() as folder:
        found = profiling.compute(stored(frame, folder))
    assert found.duplicates == int(theirs.duplicated().sum())
    assert found.duplicate_share == (found.duplicates / len(rows) if rows else 0.0)
    assert bool(found.warnings) == bool(found.duplicates)


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [1, 2], [2, 1], [], [], None, None],
        [{"a": 1, "b": "x"}, {"a": 1, "b": "x"}, {"a": 1, "b": None}, None, None],
        [time(6, 30), time(6, 30), time(6, 30, 0, 1), None],
        [timedelta(hours=1), timedelta(minutes=60), timedelta(0)],
        [b"\x00", b"\x00", b"\x00\x00", b""],
        [Decimal("1.10"), Decimal("1.10"), Decimal("1.11")],
        [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)],
    ],
    ids=["list", "struct", "time", "duration", "binary", "decimal", "datetime"],
)
def test_of_every_type(values: list[Any], tmp_path: Path) -> None:
    expected = len(values) - len({repr(value) for value in values})
    assert count_duplicates(stored(pl.DataFrame({"x": values}), tmp_path)) == expected > 0


def test_rows_of_one_key_are_compared_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where eight bytes are the same by chance: with a key of two values half of all rows share one.
    monkeypatch.setattr(duplicates, "quoted", lambda name: f'"{name}" % 2')
    frame = pl.DataFrame({"x": [*range(100), 7, 8, 8]})
    assert count_duplicates(stored(frame, tmp_path)) == 3


def test_a_table_that_does_not_fit_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "MEMORY", "60MB")  # the keys alone take more
    random = np.random.default_rng(5)
    once = pl.DataFrame({"x": random.normal(size=3_000_000), "k": random.integers(0, 9, 3_000_000)})
    path = tmp_path / "t.parquet"
    pl.concat([once, once.head(1234)]).write_parquet(path, row_group_size=100_000)
    assert count_duplicates(path) == 1234
    theirs = pd.read_parquet(path)
    assert int(theirs.duplicated().sum()) == 1234


def test_without_room_it_is_said_and_not_kept(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("a\n" + "".join(f"{n % 900}\n" for n in range(1000)))
    version = datasets.add(project, tmp_path / "t.csv", name="t")
    with monkeypatch.context() as less:
        less.setattr(duplicates, "MEMORY", "1kB")
        told = profile(project, version)
    assert (told.duplicates, told.duplicate_share) == (None, None)
    assert [one.what for one in told.warnings] == [
        "Duplicate rows were not counted: there was no room for it."
    ]
    assert not kept_at(project, version.content).exists()
    assert profile(project, version).duplicates == 100
    assert kept_at(project, version.content).exists()


@pytest.mark.parametrize(
    ("share", "rows", "distinct", "expected"),
    [
        (0.0, 100, [100], None),
        (0.001, 1000, [500, 500], "low"),
        (0.01, 1000, [500, 500], "medium"),
        (0.1, 1000, [500, 500], "high"),
        (0.9, 1000, [3, 30], "low"),  # 90 different rows there can be: the others come again
        (0.9, 1000, [10**9] * 400, "high"),
    ],
)
def test_how_grave(share: float, rows: int, distinct: list[int], expected: str | None) -> None:
    assert severity(share, rows, distinct) == expected


def test_it_is_said_of_the_table(project: Project, tmp_path: Path) -> None:
    rows = [f"{n},{n * n % 1009}" for n in range(950)]
    (tmp_path / "t.csv").write_text("a,b\n" + "\n".join(rows + rows[:50]) + "\n")
    told = profile(project, datasets.add(project, tmp_path / "t.csv", name="t"))
    assert (told.duplicates, told.duplicate_share) == (50, 0.05)
    lines = profile_text(told).splitlines()
    assert lines[0] == "1,000 rows, 50 of them duplicates"
    said = "50 rows equal an earlier one (5.0%): a split may put them on both sides."
    assert f"! medium: {said}" in lines
