"""The rows that a chart is made of: those of a version, or those of them that a condition lets through.

The condition is DuckDB's SQL and passes the same guard as every filter here. DuckDB says which rows
pass (one bit is kept for each row of the table); everything else reads the file as it was stored, so
that a chart does not depend on what DuckDB makes of a type.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from workbench.data.connection import locked, parquet
from workbench.data.guard import first_line
from workbench.data.pages import bad_condition, check_condition

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

    Bits = np.ndarray[Any, np.dtype[np.uint8]]

_KEPT = 4  # filters whose answers are kept
_AT_ONCE = 1 << 20  # row numbers
_answers: OrderedDict[tuple[str, str], Bits] = OrderedDict()
_lock = threading.Lock()


def rows(project: Project, version: DatasetVersion, where: str = "") -> pl.LazyFrame:
    """Return the version's rows, those that `where` lets through; raises BadInput for no condition."""
    import polars as pl

    from workbench.data.datasets import path

    file = path(project, version)
    where = where.strip()
    if not where:
        return pl.scan_parquet(file, glob=False)
    bits = _passing(project, version, where)

    def passes(numbers: pl.Series) -> pl.Series:
        import numpy as np

        at = numbers.to_numpy()
        return pl.Series((bits[at >> 3] >> (at & 7).astype(np.uint8)) & 1).cast(pl.Boolean)

    number = _free({column.name.lower() for column in version.columns})
    return (
        pl.scan_parquet(file, glob=False, row_index_name=number)
        .filter(pl.col(number).map_batches(passes, return_dtype=pl.Boolean(), is_elementwise=True))
        .drop(number)
    )


def _free(taken: set[str]) -> str:
    name = "row"
    while name in taken:
        name += "_"
    return name


def _passing(project: Project, version: DatasetVersion, where: str) -> Bits:
    key = (version.object, where)
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    bits = _ask(project, version, where)
    with _lock:
        _answers[key] = bits
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    return bits


def _ask(project: Project, version: DatasetVersion, where: str) -> Bits:
    """Return a bit for each row: whether the condition is true of it."""
    import duckdb
    import numpy as np

    passing = np.zeros(version.rows, np.bool_)
    source = parquet(project.store.objects.path(version.object), ", file_row_number=true")
    with locked(project.paths.objects) as connection:
        check_condition(connection, where, [column.name for column in version.columns])
        try:
            found = connection.sql(
                f"SELECT file_row_number AS n FROM {source} WHERE ({where}\n)"  # noqa: S608
            ).to_arrow_reader(_AT_ONCE)
            for batch in found:
                passing[batch.column(0).to_numpy()] = True
        except duckdb.Error as error:
            raise bad_condition(first_line(error)) from None
    return np.packbits(passing, bitorder="little")
