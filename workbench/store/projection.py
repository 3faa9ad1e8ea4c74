"""The tables that are asked: a DuckDB file made from the journal, which can be thrown away at any time.

Nobody holds the file: each use attaches it to this process's one in-memory DuckDB and detaches it
again, under a side lock (shared to read, exclusive to apply). It is brought up to the journal
lazily by whoever next needs it. A damaged file is kept aside and made anew.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from workbench.errors import StoreError, Unavailable
from workbench.files import write_atomic
from workbench.store import tables
from workbench.store.journal import START, Journal, Position
from workbench.store.locks import locked
from workbench.store.modes import file_mode

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

VERSION = 1
"""Raised with every change of the tables or of what records do to them; another one is rebuilt."""

CHUNK = 50_000
"""Units applied in one transaction."""

ALIAS = "projection"

COUNTS = """
SELECT (SELECT count(DISTINCT dataset) FROM dataset_versions) AS datasets,
       (SELECT count(*) FROM dataset_versions) AS dataset_versions,
       (SELECT count(*) FROM experiments) AS experiments,
       (SELECT count(*) FROM runs) AS runs,
       (SELECT count(*) FROM runs WHERE state = 'failed') AS runs_failed,
       (SELECT count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')) AS jobs_open,
       (SELECT count(DISTINCT model) FROM model_versions) AS models,
       (SELECT count(*) FROM model_versions) AS model_versions,
       (SELECT count(*) FROM deployments WHERE state NOT IN ('stopped', 'failed')) AS deployments,
       (SELECT count(*) FROM deployments WHERE state = 'healthy') AS deployments_healthy
"""


class Counts(msgspec.Struct, frozen=True):
    """How many of each thing there are, as of a position in the journal."""

    version: int
    segment: int
    offset: int
    counts: dict[str, int]


class Projection:
    """The projection of `journal` in the file `path`. Threads of one process take turns."""

    def __init__(self, path: Path, journal: Journal, warn: Callable[[str], None]) -> None:
        self.path = path
        self._journal = journal
        self._warn = warn
        self._turn = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._attached = False

    def run(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Return `work(connection)`, run on tables that hold the whole journal as of now.

        `work` only reads, and may run twice when the file turns out to be damaged. Raises
        JournalDamaged, LockTimeout, StoreError.
        """
        import duckdb  # 118 ms: not at start-up

        with self._turn:
            if self._attached:
                return work(self._connect())
            for last in (False, True):
                try:
                    return self._run_once(work)
                except (
                    duckdb.ParserException,
                    duckdb.BinderException,
                    duckdb.ConversionException,
                ):
                    raise  # the question is wrong, not the file
                except duckdb.Error as error:
                    self._drop_connection()
                    if _is_refusal(error):
                        raise self._refused(error) from error
                    if last:
                        raise StoreError(
                            "The projection cannot be read",
                            where=str(self.path),
                            why=str(error).splitlines()[0],
                            fix="Run workbench audit verify; if the journal is sound this is our bug",
                        ) from error
                    self._set_aside(error)
        raise AssertionError  # the loop returns or raises

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are.

        Without DuckDB when the numbers noted at the last change still hold, else from the tables.
        """
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            noted = msgspec.json.decode(self._counts_path.read_bytes(), type=Counts)
            if noted.version == VERSION and (noted.segment, noted.offset) == self._journal.end():
                return noted.counts
        return self.run(_count)

    # One turn

    def _run_once(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        while True:
            with locked(self._lock, shared=True):
                if self.path.exists():
                    with self._attachment(read_only=True) as connection:
                        if self._is_current(_position(connection)):
                            return work(connection)
            with locked(self._lock):
                self._apply()

    def _is_current(self, position: Position | None) -> bool:
        if position is None:
            return False
        self._journal.check_reaches(position)
        segment, size = self._journal.end()
        if (segment, size) == (position.segment, position.offset):
            return True
        # A torn tail makes the file longer without there being anything to apply.
        return next(self._journal.read(position), None) is None

    def _apply(self) -> None:
        """Bring the tables up to the journal; the exclusive lock is held."""
        with self._attachment(read_only=False) as connection:
            position = _position(connection)
            if position is None:
                self._recreate(connection)
                position = START
            self._journal.check_reaches(position)
            units = self._journal.read(position)
            while True:
                batch, taken = tables.Batch(), 0
                for unit, behind in units:
                    for record in unit.records:
                        batch.add(record.changes(unit.stamp))
                    position, taken = behind, taken + 1
                    if taken == CHUNK:
                        break
                self._commit(connection, batch, position)
                if taken < CHUNK:
                    break
            counts = _count(connection)
        self.path.chmod(file_mode(self.path.parent))
        noted = Counts(VERSION, position.segment, position.offset, counts)
        mode = file_mode(self.path.parent)
        write_atomic(self._counts_path, msgspec.json.encode(noted), mode=mode, sync=False)

    def _commit(
        self, connection: duckdb.DuckDBPyConnection, batch: tables.Batch, position: Position
    ) -> None:
        connection.execute("BEGIN")
        batch.write(connection)
        connection.execute("DELETE FROM applied")
        connection.execute(
            "INSERT INTO applied VALUES (?, ?, ?, ?, ?)",
            [VERSION, position.segment, position.offset, position.seq, position.hash],
        )
        connection.execute("COMMIT")

    def _recreate(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("BEGIN")
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [ALIAS]
        ).fetchall():
            connection.execute(f'DROP TABLE "{name}"')
        connection.execute(
            'CREATE TABLE applied (version INTEGER, segment BIGINT, "offset" BIGINT,'
            " seq BIGINT, hash VARCHAR)"
        )
        tables.create(connection)
        connection.execute("COMMIT")

    # The file and the connection

    @property
    def _lock(self) -> Path:
        return self.path.with_name(self.path.name + ".lock")

    @property
    def _counts_path(self) -> Path:
        return self.path.with_name("counts.json")

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(
                ":memory:",
                config={
                    "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false",
                },
            )
            self._connection.execute("SET enable_progress_bar = false")
        return self._connection

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextlib.contextmanager
    def _attachment(self, *, read_only: bool) -> Any:
        connection = self._connect()
        path = str(self.path).replace("'", "''")
        mode = " (READ_ONLY)" if read_only else ""
        connection.execute(f"ATTACH '{path}' AS {ALIAS}{mode}")
        connection.execute(f"USE {ALIAS}")
        self._attached = True
        try:
            yield connection
        finally:
            self._attached = False
            if self._connection is not None:
                self._detach(connection)

    def _detach(self, connection: duckdb.DuckDBPyConnection) -> None:
        import duckdb

        try:
            connection.execute("USE memory")
            connection.execute(f"DETACH {ALIAS}")
        except duckdb.Error:
            # An aborted transaction or a damaged file: a fresh connection is the way out, and the
            # error that led here is already on its way up.
            self._drop_connection()

    def _set_aside(self, error: duckdb.Error) -> None:
        aside = self.path.with_name(f"{self.path.stem}.damaged-{time.time_ns()}")
        with locked(self._lock):
            for suffix in ("", ".wal"):
                path = self.path.with_name(self.path.name + suffix)
                with contextlib.suppress(FileNotFoundError):
                    path.replace(aside.with_name(aside.name + suffix))
        reason = str(error).splitlines()[0]
        self._warn(f"The projection was damaged ({reason}); kept as {aside.name} and made anew.")

    def _refused(self, error: duckdb.Error) -> Unavailable:
        return Unavailable(
            "The projection cannot be written",
            where=str(self.path),
            why=str(error).splitlines()[0],
            fix="Make room or get permission there; the journal itself is not affected",
            code="store.projection",
        )


def _position(connection: duckdb.DuckDBPyConnection) -> Position | None:
    """Return where the tables stand, None when they are of another version or not there at all."""
    known = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = 'applied'",
        [ALIAS],
    ).fetchone()
    if not known or not known[0]:
        return None
    row = connection.execute("SELECT * FROM applied").fetchone()
    if row is None or row[0] != VERSION:
        return None
    return Position(*row[1:])


def _count(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    cursor = connection.execute(COUNTS)
    names = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone() or ()
    return dict(zip(names, row, strict=True))


def _is_refusal(error: duckdb.Error) -> bool:
    """Tell whether the system refused (space, permission, descriptors), as opposed to damage."""
    words = str(error).lower()
    return any(
        sign in words
        for sign in (
            "no space left",
            "permission denied",
            "read-only file system",
            "too many open files",
            "quota",
            "could not allocate",
            "out of memory",
        )
    )
