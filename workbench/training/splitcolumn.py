"""The column that a split goes by: each row's time or group, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput
from workbench.text import clean
from workbench.training.fitting import Target
from workbench.training.inputs import field_type
from workbench.training.splits import Deal, deal, parts_needed, strata
from workbench.training.work import BY_COLUMN, Problem

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

_TIMES = frozenset({"date", "datetime", "int", "float"})
_GROUPS = frozenset({"str", "int", "bool", "date"})
_NULL = "\0null"
"""Rows without a group are one group."""


def deal_out(frame: pl.DataFrame, target: Target, problem: Problem, *, where: str) -> Deal:
    """Deal out the rows of `frame`, all of which have a target.

    Raises BadInput (`experiment.split_target`, `.split_type`, `.split_null`, `.split_few`,
    `.split_classes`) where the split's column does not serve, or leaves one class only to learn from.
    """
    split = problem.split
    column = None
    if split.method in BY_COLUMN:
        column = _column(frame, problem, where)
    groups = strata(target.values, problem.task, split)
    try:
        dealt = deal(frame.height, split, groups, column)
    except ValueError as error:
        raise BadInput(
            f"The column {clean(split.column, 60)} has too few "
            + ("times" if split.method == "time" else "groups"),
            where=f"{where}, key split.column",
            why=f"{split.folds} folds and a test need {parts_needed(split)}: {error}",
            fix="Use fewer folds, another column, or another method",
            code="experiment.split_few",
        ) from None
    if problem.task != "regression" and column is not None:
        _check_classes(dealt, target, problem, where)
    return dealt


def _column(frame: pl.DataFrame, problem: Problem, where: str) -> Array:
    """Return the column's values: numbers in the order of time, or texts that name groups."""
    import polars as pl

    split, name = problem.split, str(problem.split.column)
    place = f"{where}, key split.column"
    if name == problem.target:
        raise BadInput(
            "The target cannot tell how rows are split",
            where=place,
            why="it is what is to be predicted",
            fix="Choose another column, or another method",
            code="experiment.split_target",
        )
    values = frame[name]
    fitting = _TIMES if split.method == "time" else _GROUPS
    if field_type(values.dtype) not in fitting:
        raise BadInput(
            f"Rows cannot be split by {split.method} with {clean(name, 60)}",
            where=place,
            why=f"it is {values.dtype}, expected one of " + ", ".join(sorted(fitting)),
            fix="Choose another column, or another method",
            code="experiment.split_type",
        )
    if split.method == "group":
        groups: Array = values.cast(pl.String).fill_null(_NULL).to_numpy()
        return groups.astype(str)
    missing = values.null_count() + (int(values.is_nan().sum()) if values.dtype.is_float() else 0)
    if missing:
        raise BadInput(
            "Some rows have no time",
            where=place,
            why=f"{missing} of {len(values)} cells of {clean(name, 60)} are null",
            fix="Make a version without those rows, or choose another column",
            code="experiment.split_null",
        )
    return values.to_physical().to_numpy()


def _check_classes(dealt: Deal, target: Target, problem: Problem, where: str) -> None:
    fitted = [dealt.train, *(fit for fit, _ in dealt.folds)]
    if any(len(set(target.values[rows].tolist())) < 2 for rows in fitted):
        raise BadInput(
            "A part that is learned from has one class only",
            where=f"{where}, key split",
            why=f"split by {problem.split.method}, the target does not vary in it",
            fix="Use fewer folds, another method, or another target",
            code="experiment.split_classes",
        )
