"""The answer to a query as a version of a dataset: its SQL and the versions it was asked of are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.data.connection import locked
from workbench.data.datasets import Added, keep
from workbench.data.names import unique_names
from workbench.data.query import Asked, prepare
from workbench.errors import BadInput
from workbench.links import check_name
from workbench.records.data import Origin

if TYPE_CHECKING:
    import polars as pl

    from workbench.project.project import Project

MAX_SQL = 16 << 10
"""Bytes of a query that a record holds."""

_BATCH = 100_000
_STORED = {"HUGEINT": "BIGINT", "UHUGEINT": "UBIGINT", "INTERVAL": "VARCHAR", "UUID": "VARCHAR",
           "BIT": "VARCHAR"}  # fmt: skip
"""DuckDB's types that no file of ours holds → what they are stored as (a sum of whole numbers is HUGEINT)."""


def derive(project: Project, sql: str, name: str) -> Added:
    """Store the answer to one SELECT as the next version of dataset `name`.

    Streams. Raises BadInput for what `query` refuses, for an answer without rows, and for columns of
    types that cannot be stored.
    """
    import duckdb
    import polars as pl
    from polars.io.plugins import register_io_source

    check_name(name, "name of a dataset")
    if len(sql.encode()) > MAX_SQL:
        raise BadInput(
            "The query is too long to be kept",
            where="the query",
            why=f"its text is part of the record, which holds {MAX_SQL:,} bytes of it",
            fix="Make a dataset of a part of it first",
            code="query.long",
        )
    with locked(project.paths.objects) as connection:
        asked = prepare(project, connection, sql)
        names, warnings = unique_names([column.name for column in asked.columns])
        try:
            first = pl.DataFrame(pl.from_arrow(_relation(asked, 1).to_arrow_table()))
            if not first.height:
                raise _no_rows()
            schema = pl.Schema(dict(zip(names, first.dtypes, strict=True)))
            frame = register_io_source(_source(asked, names), schema=schema, is_pure=True)
            origin = Origin(source="sql", place="", sql=asked.select, inputs=asked.inputs)
            added = keep(project, frame, name, "the query", lambda: origin)
        except duckdb.Error as error:
            raise asked.refusal(error) from None
    return Added(added.version, added.new, warnings + added.warnings)


def _relation(asked: Asked, limit: int | None = None) -> Any:
    casts = {c.name: _STORED[c.type] for c in asked.columns if c.type in _STORED}
    return asked.relation(limit, casts)


def _source(asked: Asked, names: tuple[str, ...]) -> Any:
    """The generator that Polars asks for batches while the table is written."""

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        import polars as pl

        for batch in _relation(asked, rows).to_arrow_reader(_BATCH):
            frame = pl.DataFrame(pl.from_arrow(batch))
            frame.columns = list(names)
            wanted = frame if columns is None else frame.select(columns)
            yield wanted if predicate is None else wanted.filter(predicate)

    return batches


def _no_rows() -> BadInput:
    return BadInput(
        "The answer has no rows",
        where="the query",
        why="no row fits it",
        fix="Loosen its conditions",
        code="data.no_rows",
    )
