"""A column's values in a request, as the model takes them; the first that it cannot is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from workbench.serving.tensors import BOUNDS, FLOATS, INTEGERS, LARGEST, Flat, refuse, say
from workbench.training.signature import Field

ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "int": INTEGERS + FLOATS,
    "float": FLOATS + INTEGERS,
    "bool": ("BOOL", *INTEGERS, *FLOATS),
    "str": ("BYTES",),
    "date": ("BYTES",),
    "datetime": ("BYTES",),
}
"""The datatypes in which a column of each type may come."""


def column_values(column: Field, datatype: str, flat: Flat, where: str) -> list[Any]:
    """Return what came for a column as the model takes it. Raises HttpError 400 that names the value."""
    accepted = ACCEPTED[column.type]
    if datatype not in accepted:
        what = f"{datatype} cannot hold {column.type}; use {', '.join(accepted)}"
        raise refuse(f"{where}.datatype", what, column.name)
    values: list[Any] = []
    for at, value in enumerate(flat.values):
        try:
            values.append(None if value is None else _value(column.type, datatype, value))
        except ValueError as error:
            raise refuse(flat.place(at), str(error), column.name) from None
        if value is None and column.required:
            raise refuse(flat.place(at), "null, but this column must have a value", column.name)
    return values


def _value(type_: str, datatype: str, value: Any) -> Any:
    """Return one value that is not null as the model takes it. Raises ValueError saying what is wrong."""
    if datatype == "BYTES":
        return _text(type_, value)
    if datatype == "BOOL":
        if type(value) is not bool:
            raise ValueError(f"{say(value)} is not true or false")
        return value
    if type(value) is not int and type(value) is not float:
        raise ValueError(f"{say(value)} is not a number")
    _check_range(datatype, value)
    if type_ == "float":
        return float(value)
    if type_ == "bool" and value not in (0, 1):
        raise ValueError(f"{say(value)} is not 0 or 1, and this column is true or false")
    if value != value // 1 or not -(2**63) <= value < 2**63:
        raise ValueError(f"{say(value)} is not a whole number of 64 bits")
    return bool(value) if type_ == "bool" else int(value)


def _check_range(datatype: str, value: int | float) -> None:
    """Refuse a number that the datatype named in the request cannot hold."""
    if datatype in BOUNDS:
        low, high = BOUNDS[datatype]
        if value != value // 1 or not low <= value <= high:
            raise ValueError(f"{say(value)} is not {datatype}")
    elif not -LARGEST[datatype] <= value <= LARGEST[datatype]:
        raise ValueError(f"{say(value)} is not {datatype}")


def _text(type_: str, value: Any) -> Any:
    if type(value) is not str:
        raise ValueError(f"{say(value)} is not a string")
    if type_ == "str":
        return value
    try:
        if type_ == "date":
            return msgspec.convert(value, date)
        moment = msgspec.convert(value, datetime)
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except msgspec.ValidationError:
        form = "2026-12-31" if type_ == "date" else "2026-12-31T23:59:00Z"
        raise ValueError(f"{say(value)} is not a {type_} like {form} (RFC 3339)") from None
    except OverflowError:
        raise ValueError(f"the moment {say(value)} is out of range") from None
