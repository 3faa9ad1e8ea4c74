"""One DuckDB file, attached to this process's one in-memory DuckDB for as long as a turn takes.

Nobody holds the file open: while one process does, DuckDB refuses all others. Attaching costs some
milliseconds, opening a connection of its own five times that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

ALIAS = "projection"

REFUSALS = (
    "no space left",
    "permission denied",
    "read-only file system",
    "too many open files",
    "quota",
    "could not allocate",
    "out of memory",
)
"""Words by which DuckDB passes on that the system refused."""


class Attachable:
    """The file at `path`. One thread at a time; `connection` is set while it is attached."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection: duckdb.DuckDBPyConnection | None = None
        self._memory: duckdb.DuckDBPyConnection | None = None

    @contextlib.contextmanager
    def attached(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """Attach the file and make it the current database inside."""
        connection = self._connect()
        path = str(self.path).replace("'", "''")
        mode = " (READ_ONLY)" if read_only else ""
        connection.execute(f"ATTACH '{path}' AS {ALIAS}{mode}")
        connection.execute(f"USE {ALIAS}")
        self.connection = connection
        try:
            yield connection
        finally:
            self.connection = None
            if self._memory is not None:
                self._detach(connection)

    def forget(self) -> None:
        """Drop the in-memory DuckDB: after a fatal error it answers nothing more."""
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._memory is None:
            import duckdb  # 118 ms: not at start-up

            self._memory = duckdb.connect(
                ":memory:",
                config={"autoinstall_known_extensions": False, "autoload_known_extensions": False},
            )
            self._memory.execute("SET enable_progress_bar = false")
        return self._memory

    def _detach(self, connection: duckdb.DuckDBPyConnection) -> None:
        import duckdb

        try:
            connection.execute("USE memory")
            connection.execute(f"DETACH {ALIAS}")
        except duckdb.Error:
            # An aborted transaction or a damaged file: a fresh connection is the way out, and the
            # error that led here is already on its way up.
            self.forget()


def wrong_questions() -> tuple[type[Exception], ...]:
    """Return the errors that say nothing of the file. All others may come from a damaged one.

    A damaged block raises the base class, or any other, depending on where the damage is.
    """
    import duckdb

    return (
        duckdb.ParserException,
        duckdb.SyntaxException,
        duckdb.BinderException,
        duckdb.ConversionException,
        duckdb.TypeMismatchException,
        duckdb.InvalidTypeException,
        duckdb.OutOfRangeException,
        duckdb.ResourceInUseException,
        duckdb.InterruptException,
    )


def is_refusal(error: duckdb.Error) -> bool:
    """Tell whether the system refused (space, permission, descriptors), as opposed to damage."""
    words = str(error).lower()
    return any(sign in words for sign in REFUSALS)
