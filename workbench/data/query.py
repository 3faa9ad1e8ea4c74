"""SQL over all dataset versions: one SELECT, in a DuckDB that sees the objects and nothing else.

`flights` is the newest version, `"flights@3"` that one, `"flights@gold"` the one with that tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.data.connection import locked, parquet, quoted
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.data.guard import first_line, place_of, single_select, tables_of
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that may be asked: its views are made, its columns known; nothing was read yet.

    `inputs` are the ids of the versions that it names.
    """

    connection: duckdb.DuckDBPyConnection
    sql: str
    select: str
    columns: tuple[Column, ...]
    versions: tuple[DatasetVersion, ...]
    inputs: tuple[str, ...]

    def relation(self, limit: int | None = None, casts: Mapping[str, str] | None = None) -> Any:
        """Return the answer as DuckDB's relation; arguments as for `statement`."""
        return self.connection.sql(self.statement(limit, casts))

    def statement(self, limit: int | None = None, casts: Mapping[str, str] | None = None) -> str:
        """Return SQL of the answer; `casts` gives columns another type of DuckDB's."""
        parts = ", ".join(
            f"CAST({quoted(c.name)} AS {casts[c.name]}) AS {quoted(c.name)}"
            if casts and c.name in casts
            else quoted(c.name)
            for c in self.columns
        )
        # Inside a subquery DuckDB itself refuses a WITH that writes: a second lock on that door.
        sql = f"SELECT {parts} FROM (\n{self.select}\n)"  # noqa: S608
        return sql if limit is None else f"{sql} LIMIT {limit}"

    def refusal(self, error: Exception) -> BadInput | NotFound:
        """Return what to raise for what DuckDB says against it."""
        return _explain(error, self.sql, self.versions)


def prepare(project: Project, connection: duckdb.DuckDBPyConnection, sql: str) -> Asked:
    """Let the parser and the binder look at one SELECT over the views of all versions.

    Raises BadInput for what is no single SELECT, for what DuckDB refuses, and for any attempt to
    reach outside the project's objects.
    """
    import duckdb

    versions = tuple(list_versions(project))
    select = single_select(connection, sql)
    inputs = _make_views(project, connection, tables_of(connection, select), versions)
    try:
        relation = connection.sql(f"SELECT * FROM (\n{select}\n)")  # noqa: S608
    except duckdb.Error as error:
        raise _explain(error, sql, versions) from None
    columns = tuple(
        Column(name, str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)
    )
    return Asked(connection, sql, select, columns, versions, inputs)


def query(project: Project, sql: str, limit: int = LIMIT) -> Answer:
    """Answer one SELECT over the views of all versions with at most `limit` rows.

    Raises what `prepare` raises, and BadInput for what goes wrong on the way.
    """
    import duckdb

    with locked(project.paths.objects) as connection:
        asked = prepare(project, connection, sql)
        try:
            rows = asked.relation(limit + 1, shown_casts(asked.columns)).pl().rows()
        except duckdb.Error as error:
            raise asked.refusal(error) from None
    return Answer(asked.columns, tuple(rows[:limit]), len(rows) > limit)


def shown_casts(columns: Iterable[Column]) -> dict[str, str]:
    """Return the casts of columns whose values neither Polars nor a terminal knows."""
    return {c.name: "VARCHAR" for c in columns if c.type.startswith(("INTERVAL", "BIT", "UNION"))}


def _make_views(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    named: frozenset[str],
    versions: Sequence[DatasetVersion],
) -> tuple[str, ...]:
    """Make a view of each version that the query names (binding one opens its file); return their ids."""
    newest: set[str] = set()
    inputs: list[str] = []
    for version in versions:
        names = [f"{version.dataset}@{name}" for name in (str(version.number), *version.tags)]
        if version.dataset not in newest:
            newest.add(version.dataset)
            names += [version.dataset, f"{version.dataset}@latest"]
        wanted = [name for name in names if name in named]
        if not wanted:
            continue
        inputs.append(version.id)
        source = parquet(project.store.objects.path(version.object))
        for name in wanted:
            connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {source}").fetchall()  # noqa: S608
    return tuple(inputs)


def _explain(error: Exception, sql: str, versions: Sequence[DatasetVersion]) -> BadInput | NotFound:
    import duckdb

    where = f"the query{place_of(error, sql, shift=1)}"
    unknown = _UNKNOWN_TABLE.search(str(error))
    if unknown:
        known = sorted({version.dataset for version in versions})
        return NotFound(
            f"There is no dataset {unknown[1]}",
            where=where,
            why=f"the datasets are {', '.join(known[:20])}"
            if known
            else "the project has none yet",
            fix='Name one, or one version as "flights@3" in double quotes',
            code="query.unknown_table",
        )
    if isinstance(error, duckdb.PermissionException):
        return BadInput(
            "A query reads datasets and nothing else",
            where=where,
            why=first_line(error),
            fix="Bring the file in with workbench data add, then name its dataset",
            code="query.outside",
        )
    return BadInput(
        "The query cannot be answered",
        where=where,
        why=first_line(error),
        fix="Correct it and ask again",
        code="query.failed",
    )
