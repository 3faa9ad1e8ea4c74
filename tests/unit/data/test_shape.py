"""The shape diff, each difference by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from workbench.data import datasets
from workbench.data.shape import ShapeDiff, shape_diff
from workbench.project.project import Project

N = 400
BASE = {
    "x": [float(n % 100) for n in range(N)],
    "k": ["abcd"[n % 4] for n in range(N)],
    "i": [n % 50 for n in range(N)],
    "at": [datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(N)],
}


def diff(project: Project, folder: Path, **changes: list[Any] | None) -> ShapeDiff:
    path = folder / "t.parquet"
    pl.DataFrame(BASE).write_parquet(path)
    before = datasets.add(project, path, name="t")
    after = {name: values for name, values in (BASE | changes).items() if values is not None}
    pl.DataFrame(after).write_parquet(path)
    return shape_diff(project, before, datasets.add(project, path, name="t"))


def replaced(name: str, value: Any, count: int) -> dict[str, list[Any]]:
    values: list[Any] = list(BASE[name])
    values[:count] = [value] * count
    return {name: values}


CASES: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({}, []),
    ({"k": None}, [("removed", "k", "high")]),
    ({"new": [1, 2] * (N // 2)}, [("added", "new", "low")]),
    ({"i": [float(v) for v in BASE["i"]]}, [("retyped", "i", "medium")]),
    ({"i": [f"v{v}" for v in BASE["i"]]}, [("retyped", "i", "high")]),
    (replaced("x", None, 4), [("nulls", "x", "medium")]),
    (replaced("x", None, 40), [("nulls", "x", "medium")]),
    (replaced("x", None, 100), [("nulls", "x", "high")]),
    (replaced("x", 105.0, 1), [("range", "x", "low")]),
    (replaced("x", 140.0, 1), [("range", "x", "medium")]),
    (replaced("x", -500.0, 1), [("range", "x", "high")]),
    (replaced("k", "e", 1), [("new_categories", "k", "low")]),
    (
        replaced("k", "e", 20),
        [("new_categories", "k", "medium"), ("distribution", "k", "medium")],
    ),
    (replaced("k", "e", 60), [("new_categories", "k", "high"), ("distribution", "k", "high")]),
    (
        {"k": ["abc"[n % 3] for n in range(N)]},
        [("vanished_categories", "k", "high"), ("distribution", "k", "high")],
    ),
    (
        {"k": ["a"] * N},
        [
            ("role", "k", "high"),
            ("vanished_categories", "k", "high"),
            ("distribution", "k", "high"),
        ],
    ),
    # By hand: the twenty largest of a hundred values are now the smallest, KS = 1/5.
    (
        {"x": [float(n % 100 if n % 100 < 80 else 0) for n in range(N)]},
        [("distribution", "x", "high"), ("range", "x", "low")],
    ),
    # As far, but in moments, which go on by nature.
    (
        {"at": [datetime(2024, 6, 1, tzinfo=UTC) + timedelta(days=n) for n in range(N)]},
        [("distribution", "at", "low"), ("range", "at", "low")],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_one_change_gives_its_difference(
    project: Project, tmp_path: Path, changes: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    found = diff(project, tmp_path, **changes)
    assert sorted((d.kind, d.column, d.severity) for d in found.differences) == sorted(expected)


@pytest.mark.parametrize(
    ("rows", "severity"),
    [(N - 10, "low"), (N // 2, "medium"), (N * 3, "medium"), (N // 10, "high")],
)
def test_rows(project: Project, tmp_path: Path, rows: int, severity: str) -> None:
    changed = {name: (values * 3)[:rows] for name, values in BASE.items()}
    found = diff(project, tmp_path, **changed)
    assert ("rows", severity) in [(d.kind, d.severity) for d in found.differences]
    assert (found.rows_before, found.rows_after) == (N, rows)


def test_summary_order_and_reach(project: Project, tmp_path: Path) -> None:
    found = diff(project, tmp_path, k=None, new=[1, 2] * (N // 2), **replaced("x", 140.0, 1))
    assert [d.severity for d in found.differences] == ["high", "medium", "low"]
    assert found.summary == "3 differences: 1 high, 1 medium, 1 low"
    assert found.reaches("high")
    assert diff(project, tmp_path).summary == "no difference"
    low = diff(project, tmp_path, new=[1, 2] * (N // 2))
    assert low.summary == "1 difference: 1 low"
    assert (low.reaches("low"), low.reaches("medium"), low.reaches("high")) == (True, False, False)
