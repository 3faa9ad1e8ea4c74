"""SQL over all dataset versions: one SELECT, in a DuckDB that sees the objects and nothing else.

`flights` is the newest version, `"flights@3"` that one, `"flights@gold"` the one with that tag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.data.connection import locked, parquet, quoted
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.data.guard import first_line, single_select
from workbench.errors import BadInput, NotFound
from workbench.records.data import Column

if TYPE_CHECKING:
    import duckdb

    from workbench.project.project import Project

LIMIT = 1000
"""Rows that an answer holds unless more are asked for."""

_UNKNOWN_TABLE = re.compile(r"Table with name (.+?) does not exist")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a query: columns with DuckDB's types, rows as Python values.

    `more` tells that the query has rows beyond the limit.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def query(project: Project, sql: str, limit: int = LIMIT) -> Answer:
    """Answer one SELECT over the views of all versions with at most `limit` rows.

    Raises BadInput for what is no single SELECT, for what DuckDB refuses, and for any attempt to
    reach outside the project's objects.
    """
    import duckdb

    versions = list_versions(project)
    with locked(project.paths.objects) as connection:
        select = single_select(connection, sql)
        _make_views(project, connection, sql, versions)
        try:
            # Inside a subquery DuckDB itself refuses a WITH that writes: a second lock on that door.
            relation = connection.sql(f"SELECT * FROM ({select}\n) LIMIT {limit + 1}")  # noqa: S608
            columns = tuple(
                Column(name, str(kind))
                for name, kind in zip(relation.columns, relation.types, strict=True)
            )
            rows = relation.pl().rows()
        except duckdb.Error as error:
            raise _explain(error, versions) from None
    return Answer(columns, tuple(rows[:limit]), len(rows) > limit)


def _make_views(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    versions: list[DatasetVersion],
) -> None:
    """Make a view of each version that the query may name; binding one opens its file."""
    lower = sql.lower()
    named = [version for version in versions if version.dataset in lower]
    newest: set[str] = set()
    for version in named:
        source = parquet(project.store.objects.path(version.object))
        names = [f"{version.dataset}@{name}" for name in (str(version.number), *version.tags)]
        names = [name for name in names if name in lower]
        if version.dataset not in newest:
            newest.add(version.dataset)
            names += [version.dataset, f"{version.dataset}@latest"]
        for name in names:
            connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {source}").fetchall()  # noqa: S608


def _explain(error: duckdb.Error, versions: list[DatasetVersion]) -> BadInput | NotFound:
    import duckdb

    unknown = _UNKNOWN_TABLE.search(str(error))
    if unknown:
        known = sorted({version.dataset for version in versions})
        return NotFound(
            f"There is no dataset {unknown[1]}",
            where="the query",
            why=f"the datasets are {', '.join(known[:20])}"
            if known
            else "the project has none yet",
            fix='Name one, or one version as "flights@3" in double quotes',
            code="query.unknown_table",
        )
    if isinstance(error, duckdb.PermissionException):
        return BadInput(
            "A query reads datasets and nothing else",
            where="the query",
            why=first_line(error),
            fix="Bring the file in with workbench data add, then name its dataset",
            code="query.outside",
        )
    return BadInput(
        "The query cannot be answered",
        where="the query",
        why=first_line(error),
        fix="Correct it and ask again",
        code="query.failed",
    )
