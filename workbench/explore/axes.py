"""The axes of charts: a stretch of numbers or moments, written, read, and seen in part.

On an axis everything is a float: moments are seconds since 1970 (UTC), durations seconds, times of day
seconds since midnight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import msgspec

from workbench.errors import BadInput

Kind = Literal["number", "whole", "date", "datetime", "duration", "time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)


class Axis(msgspec.Struct, frozen=True):
    """What is seen of a column's values: from `low` to `high`; `name` is the column's."""

    kind: Kind
    low: float
    high: float
    name: str = ""

    @property
    def span(self) -> float:
        """How much is seen."""
        return self.high - self.low


def axis_of(data: Mapping[str, Any], name: str) -> Axis | None:
    """Return an axis that stands in a chart's figures, None where it has none (or no values)."""
    found = data.get(name)
    return msgspec.convert(found, Axis) if found else None


def kind_of(dtype: str) -> Kind:
    """Return the kind of axis for a column of this type, as Polars writes it."""
    for start, kind in _KINDS:
        if dtype.startswith(start):
            return kind
    return "number"


_KINDS: tuple[tuple[str, Kind], ...] = (
    ("Datetime", "datetime"),
    ("Date", "date"),
    ("Duration", "duration"),
    ("Time", "time"),
    ("Int", "whole"),
    ("UInt", "whole"),
)


def moment(seconds: float) -> datetime:
    """Return the moment so many seconds after 1970, the nearest that Python has."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _LAST if seconds > 0 else _FIRST


def written(kind: Kind, value: float) -> str:
    """Write a value of an axis so that `read` gives it back (moments to the microsecond)."""
    if kind == "date":
        # Inside a day too: an axis that is seen in part may begin at noon.
        text = moment(value).replace(tzinfo=None).isoformat()
        return text.removesuffix("T00:00:00")
    if kind == "datetime":
        return moment(value).replace(tzinfo=None).isoformat()
    if kind == "time":
        return (_EPOCH + timedelta(seconds=min(max(value, 0), 86399.999999))).time().isoformat()
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)


def read(kind: Kind, text: str, *, option: str) -> float | None:
    """Read an end of an axis that a person wrote; None for an empty text. Raises BadInput."""
    text = text.strip()
    if not text:
        return None
    try:
        if kind in {"date", "datetime"}:
            found = datetime.fromisoformat(text)
            aware = found.replace(tzinfo=UTC) if found.tzinfo is None else found
            return (aware - _EPOCH).total_seconds()
        if kind == "time":
            clock = datetime.combine(_EPOCH.date(), time.fromisoformat(text), tzinfo=UTC)
            return (clock - _EPOCH).total_seconds()
        number = float(text)
        if math.isfinite(number):
            return number
    except ValueError:
        pass
    expected = {
        "date": "a date such as 2013-07-01",
        "datetime": "a moment such as 2013-07-01T06:30",
        "time": "a time such as 06:30",
        "duration": "a number of seconds",
    }.get(kind, "a number")
    raise BadInput(
        f"{option} cannot be {text[:80]}",
        where=option,
        why=f"expected {expected}",
        fix="Leave it out for the whole axis",
        code="option.value",
    )


def zoomed(axis: Axis, factor: float) -> Axis:
    """Return the axis seen `factor` times as large around its middle: 0.5 shows half of it."""
    middle, half = axis.low + axis.span / 2, axis.span * factor / 2
    if not half or middle - half == middle or middle + half == middle:
        return axis  # there is nothing between two neighbours
    return msgspec.structs.replace(axis, low=middle - half, high=middle + half)


def panned(axis: Axis, share: float) -> Axis:
    """Return the axis moved by a share of what is seen, to higher values when positive."""
    step = axis.span * share
    return msgspec.structs.replace(axis, low=axis.low + step, high=axis.high + step)
