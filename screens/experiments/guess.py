"""Which task a column makes: told from its type and from how many values it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens.text import count
from workbench.data.datasets import DatasetVersion, path
from workbench.training.contract import Task

if TYPE_CHECKING:
    from workbench.project.project import Project

FEW = 20
"""Up to so many whole numbers are taken for classes."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The task that a target makes, and the target in words."""

    task: Task
    words: str


def guess(project: Project, version: DatasetVersion, column: str) -> Guess:
    """Look at one column of a version (streaming, in a thread) and tell what it makes."""
    # polars: 0.2 s, for whoever states a problem.
    import polars as pl

    series = pl.scan_parquet(path(project, version), glob=False).select(pl.col(column))
    kind = series.collect_schema()[column]
    values = pl.col(column).drop_nulls()
    asked = {"distinct": values.n_unique(), "nulls": pl.col(column).null_count()}
    if kind.is_nested():
        return Guess("multiclass", f"{kind}: not a target")
    row = series.select(**asked).collect(engine="streaming").row(0, named=True)
    distinct, nulls = row["distinct"], row["nulls"]
    missing = f", {count(nulls)} without" if nulls else ""
    return Guess(
        task_of(kind.is_numeric(), kind.is_float(), distinct),
        f"{kind}, {count(distinct)} values{missing}",
    )


def task_of(numeric: bool, fractions: bool, distinct: int) -> Task:
    """Two values are binary; words, flags and few whole numbers are classes; the rest is a number."""
    if distinct <= 2:
        return "binary"
    if numeric and (fractions or distinct > FEW):
        return "regression"
    return "multiclass"
