"""The DuckDB that reads stored tables: it sees the objects and nothing else, whatever it is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

THREADS = min(os.cpu_count() or 1, 8)


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def parquet(path: Path, extra: str = "") -> str:
    """Return SQL of the table in the object at `path` (digests hold no pattern signs)."""
    return f"read_parquet({literal(str(path))}{extra})"


def locked(objects: Path, *, memory: str = "") -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that may read files under `objects` alone.

    No other file, no network, no extension beyond those built in, no setting that can be changed
    back. `memory` such as `1GB` bounds it (default: DuckDB's own bound); it spills nowhere.
    """
    import duckdb  # 118 ms

    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": THREADS,
        }
    )
    settings = [
        "SET TimeZone = 'UTC'",
        "SET preserve_insertion_order = true",
        "SET temp_directory = ''",
        "SET parquet_metadata_cache = true",  # objects never change
        f"SET allowed_directories = [{literal(str(objects.absolute()))}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ]
    if memory:
        settings.insert(0, f"SET memory_limit = {literal(memory)}")
    for setting in settings:
        connection.execute(setting).fetchall()
    return connection
