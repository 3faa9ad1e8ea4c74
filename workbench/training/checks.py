"""What a table must have before anything is fitted on it, each with its own refusal."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from workbench.errors import BadInput
from workbench.text import clean
from workbench.training.fitting import read_target
from workbench.training.inputs import as_labels, field_type
from workbench.training.splitcolumn import deal_out
from workbench.training.splits import rows_needed
from workbench.training.work import BY_COLUMN, Problem

if TYPE_CHECKING:
    import polars as pl

MOST_CLASSES = 200


def check_table(table: pl.LazyFrame, problem: Problem, *, where: str) -> None:
    """Raise BadInput unless a model of `problem` can be fitted and tested on `table`.

    `where` is what messages call the table (`flights@3`). Codes: `experiment.target_absent`,
    `.drop_absent`, `.no_features`, `.one_row`, `.target_type`, `.target_null`, `.target_constant`,
    `.target_not_numeric`, `.target_infinite`, `.classes`, `.class_rows`, `.positive`, `.too_few_rows`,
    `.column_null`, and those of `deal_out` for a split by a column. Reads the target, and what it is
    split by, and counts the nulls of the others, streaming.
    """
    schema = table.collect_schema()
    _check_columns(schema, problem, where)
    counts = table.select(_rows_and_nulls(schema)).collect(engine="streaming").row(0, named=True)
    rows = counts.pop(_ROWS)
    if rows < 2:
        raise BadInput(
            "The table has one row" if rows else "The table has no rows",
            where=where,
            why="a model needs rows to learn from and others to be tested on",
            fix="Choose a version with more rows",
            code="experiment.one_row",
        )
    place = f"{where}, column {clean(problem.target, 60)}"
    target = table.select(problem.target).collect(engine="streaming").to_series().drop_nulls()
    _check_filled(target, place)
    if problem.task == "regression":
        _check_number(target, place)
    else:
        _check_classes(target, problem, place)
    if target.len() < rows_needed(problem.split) + 1:
        raise _too_few(f"The table has {target.len()} rows with a target", problem, place)
    empty = [
        name
        for name, nulls in counts.items()
        if nulls == rows and name not in (problem.target, *problem.drop)
    ]
    if empty:
        raise BadInput(
            "A column has no value at all" if len(empty) == 1 else "Columns have no value at all",
            where=f"{where}, column {', '.join(clean(name, 60) for name in empty[:5])}",
            why=f"all of its {rows} cells are null",
            fix="Add it to `drop` in the problem file, or correct the data",
            code="experiment.column_null",
        )
    if problem.split.method in BY_COLUMN:
        _check_split(table, problem, where)


def _check_split(table: pl.LazyFrame, problem: Problem, where: str) -> None:
    import polars as pl

    wanted = (problem.target, problem.split.column)
    names = [name for name in table.collect_schema().names() if name in wanted]
    known = table.filter(pl.col(problem.target).is_not_null()).select(names)
    frame = known.collect(engine="streaming")
    deal_out(frame, read_target(frame[problem.target], problem), problem, where=where)


_ROWS = "\0rows"


def _rows_and_nulls(schema: pl.Schema) -> list[pl.Expr]:
    import polars as pl

    return [pl.len().alias(_ROWS), *(pl.col(name).null_count() for name in schema.names())]


def _check_columns(schema: pl.Schema, problem: Problem, where: str) -> None:
    names = schema.names()
    named = [("target", problem.target), *(("drop", name) for name in problem.drop)]
    if problem.split.column is not None:
        named.append(("split", problem.split.column))
    for key, name in named:
        if name not in names:
            near = difflib.get_close_matches(name, names, 3) or names[:8]
            raise BadInput(
                f"There is no column {clean(name, 60)}",
                where=f"{where}, key {key}",
                why="near to it: " + ", ".join(clean(other, 60) for other in near),
                fix=f"Correct `{key}` in the problem file or choose another version",
                code=f"experiment.{key}_absent",
            )
    if problem.target in problem.drop:
        raise BadInput(
            "The target is among the dropped columns",
            where="key drop",
            why=f"{clean(problem.target, 60)} is to be predicted",
            fix="Take it out of `drop`",
            code="experiment.drop_target",
        )
    if not set(names) - {problem.target, *problem.drop}:
        raise BadInput(
            "No column is left to learn from",
            where=where,
            why="beside the target and the dropped columns there is none",
            fix="Take columns out of `drop`, or choose another version",
            code="experiment.no_features",
        )


def _check_number(target: pl.Series, place: str) -> None:
    if field_type(target.dtype) not in {"int", "float"}:
        raise BadInput(
            "The target of a regression has to be a number",
            where=place,
            why=f"it is {target.dtype}",
            fix="Choose another target, or the task binary or multiclass",
            code="experiment.target_not_numeric",
        )
    _check_varied(target, target.n_unique(), place)
    infinite = target.len() - int(target.is_finite().sum() or 0) if target.dtype.is_float() else 0
    if infinite:
        raise BadInput(
            "The target has values that are not finite",
            where=place,
            why=f"{infinite} of {target.len()} are infinite or NaN",
            fix="Correct them or leave those rows out",
            code="experiment.target_infinite",
        )


def _check_classes(target: pl.Series, problem: Problem, place: str) -> None:
    if field_type(target.dtype) not in {"int", "float", "bool", "str"}:
        raise BadInput(
            "The target cannot be classes",
            where=place,
            why=f"it is {target.dtype}",
            fix="Choose a column of text, whole numbers or true and false",
            code="experiment.target_type",
        )
    found = target.n_unique()
    _check_varied(target, found, place)
    most = 2 if problem.task == "binary" else MOST_CLASSES
    if found > most:
        other = "multiclass" if problem.task == "binary" and found <= MOST_CLASSES else "regression"
        raise BadInput(
            f"The target has {found} classes",
            where=place,
            why=f"a {problem.task} problem has at most {most}",
            fix=f"Choose the task {other}, or another target",
            code="experiment.classes",
        )
    sizes = as_labels(target).value_counts(sort=True)
    classes = dict(zip(sizes.to_series(0).to_list(), sizes.to_series(1).to_list(), strict=True))
    _check_positive(problem, sorted(classes), place)
    name, rows = min(classes.items(), key=lambda item: (item[1], item[0]))
    if rows < rows_needed(problem.split):
        raise _too_few(
            f"The class {clean(name, 60)} has {rows} row{'s' * (rows != 1)}", problem, place
        )


def _check_filled(target: pl.Series, place: str) -> None:
    if target.len() == 0:
        raise BadInput(
            "The target has no value",
            where=place,
            why="all of its cells are null",
            fix="Choose another target or another version",
            code="experiment.target_null",
        )


def _check_varied(target: pl.Series, distinct: int, place: str) -> None:
    if distinct < 2:
        raise BadInput(
            "The target has one value only",
            where=place,
            why=f"every row has {clean(target[0], 60)}",
            fix="Choose another target or another version",
            code="experiment.target_constant",
        )


def _check_positive(problem: Problem, classes: list[str], place: str) -> None:
    if problem.positive is not None and problem.positive not in classes:
        raise BadInput(
            f"The target has no class {clean(problem.positive, 60)}",
            where=f"{place}, key positive",
            why="it has " + ", ".join(clean(name, 60) for name in classes[:8]),
            fix="Correct `positive` in the problem file",
            code="experiment.positive",
        )


def _too_few(what: str, problem: Problem, place: str) -> BadInput:
    split, whole = problem.split, problem.task == "regression"
    return BadInput(
        what,
        where=place,
        why=f"{split.folds} folds and a test share of {split.test:g} need at least "
        f"{rows_needed(split) + whole}",
        fix="Use fewer folds, more data, or join rare classes",
        code="experiment.too_few_rows" if whole else "experiment.class_rows",
    )
