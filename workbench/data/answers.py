"""The answer to a query in pages: asked once, kept in memory, sorted and filtered where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.data.connection import locked, quoted
from workbench.data.names import unique_names
from workbench.data.pages import Order, Pages
from workbench.data.query import prepare, shown_casts
from workbench.records.data import Column

if TYPE_CHECKING:
    import duckdb

    from workbench.project.project import Project

MOST = 1_000_000
"""Rows of an answer that are kept; a version can be made of all of them."""

MEMORY = "2GB"
"""What a query may take; it spills nowhere, and says so when it is too little."""

_TABLE = "kept.answer"


class Answers(Pages):
    """Pages of an answer; `more` tells that the query has rows beyond MOST."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: tuple[Column, ...],
        rows: int,
        more: bool,
        order: Order | None = None,
        where: str = "",
    ) -> None:
        super().__init__(connection, _TABLE, "rowid", columns, rows, order, where)
        self.more = more

    def arranged(self, order: Order | None, where: str = "") -> Answers:
        """Return the same answer, sorted and filtered."""
        cursor = self._connection.cursor()
        return Answers(cursor, self.columns, self._rows, self.more, order, where)


def ask(project: Project, sql: str, most: int = MOST) -> Answers:
    """Ask one SELECT over the views of all versions. Raises what `prepare` raises, and BadInput."""
    import duckdb

    connection = locked(project.paths.objects, memory=MEMORY)
    try:
        asked = prepare(project, connection, sql)
        casts = shown_casts(asked.columns)
        # An answer may have a name twice, or in capitals too, which a table may not.
        names, _ = unique_names([column.name for column in asked.columns])
        try:
            listed = ", ".join(map(quoted, names))
            statement = asked.statement(most + 1, casts)
            connection.execute("CREATE SCHEMA kept").fetchall()  # beside the views of datasets
            connection.execute(
                f"CREATE TABLE {_TABLE} AS SELECT * FROM ({statement}) AS a({listed})"  # noqa: S608
            ).fetchall()
            ((rows,),) = connection.execute(f"SELECT count(*) FROM {_TABLE}").fetchall()  # noqa: S608
        except duckdb.Error as error:
            raise asked.refusal(error) from None
        columns = tuple(
            Column(name, casts.get(column.name, column.type))
            for name, column in zip(names, asked.columns, strict=True)
        )
        return Answers(connection, columns, min(rows, most), rows > most)
    except BaseException:
        connection.close()
        raise
