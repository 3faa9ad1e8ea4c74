"""Which type each key of a JSON Lines file has: the narrowest one that every value of it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import polars as pl

_INT64 = range(-(2**63), 2**63)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(slots=True)
class Seen:
    """What values a key had: kinds of them, and the first line with one that is nested."""

    kinds: set[str] = field(default_factory=set)
    nested_line: int = 0

    def add(self, value: Any, line: int) -> None:
        """Take note of a value."""
        kind = kind_of(value)
        if kind == "nested" and not self.nested_line:
            self.nested_line = line
        if kind:
            self.kinds.add(kind)

    def settled(self) -> str:
        """Return the one type for all of them."""
        kinds = self.kinds
        if len(kinds) == 1:
            (kind,) = kinds
            return "text" if kind in {"nested", "large"} else kind
        if kinds and kinds <= {"integer", "float"}:
            return "float"
        if kinds and kinds <= {"date", "moment"}:
            return "moment"
        return "text"


def kind_of(value: Any) -> str:
    """Return the kind of one value; empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if value in _INT64 else "large"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return _kind_of_text(value)
    return "nested"


def _kind_of_text(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            date.fromisoformat(text)
            return "date"
        if found := _MOMENT.fullmatch(text):
            datetime.fromisoformat(text)
            return "moment_utc" if found[3] else "moment"
    except ValueError:
        return "text"  # the 31st of February
    return "text"


def flattened(row: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the row with the keys of objects in it joined by points: `address.city`."""
    for key, value in row.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and value:
            yield from flattened(value, f"{name}.")
        else:
            yield name, value


def fits(value: Any, kind: str) -> bool:
    """Tell whether a value can be stored as `kind` without loss."""
    found = kind_of(value)
    return not found or kind == "text" or found == kind or (found, kind) in {
        ("integer", "float"), ("date", "moment"), ("large", "float"),
    }  # fmt: skip


def converted(value: Any, kind: str) -> Any:
    """Return a value that fits `kind` as Polars takes it."""
    if value is None:
        return None
    if kind == "text":
        return value if isinstance(value, str) else written(value)
    if kind == "float":
        return float(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind in {"moment", "moment_utc"}:
        return datetime.fromisoformat(value)
    return value


def written(value: Any) -> str:
    """Return a value as JSON, which is how what is no text stands in a column of text."""
    return msgspec.json.encode(value).decode()


def polars_type(kind: str) -> pl.DataType:
    """Return the Polars type of a kind of column."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "boolean": pl.Boolean(), "integer": pl.Int64(), "float": pl.Float64(), "date": pl.Date(),
        "moment": pl.Datetime("us"), "moment_utc": pl.Datetime("us", "UTC"), "text": pl.String(),
    }  # fmt: skip
    return types[kind]
