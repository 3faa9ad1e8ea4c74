"""Proof that the journal is what was written: every unit's hash, the chain, and the remembered head."""

from __future__ import annotations

import msgspec

from workbench.errors import JournalDamaged
from workbench.store.journal import Journal, damaged
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
    units, seq, digest, behind = 0, 0, "", None
    for unit, position in journal.read():
        units, seq, digest, behind = units + 1, unit.seq, unit.hash, position
        if head and unit.seq == head.seq and unit.hash != head.hash:
            raise damaged(
                journal.path(position.segment),
                units,
                unit.seq,
                "it is another unit than the one seen here before: the journal was written anew",
            )
    if head and head.seq > seq:
        last = journal.segments()[-1:] or [1]
        raise JournalDamaged(
            f"The journal is damaged at unit {seq + 1}",
            where=f"{journal.path(last[0])}, after unit {seq}",
            why=f"its end was cut off: unit {head.seq} was seen here before",
            fix="Restore .workbench/journal from a copy; nothing is changed until then",
            code="store.behind",
        )
    return Proof(
        units=units,
        segments=len(journal.segments()),
        seq=seq,
        hash=digest,
        torn_bytes=_torn(journal, behind.offset if behind else 0),
        remembered_seq=head.seq if head else None,
        objects=_verify_objects(store.objects) if objects else 0,
    )


def _torn(journal: Journal, whole: int) -> int:
    """Return the bytes behind the last whole unit: of a write that was never acknowledged."""
    return max(journal.end()[1] - whole, 0)


def _verify_objects(objects: Objects) -> int:
    count = 0
    for path in sorted(objects.folder.glob("[0-9a-f][0-9a-f]/*")):
        objects.verify(path.parent.name + path.name)
        count += 1
    return count
