"""Proof that the journal is what was written: every unit's hash, the chain, and the remembered head."""

from __future__ import annotations

import msgspec

from workbench.errors import JournalDamaged
from workbench.store.journal import Journal, Position, damaged
from workbench.store.objects import Objects
from workbench.store.store import Store


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What `audit verify` found: nothing wrong, over so many units and objects."""

    units: int
    segments: int
    seq: int
    hash: str
    torn_bytes: int
    remembered_seq: int | None
    objects: int = 0


def verify(store: Store, *, objects: bool = False) -> Proof:
    """Read the whole journal and return the proof; with `objects`, every object's bytes too.

    Raises JournalDamaged naming file, line and unit, or StoreError for an object.
    """
    journal = store.journal
    head = store.heads.last()
    units, seq, digest, behind = 0, 0, "", Position()
    line = 0  # of the last unit, in its file
    for unit, position in journal.read():
        line = line + 1 if position.segment == behind.segment else 1
        units, seq, digest, behind = units + 1, unit.seq, unit.hash, position
        if head and unit.seq == head.seq and unit.hash != head.hash:
            raise damaged(
                journal.path(position.segment),
                line,
                unit.seq,
                "it is another unit than the one seen here before: the journal was written anew",
            )
    if head and head.seq > seq:
        raise JournalDamaged(
            f"The journal is damaged at unit {seq + 1}",
            where=f"{journal.path(behind.segment)}, line {line + 1}, after unit {seq}",
            why=f"its end was cut off: unit {head.seq} was seen here before",
            fix="Restore .workbench/journal from a copy; nothing is changed until then",
            code="store.behind",
        )
    return Proof(
        units=units,
        segments=len(journal.segments()),
        seq=seq,
        hash=digest,
        torn_bytes=_torn(journal, behind),
        remembered_seq=head.seq if head else None,
        objects=_verify_objects(store.objects) if objects else 0,
    )


def _torn(journal: Journal, behind: Position) -> int:
    """Return the bytes behind the last whole unit: of a write that was never acknowledged."""
    segment, size = journal.end()
    return size - behind.offset if segment == behind.segment else size


def _verify_objects(objects: Objects) -> int:
    count = 0
    for path in sorted(objects.folder.glob("[0-9a-f][0-9a-f]/*")):
        objects.verify(path.parent.name + path.name)
        count += 1
    return count
