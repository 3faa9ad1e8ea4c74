"""What DuckDB says against a CSV file, as one sentence with file and line."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import BadInput

if TYPE_CHECKING:
    import duckdb

_KINDS = {
    "MISSING COLUMNS": "The rows of the file do not have the same number of values",
    "TOO MANY COLUMNS": "The rows of the file do not have the same number of values",
    "UNQUOTED VALUE": "A quoted value does not end where it should",
    "INVALID ENCODING": "The file is not UTF-8",
    "LINE SIZE OVER MAXIMUM": "A line is too long",
}
_FIXES = {
    "UNQUOTED VALUE": "Correct the quotes in that line, or give --quote none",
    "INVALID ENCODING": "Give its --encoding",
    "LINE SIZE OVER MAXIMUM": "Check the quotes before that line: one may be missing",
}
_RAGGED = "Correct the line; if there are lines before the table, leave them out with --skip N"


def refuse(
    connection: duckdb.DuckDBPyConnection, path: Path, rejecting: str, error: Exception
) -> BadInput:
    """Return what to raise for `error`, which DuckDB gave for a file.

    `rejecting` is SQL of the same read_csv with `store_rejects`: DuckDB is asked again, because the
    table of rejects has line and kind as values where the message has them in prose.
    """
    import duckdb

    rows = []
    with contextlib.suppress(duckdb.Error):
        connection.execute(f"SELECT count(*) FROM {rejecting}").fetchall()  # noqa: S608  # made by csv.py
        rows = connection.execute(
            "SELECT line, error_type, error_message FROM reject_errors ORDER BY line LIMIT 1"
        ).fetchall()
    if not rows:
        return BadInput(
            "The file cannot be read as a table",
            where=str(path),
            why=str(error).partition("\n")[0],
            fix="Give its --delimiter and --quote, or correct the file",
            code="data.csv",
        )
    line, kind, message = rows[0]
    widths = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    return BadInput(
        _KINDS.get(kind, "The file cannot be read as a table"),
        where=f"{path}, line {line}",
        why=f"it has {widths[2]} and the others {widths[1]}"
        if widths
        else message.partition("\n")[0],
        fix=_FIXES.get(kind, _RAGGED),
        code="data.ragged" if widths else "data.csv",
    )
