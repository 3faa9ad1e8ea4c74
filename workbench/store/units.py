"""One line of the journal: a unit of work, encoded, hashed and read back. No I/O here.

    {"v":1,"seq":N,"id":ULID,"at":RFC3339,"who":{...},"prev":HASH,"records":[...],"hash":HASH}

`hash` is the SHA-256 of the line's bytes without `,"hash":"..."` and line feed; `prev` is the
hash of the unit before, so that each unit vouches for all that came earlier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Union

import msgspec

from workbench.errors import NewerFormat, StoreError
from workbench.ids import new_ulid
from workbench.records import KINDS, Record, Stamp, Who

FORMAT = 1
LINE_LIMIT = 64 * 1024
"""A line is shorter than this many bytes; what is larger is an object that the line names."""

ORIGIN = "0" * 64
"""`prev` of the first unit."""

_HASH = b',"hash":"'
_TAIL = len(_HASH) + 64 + len(b'"}')


class _Body(msgspec.Struct, frozen=True):
    v: int
    seq: int
    id: str
    at: datetime
    who: Who
    prev: str
    records: tuple[Any, ...]


class Unit(msgspec.Struct, frozen=True):
    """A unit of work as it was read."""

    v: int
    seq: int
    id: str
    at: datetime
    who: Who
    prev: str
    records: tuple[Any, ...]
    hash: str

    @property
    def stamp(self) -> Stamp:
        """What the records of this unit are told about it."""
        return Stamp(self.seq, self.id, self.at, self.who)


class _Outline(msgspec.Struct, frozen=True):
    """What is checked before the records are read: a newer format may have others."""

    v: int
    seq: int
    prev: str
    hash: str


class Broken(Exception):
    """A line that is not a unit, with the reason in words; the journal adds the place."""


@cache
def _records_type() -> Any:
    # Built when first needed: making the union of all kinds costs some milliseconds.
    return tuple[Union[KINDS], ...]  # type: ignore[valid-type]  # noqa: UP007  # a union made from data


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    kind = msgspec.defstruct(
        "Unit", [("records", _records_type())], bases=(Unit,), frozen=True, module=__name__
    )
    return msgspec.json.Decoder(kind)


@cache
def _records_decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_records_type())


def encode(seq: int, prev: str, who: Who, records: Sequence[Record]) -> tuple[bytes, Unit]:
    """Return the line, with its line feed, and the unit.

    Raises StoreError when the line would be too long or could not be read back as it was meant.
    """
    body = _Body(FORMAT, seq, new_ulid(), datetime.now(UTC), who, prev, tuple(records))
    encoded = msgspec.json.encode(body)
    if len(encoded) + _TAIL >= LINE_LIMIT:
        raise StoreError(
            "A unit of work is too long for the journal",
            why=f"{len(encoded)} bytes of records, the limit is {LINE_LIMIT}",
            fix="Put the large part into an object and name its digest",
            code="store.too_long",
        )
    if not _reads_back(body.records):
        raise StoreError(
            "A record would not be read back as it is",
            where=", ".join(type(record).__name__ for record in records),
            why="it holds a value that JSON cannot carry, such as a non-finite float",
            fix="Use workbench.numbers.to_figure",
            code="store.encoding",
        )
    digest = hashlib.sha256(encoded).hexdigest()
    line = encoded[:-1] + _HASH + digest.encode() + b'"}\n'
    return line, Unit(**{name: getattr(body, name) for name in body.__struct_fields__}, hash=digest)


def _reads_back(records: tuple[Any, ...]) -> bool:
    try:
        return bool(_records_decoder().decode(msgspec.json.encode(records)) == records)
    except msgspec.ValidationError:
        return False


def decode(line: bytes, seq: int, prev: str) -> Unit:
    """Read a line (with its line feed) that must be unit `seq` after the one with hash `prev`.

    Raises Broken for anything else, NewerFormat for a unit of a newer Workbench.
    """
    try:
        outline = msgspec.json.decode(line, type=_Outline)
    except msgspec.MsgspecError as error:
        raise Broken(f"it does not parse ({error})") from None
    if hashlib.sha256(line[: -_TAIL - 1] + b"}").hexdigest() != outline.hash:
        raise Broken("its bytes do not match its hash: it was changed")
    if outline.seq != seq:
        raise Broken(f"it is unit {outline.seq} where unit {seq} belongs: one was removed or moved")
    if outline.prev != prev:
        raise Broken("it does not follow the unit before it: the chain is broken")
    if outline.v > FORMAT:
        raise newer(f"its units have format {outline.v}, this version reads {FORMAT}")
    try:
        unit: Unit = _decoder().decode(line)
    except msgspec.ValidationError as error:
        raise newer(f"unit {seq} holds what this version does not know ({error})") from None
    return unit


def newer(why: str) -> NewerFormat:
    """Return the error for a project that a newer version wrote."""
    return NewerFormat(
        "This project was written by a newer Workbench",
        why=why,
        fix="Upgrade: pip install --upgrade ml-workbench",
    )


def seal(line: bytes) -> tuple[int, str]:
    """Return `seq` and `hash` of a line whose own hash is right; raises Broken."""
    try:
        outline = msgspec.json.decode(line, type=_Outline)
    except msgspec.MsgspecError as error:
        raise Broken(f"it does not parse ({error})") from None
    if hashlib.sha256(line[: -_TAIL - 1] + b"}").hexdigest() != outline.hash:
        raise Broken("its bytes do not match its hash: it was changed")
    return outline.seq, outline.hash
