"""What DuckDB counts for a profile: rows that come again, and values that Polars does not tell apart.

A duplicate row says in every column what an earlier row says; how grave that is stands here as well.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.data.connection import THREADS, literal, parquet, quoted
from workbench.data.severity import Severity, severity_of

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
"""What counting takes at the most; the rest lies in a temporary folder meanwhile."""


def count_duplicates(path: Path) -> int | None:
    """Return how many rows of a Parquet file equal an earlier one: missing equals missing, NaN NaN.

    Exact, and out of core: rows are told apart by eight bytes each, and only those whose eight bytes
    come again are compared in full. None where the temporary folder has no room for that.
    """
    import duckdb  # 118 ms

    with _counting() as connection:
        try:
            return _count(connection, parquet(path))
        except (duckdb.OutOfMemoryException, duckdb.IOException):
            return None


def count_values(path: Path, names: Sequence[str]) -> dict[str, int]:
    """Return about how many values differ in each of these columns, missing ones left out."""
    if not names:
        return {}
    wanted = ", ".join(f"approx_count_distinct({quoted(name)})" for name in names)
    with _counting() as connection:
        row = connection.execute(f"SELECT {wanted} FROM {parquet(path)}").fetchone()  # noqa: S608  # our own names, quoted
    assert row is not None, "a question for counts has an answer"
    return dict(zip(names, map(int, row), strict=True))


@contextlib.contextmanager
def _counting() -> Generator[duckdb.DuckDBPyConnection, None, None]:
    """Open a DuckDB of bounded memory with a temporary folder for the rest."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="workbench-rows-") as folder:
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "threads": THREADS,
                "memory_limit": MEMORY,
                "preserve_insertion_order": False,
            }
        )
        try:
            connection.execute(f"SET temp_directory = {literal(folder)}")
            yield connection
        finally:
            connection.close()


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    def ask(sql: str) -> int:
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    names = [name for name, *_ in connection.execute(f"DESCRIBE FROM {table}").fetchall()]
    key = f"hash({', '.join(map(quoted, names))})"
    connection.execute(
        f"CREATE TEMP TABLE again AS SELECT {key} AS key, count(*) AS rows FROM {table} "  # noqa: S608  # our own names, quoted
        "GROUP BY key HAVING rows > 1"
    )
    rows = ask("SELECT coalesce(sum(rows), 0) FROM again")
    if not rows:
        return 0
    connection.execute(
        f"CREATE TEMP VIEW alike AS SELECT * FROM {table} "  # noqa: S608  # as above
        f"WHERE {key} IN (SELECT key FROM again)"
    )
    return rows - ask("SELECT count(*) FROM (SELECT DISTINCT * FROM alike)")


def severity(share: float, rows: int, distinct: Iterable[int]) -> Severity | None:
    """Return how grave a share of duplicate rows is, None without any.

    `distinct` has the distinct values of each column, a missing one among them. Where these cannot make
    as many different rows as there are, rows come again by necessity: that is worth knowing, no more.
    """
    if not share:
        return None
    room = math.prod(distinct)
    return "low" if room < rows else severity_of("duplicates", share)
