"""The journal's files: segments of lines, appended under a lock, read without one.

Guarantees: a unit is there as a whole or not at all; `append` returns after the unit is on disk
(fsync); a torn tail (no line feed) was never acknowledged, is ignored by readers and cut by the
next writer; a reader never changes a file. Segments are `000001.jsonl` ... and rotate at 64 MB.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import JournalDamaged, Unavailable
from workbench.files import sync_folder
from workbench.records import Record, Who
from workbench.store.heads import Heads
from workbench.store.locks import locked
from workbench.store.modes import file_mode
from workbench.store.stops import held
from workbench.store.units import LINE_LIMIT, ORIGIN, Broken, Unit, decode, encode, seal

SEGMENT_LIMIT = 64 * 1024 * 1024
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two units: `offset` bytes into `segment`, behind unit `seq` with `hash`."""

    segment: int = 1
    offset: int = 0
    seq: int = 0
    hash: str = ORIGIN


START = Position()


class Journal:
    """The journal in `folder`. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, heads: Heads) -> None:
        self.folder = folder
        self.heads = heads

    def path(self, segment: int) -> Path:
        """Return the file of a segment."""
        return self.folder / f"{segment:06}.jsonl"

    def segments(self) -> list[int]:
        """Return the numbers of the segments that exist, in order."""
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.jsonl"))

    def end(self) -> tuple[int, int]:
        """Return the last segment and its size in bytes; a poll needs no more."""
        last = self.segments()[-1:]
        return (last[0], self.path(last[0]).stat().st_size) if last else (1, 0)

    # Reading

    def read(self, after: Position = START) -> Iterator[tuple[Unit, Position]]:
        """Yield each whole unit behind `after` with the position behind it.

        Raises JournalDamaged where the files are not what was written.
        """
        position = after
        segments = self.segments()
        if segments and segments != list(range(1, segments[-1] + 1)):
            missing = min(set(range(1, segments[-1] + 1)) - set(segments))
            raise damaged(self.path(missing), 0, position.seq + 1, "the file is missing")
        for segment in segments:
            if segment < position.segment:
                continue
            if segment > position.segment:
                position = Position(segment, 0, position.seq, position.hash)
            for unit, behind in self._read_segment(position, last=segment == segments[-1]):
                position = behind
                yield unit, behind

    def _read_segment(self, position: Position, *, last: bool) -> Iterator[tuple[Unit, Position]]:
        path = self.path(position.segment)
        with path.open("rb") as stream:
            stream.seek(position.offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    if last:
                        return
                    raise self._damaged_at(position, "it is cut off in the middle of a unit")
                try:
                    unit = decode(line, position.seq + 1, position.hash)
                except Broken as broken:
                    raise self._damaged_at(position, str(broken)) from None
                position = Position(
                    position.segment, position.offset + len(line), unit.seq, unit.hash
                )
                yield unit, position

    def _damaged_at(self, position: Position, why: str) -> JournalDamaged:
        path = self.path(position.segment)
        with path.open("rb") as stream:
            number = stream.read(position.offset).count(b"\n") + 1
        return damaged(path, number, position.seq + 1, why)

    def check_reaches(self, position: Position) -> None:
        """Raise JournalDamaged unless the unit that `position` stands behind is where it was."""
        if position.seq == 0:
            return
        path = self.path(position.segment)
        try:
            seq, digest = seal(_line_before(path, position.offset))
        except (OSError, Broken):
            seq, digest = 0, ""
        if (seq, digest) != (position.seq, position.hash):
            raise _behind(path, position.seq)

    # Writing

    def append(self, who: Who, decide: Callable[[], Sequence[Record]]) -> Unit | None:
        """Write the records that `decide` returns as one unit, under the journal's lock.

        Nothing is written when it returns none or raises. Raises LockTimeout, JournalDamaged, or
        Unavailable when the disk refuses (then nothing of the unit stays).
        """
        with held(), self._lock():
            tail = self._tail()
            records = decide()
            if not records:
                return None
            line, unit = encode(tail.seq + 1, tail.hash, who, records)
            self._write(tail, line)
            self.heads.remember(unit.seq, unit.hash)
        return unit

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        with contextlib.ExitStack() as inside:
            try:
                inside.enter_context(locked(self.folder / LOCK))
            except OSError as error:
                raise _refused(self.folder, error) from error
            yield

    def _tail(self) -> Position:
        """Return the position behind the last whole unit, cutting what is torn behind it."""
        segments = self.segments()
        position = START
        for segment in reversed(segments):
            path = self.path(segment)
            size = path.stat().st_size
            whole = _whole_size(path, size)
            if whole < size:
                os.truncate(path, whole)
            if whole:
                try:
                    seq, digest = seal(_line_before(path, whole))
                except Broken as broken:
                    raise self._damaged_last(path, str(broken)) from None
                position = Position(segment, whole, seq, digest)
                break
        self._check_head(position)
        if segments and position.segment < segments[-1]:
            position = Position(segments[-1], 0, position.seq, position.hash)
        return position

    def _damaged_last(self, path: Path, why: str) -> JournalDamaged:
        return damaged(path, path.read_bytes().count(b"\n"), 0, why)

    def _check_head(self, tail: Position) -> None:
        head = self.heads.last()
        if head is None or tail.seq > head.seq:
            return
        if (tail.seq, tail.hash) != (head.seq, head.hash):
            raise _behind(self.path(tail.segment), head.seq)

    def _write(self, tail: Position, line: bytes) -> None:
        segment, offset = tail.segment, tail.offset
        if offset + len(line) > SEGMENT_LIMIT:
            segment, offset = segment + 1, 0
        path = self.path(segment)
        fresh = not path.exists()
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(path, flags, file_mode(self.folder))
            try:
                _write_whole(descriptor, line, offset)
            finally:
                os.close(descriptor)
            if fresh:
                sync_folder(self.folder)
        except OSError as error:
            raise _refused(path, error) from error


def _write_whole(descriptor: int, line: bytes, offset: int) -> None:
    try:
        left = memoryview(line)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except BaseException:
        os.ftruncate(descriptor, offset)
        raise


def _whole_size(path: Path, size: int) -> int:
    """Return how many bytes of `path` are whole lines."""
    with path.open("rb") as stream:
        reach = 0
        while reach < size:
            reach = min(reach + LINE_LIMIT, size)
            stream.seek(size - reach)
            found = stream.read(reach).rfind(b"\n")
            if found >= 0:
                return size - reach + found + 1
    return 0


def _line_before(path: Path, offset: int) -> bytes:
    """Return the line that ends at `offset`; raises Broken when none does."""
    reach = min(offset, LINE_LIMIT)
    with path.open("rb") as stream:
        stream.seek(offset - reach)
        block = stream.read(reach)
    if len(block) < reach or not block.endswith(b"\n"):
        raise Broken("it is shorter than it was")
    return block[block.rfind(b"\n", 0, -1) + 1 :]


def damaged(path: Path, line: int, seq: int, why: str) -> JournalDamaged:
    """Return the error for a place in the journal; `line` counts from 1, 0 means the whole file."""
    place = f"{path}, line {line}" if line else str(path)
    return JournalDamaged(
        f"The journal is damaged at unit {seq}" if seq else "The journal is damaged",
        where=place,
        why=why,
        fix="Restore .workbench/journal from a copy; nothing is changed until then",
    )


def _behind(path: Path, seq: int) -> JournalDamaged:
    return JournalDamaged(
        "The journal is behind what was already read from it",
        where=str(path),
        why=f"unit {seq} was seen here before and is now missing or another one",
        fix="Restore .workbench/journal from a copy; workbench audit verify names the place",
        code="store.behind",
    )


def _refused(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "The journal cannot be written",
        where=str(path),
        why=error.strerror or str(error),
        fix="Make room or get permission there, then do it again: nothing of it was stored",
        code="store.write",
    )
