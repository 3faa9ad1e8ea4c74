"""The tables that are asked: a DuckDB file made from the journal, which can be thrown away at any time.

Nobody holds the file: each use attaches it to this process's one in-memory DuckDB and detaches it
again, under a side lock (shared to read, exclusive to apply). It is brought up to the journal
lazily by whoever next needs it. A damaged file is kept aside and made anew.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from workbench.errors import StoreError, Unavailable
from workbench.store import tables
from workbench.store.attach import ALIAS, Attachable, is_refusal, wrong_questions
from workbench.store.counts import COUNTS, Counts, count, read_counts, write_counts
from workbench.store.journal import START, Journal, Position
from workbench.store.locks import locked
from workbench.store.modes import file_mode
from workbench.store.stops import held

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")

COUNTS_FILE = "counts.json"
"""Beside the tables."""

VERSION = 9
"""Raised with every change of the tables or of what records do to them; another one is rebuilt."""

ATTEMPTS = 5
"""How often a question is asked of tables made anew before their damage is an error."""

KEPT = 3
"""How many damaged files are kept for whoever wants to see what happened to them."""

CHUNK = 50_000
"""Units applied in one transaction, at most."""

MOST_CHANGES = 300_000
"""Changes of rows after which a transaction is full: they stand in memory until they are written."""


class Projection:
    """The projection of `journal` in the file `path`. Threads of one process take turns."""

    def __init__(self, path: Path, journal: Journal, warn: Callable[[str], None]) -> None:
        self.path = path
        self._journal = journal
        self._warn = warn
        self._turn = threading.RLock()
        self._file = Attachable(path)

    def run(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Return `work(connection)`, run on tables that hold the whole journal as of now.

        `work` only reads, and may run again when the file turns out to be damaged. Raises
        JournalDamaged, LockTimeout, StoreError.
        """
        with held(), self._turn:
            if self._file.connection is not None:
                return work(self._file.connection)
            if self._looks_current():
                found = self._run_shared(work)
                if found:
                    return found[0]
            return self._run_alone(work)

    def counts(self) -> dict[str, int]:
        """Return how many of each thing there are.

        Without DuckDB when the numbers noted at the last change still hold, else from the tables.
        """
        noted = self._noted()
        if noted is None or not noted.are_of(self._journal.end()):
            self.run(lambda _: None)
            noted = self._noted()
        return noted.counts if noted else self.run(lambda tables: count(tables, set(COUNTS)))

    def _run_shared(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> tuple[T] | None:
        """Return what `work` answers, None when the tables are behind, missing or damaged."""
        import duckdb  # 118 ms: not at start-up

        with self._locked(shared=True):
            if not self.path.exists():
                return None
            try:
                with self._file.attached(read_only=True) as connection:
                    if self._is_current(_position(connection)):
                        return (work(connection),)
            except duckdb.Error as error:
                self._give_up_unless_damage(error)
        return None

    def _run_alone(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Bring the tables up to the journal and return what `work` answers, all under one lock.

        So whoever also came upon a damaged file finds it made anew, and does not set that aside too.
        """
        import duckdb

        with self._locked():
            for left in reversed(range(ATTEMPTS)):
                try:
                    with self._file.attached(read_only=False) as connection:
                        self._apply(connection)
                        return work(connection)
                except duckdb.Error as error:
                    self._give_up_unless_damage(error)
                    if not left:
                        raise StoreError(
                            "The projection cannot be read",
                            where=str(self.path),
                            why=str(error).splitlines()[0],
                            fix="Run workbench audit verify; if the journal is sound this is our bug",
                        ) from error
                    self._set_aside(error)
        raise AssertionError  # the loop returns or raises

    def _give_up_unless_damage(self, error: duckdb.Error) -> None:
        """Raise `error` as what it is when the file is not to blame for it."""
        self._file.forget()
        if is_refusal(error):
            raise self._refused(error) from error
        if isinstance(error, wrong_questions()):
            raise error

    def _looks_current(self) -> bool:
        """Guess from the note beside the file, which costs nothing, what only the file can tell."""
        noted = self._noted()
        return noted is not None and noted.are_of(self._journal.end())

    def _noted(self) -> Counts | None:
        return read_counts(self.path.with_name(COUNTS_FILE), VERSION)

    def _is_current(self, position: Position | None) -> bool:
        if position is None:
            return False
        self._journal.check_reaches(position)
        return self._journal.end() == (position.segment, position.offset)

    def _apply(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Bring the tables up to the journal; the exclusive lock is held."""
        position = _position(connection)
        if position is None:
            self._recreate(connection)
            position = START
        self._journal.check_reaches(position)
        noted = self._noted()
        known = noted and noted.are_of((position.segment, position.offset))
        counts, touched = (noted.counts, set()) if noted and known else ({}, set(COUNTS))
        units = self._journal.read(position)
        while True:
            batch, taken, full = tables.Batch(), 0, False
            for unit, behind in units:
                for record in unit.records:
                    batch.add(record.changes(unit.stamp))
                position, taken = behind, taken + 1
                full = taken == CHUNK or batch.changes >= MOST_CHANGES
                if full:
                    break
            if taken:
                self._commit(connection, batch, position)
                touched |= batch.tables
            if not full:
                break
        if touched:
            counts = counts | count(connection, touched)
            noted = Counts(VERSION, position.segment, position.offset, counts)
            write_counts(self.path.with_name(COUNTS_FILE), noted)
            with contextlib.suppress(OSError):
                self.path.chmod(file_mode(self.path.parent))

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

    @contextlib.contextmanager
    def _locked(self, *, shared: bool = False) -> Iterator[None]:
        with contextlib.ExitStack() as inside:
            try:
                side = self.path.with_name(self.path.name + ".lock")
                inside.enter_context(locked(side, shared=shared))
            except OSError as error:
                raise self._refused(error) from error
            yield

    def _set_aside(self, error: duckdb.Error) -> None:
        """Move the damaged file out of the way; the exclusive lock is held."""
        aside = self.path.with_name(f"{self.path.stem}.damaged-{time.time_ns()}")
        for suffix in ("", ".wal"):
            path = self.path.with_name(self.path.name + suffix)
            with contextlib.suppress(FileNotFoundError):
                path.replace(aside.with_name(aside.name + suffix))
        for old in sorted(self.path.parent.glob(f"{self.path.stem}.damaged-*"))[: -2 * KEPT]:
            with contextlib.suppress(OSError):
                old.unlink()
        reason = str(error).splitlines()[0]
        self._warn(f"The projection was damaged ({reason}); kept as {aside.name} and made anew.")

    def _refused(self, error: Exception) -> Unavailable:
        return Unavailable(
            "The projection cannot be written",
            where=str(self.path),
            why=str(error).splitlines()[0],
            fix="Make room or get permission there; the journal itself is not affected",
            code="store.projection",
        )


def _position(connection: duckdb.DuckDBPyConnection) -> Position | None:
    """Return where the tables stand, None when they are of another version or not there at all."""
    import duckdb

    try:
        rows = connection.execute("SELECT * FROM applied").fetchall()
    except duckdb.CatalogException:
        return None
    return Position(*rows[0][1:]) if rows and rows[0][0] == VERSION else None
