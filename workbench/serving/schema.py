"""Reading inference requests: one msgspec schema per model, made from its signature.

Protocol: Open Inference Protocol v2, REST (kserve/open-inference-protocol,
specification/protocol/inference_rest.md). Each input column is one tensor of shape [n] or [n, 1];
null stands for a missing value where the column allows it. A body is decoded once, values and all,
by a schema in which every column is a struct tagged by the tensor's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

import msgspec

from workbench.serving.http import HttpError
from workbench.text import clean
from workbench.training.signature import Field, Signature

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**31)]

INTEGERS = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
FLOATS = ("FP16", "FP32", "FP64")
BOUNDS = {
    name: (0, 2 ** int(name[4:]) - 1)
    if name[0] == "U"
    else (-(2 ** (int(name[3:]) - 1)), 2 ** (int(name[3:]) - 1) - 1)
    for name in INTEGERS
}
"""Smallest and largest value of each integer datatype."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How one type of the signature travels: the datatype in the metadata, those accepted, the values."""

    datatype: str
    accepted: tuple[str, ...]
    value: Any


TYPES: Mapping[str, ColumnType] = {
    "int": ColumnType("INT64", INTEGERS + FLOATS, Int64 | float),
    "float": ColumnType("FP64", FLOATS + INTEGERS, float),
    "bool": ColumnType("BOOL", ("BOOL",), bool),
    "str": ColumnType("BYTES", ("BYTES",), str),
    "date": ColumnType("BYTES", ("BYTES",), date),
    "datetime": ColumnType("BYTES", ("BYTES",), datetime),
}
"""Type of the signature → tensor. Dates and times travel as BYTES in ISO 8601 (RFC 3339)."""


class _Output(msgspec.Struct, frozen=True):
    name: str
    parameters: msgspec.Raw = msgspec.Raw()


class _Named(msgspec.Struct):
    name: str | None = None


class _Names(msgspec.Struct):
    inputs: list[_Named]


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A request that fits the model: `columns` has every input column, each `rows` values long.

    `outputs` are the tensors asked for, in order, empty for all; `id` is the client's own, or empty.
    """

    id: str
    rows: int
    columns: dict[str, list[Any]]
    outputs: tuple[str, ...]


class RequestSchema:
    """Decodes the bodies of inference requests to one model."""

    def __init__(self, signature: Signature, *, max_rows: int) -> None:
        self._fields = {field.name: field for field in signature.inputs}
        self._outputs = frozenset(field.name for field in signature.outputs)
        self._max_rows = max_rows
        tensors = [_tensor(place, field) for place, field in enumerate(signature.inputs)]
        request = msgspec.defstruct(
            "InferRequestBody",
            [
                ("inputs", list[reduce(or_, tensors)]),  # type: ignore[misc]  # the union is made at run time
                ("id", str, ""),
                ("parameters", msgspec.Raw, msgspec.Raw()),
                ("outputs", list[_Output], []),
            ],
            frozen=True,
        )
        self._decoder = msgspec.json.Decoder(request)

    def decode(self, body: bytes | bytearray) -> InferRequest:
        """Return the request. Raises HttpError 400 that names the tensor, 413 for too many rows."""
        request = self._parse(body)
        columns: dict[str, list[Any]] = {}
        rows = -1
        for tensor in request.inputs:
            name = tensor.__struct_config__.tag
            if name in columns:
                raise _refuse(f"input {_say(name)} is given twice")
            count = _rows_of(name, tensor.shape)
            if rows not in (-1, count):
                raise _refuse(
                    f"input {_say(name)} has {count} rows, the one before has {rows}; all must be equal"
                )
            rows = count
            columns[name] = _values(self._fields[name], tensor)
        missing = [name for name in self._fields if name not in columns]
        if missing:
            raise _refuse(
                f"input {_list(missing)} is missing; send null for a value that is not known"
            )
        if rows == 0:
            raise _refuse("the inputs have no rows")
        if rows > self._max_rows:
            raise HttpError(413, f"{rows} rows in one request; the limit is {self._max_rows}")
        return InferRequest(request.id, rows, columns, self._wanted(request.outputs))

    def _wanted(self, outputs: Sequence[_Output]) -> tuple[str, ...]:
        wanted = tuple(dict.fromkeys(output.name for output in outputs))
        unknown = [name for name in wanted if name not in self._outputs]
        if unknown:
            raise _refuse(
                f"there is no output {_list(unknown)}; the model has {_list(sorted(self._outputs))}"
            )
        return wanted

    def _parse(self, body: bytes | bytearray) -> Any:
        try:
            return self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise _refuse(self._explain(body, str(error))) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _refuse(f"the body is not JSON: {clean(error, 200)}") from None
        except RecursionError:
            raise _refuse("the body is nested too deeply") from None

    def _explain(self, body: bytes | bytearray, message: str) -> str:
        """Put the tensor's name into msgspec's message, which knows only its place in the list."""
        what, _, where = message.partition(" - at `$")
        found = re.match(r"\.inputs\[(\d+)\](?:\.(\w+))?(?:\[(\d+)\])?", where)
        if found is None:
            return clean(f"{what}{' at ' + where.strip('.`') if where else ''}", 300)
        name = _name_at(body, int(found[1]))
        if found[2] == "name" and name is not None:
            return f"there is no input {_say(name)}; the model has {_list(self._fields)}"
        tensor = f"input {int(found[1])}" if name is None else f"input {_say(name)}"
        value = found[3] if found[2] == "data" else None
        place = f", value {value}" if value else f", {found[2]}" if found[2] else ""
        if name in self._fields and found[2] == "datatype":
            kind = TYPES[self._fields[name].type]
            return f"{tensor}: datatype must be one of {', '.join(kind.accepted)}"
        if name in self._fields and self._fields[name].required and "got `null`" in what:
            return f"{tensor}{place}: null, but this column must have a value"
        return clean(f"{tensor}{place}: {what[:1].lower()}{what[1:]}", 300)


def _tensor(place: int, field: Field) -> type[msgspec.Struct]:
    """Make the struct of one column; `data` may be flat or, for shape [n, 1], a list of one-item lists."""
    kind = TYPES[field.type]
    value: Any = kind.value if field.required else kind.value | None
    return msgspec.defstruct(
        f"Input{place}",
        [
            ("shape", Annotated[list[Size], msgspec.Meta(min_length=1, max_length=2)]),
            ("datatype", Literal[kind.accepted]),
            ("data", list[value | list[value]]),
            ("parameters", msgspec.Raw, msgspec.Raw()),
        ],
        tag_field="name",
        tag=field.name,
        frozen=True,
    )


def _rows_of(name: str, shape: Sequence[int]) -> int:
    if len(shape) == 2 and shape[1] != 1:
        raise _refuse(f"input {_say(name)}: shape must be [n] or [n, 1], not {list(shape)}")
    return shape[0]


def _values(field: Field, tensor: Any) -> list[Any]:
    """Return the tensor's values flat, checked against its shape and datatype."""
    values: list[Any] = tensor.data
    if len(values) != tensor.shape[0]:
        raise _refuse(
            f"input {_say(field.name)}: shape says {tensor.shape[0]} rows, data has {len(values)}"
        )
    if any(type(value) is list for value in values):
        if len(tensor.shape) == 1 or not all(type(v) is list and len(v) == 1 for v in values):
            raise _refuse(f"input {_say(field.name)}: data does not have the shape {tensor.shape}")
        values = [value[0] for value in values]
    if tensor.datatype in BOUNDS:
        _check_integers(field.name, tensor.datatype, values)
    if field.type == "int":
        values = [_whole(field.name, place, value) for place, value in enumerate(values)]
    elif field.type == "datetime":
        values = [_utc(value) for value in values]
    return values


def _check_integers(name: str, datatype: str, values: Sequence[Any]) -> None:
    """Refuse a value that the integer datatype named in the request cannot hold."""
    low, high = BOUNDS[datatype]
    for place, value in enumerate(values):
        if value is None:
            continue
        whole = type(value) is int or value.is_integer()
        if not whole or not low <= value <= high:
            raise _refuse(f"input {_say(name)}, value {place}: {value!r} is not {datatype}")


def _whole(name: str, place: int, value: int | float | None) -> int | None:
    """Turn 3.0 (a whole number sent as FP64, as data frames with gaps do) into 3."""
    if type(value) is not float:
        return value  # type: ignore[return-value]  # int or None
    if not value.is_integer() or not -(2.0**63) <= value < 2.0**63:
        raise _refuse(f"input {_say(name)}, value {place}: {value!r} is not a whole number")
    return int(value)


def _utc(value: datetime | None) -> datetime | None:
    """Return a moment as UTC without zone, as the training tables hold it."""
    if value is None or value.tzinfo is None:
        return value
    from datetime import UTC

    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise _refuse(f"the moment {value.isoformat()} is out of range") from None


def _name_at(body: bytes | bytearray, place: int) -> str | None:
    """Return the name of the tensor at `place` in a body that the schema refused, if it has one."""
    try:
        return msgspec.json.decode(body, type=_Names).inputs[place].name
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, IndexError):
        return None


def _refuse(what: str) -> HttpError:
    return HttpError(400, what)


def _say(name: str) -> str:
    return clean(repr(name), 100)


def _list(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ", ".join(_say(name) for name in known[:20]) + more
