"""Reading inference requests in every form that the protocol has, and saying which field is wrong.

Beside one tensor a column this takes a table as one tensor of shape [rows, columns], nested data, any
datatype that holds a column's values, binary tensor data, and the content types by which MLServer's
clients say how they encoded (`np`, `pd`, `str`). Slower than `workbench.serving.schema`, which reads
the usual form and hands over whatever it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from workbench.serving.columns import column_values
from workbench.serving.http import HttpError
from workbench.serving.tensors import (
    DATATYPES,
    Flat,
    flatten,
    from_binary,
    listed,
    refuse,
    say,
)
from workbench.text import clean
from workbench.training.signature import Signature

Size = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
Shape = Annotated[list[Size], msgspec.Meta(min_length=1, max_length=2)]
Parameters = dict[str, Any]

CONTENT_TYPES = ("np", "pd", "str")
NOT_HERE = {
    "classification": "this server gives probabilities as outputs of their own, not classifications",
    "shared_memory_region": "this server shares no memory with its clients",
}
"""Parameters of known extensions that may not be passed over in silence."""


@dataclass(frozen=True, slots=True)
class InferRequest:
    """A request that fits the model: `columns` has every input column, each `rows` values long.

    `outputs` are the tensors asked for, in order, empty for all; those in `binary` are wanted as binary
    data. `id` is the client's own, `content_type` how it wants the answer marked; both may be empty.
    """

    id: str
    rows: int
    columns: dict[str, list[Any]]
    outputs: tuple[str, ...]
    binary: frozenset[str] = field(default=frozenset())
    content_type: str = ""


class _Tensor(msgspec.Struct):
    name: str
    shape: Shape
    datatype: str
    parameters: Parameters | None = None
    data: Any = msgspec.UNSET


class _Output(msgspec.Struct):
    name: str
    parameters: Parameters | None = None


class _Body(msgspec.Struct):
    inputs: list[_Tensor]
    id: str | None = None
    parameters: Parameters | None = None
    outputs: list[_Output] | None = None


_DECODER = msgspec.json.Decoder(_Body)


class Reader:
    """Reads requests to the model with this signature."""

    def __init__(self, signature: Signature, *, max_rows: int) -> None:
        self._fields = {one.name: one for one in signature.inputs}
        self._outputs = tuple(one.name for one in signature.outputs)
        self._max_rows = max_rows

    def read(self, body: bytes, json_bytes: int | None = None) -> InferRequest:
        """Return the request; with `json_bytes` binary tensor data follows these first bytes.

        Raises HttpError 400 that names the field, 413 for too many rows.
        """
        asked = _parse(body if json_bytes is None else body[:json_bytes])
        rest = memoryview(b"" if json_bytes is None else body)[json_bytes or 0 :]
        content_type = _content_type(asked.parameters, "parameters", CONTENT_TYPES)
        columns: dict[str, list[Any]] = {}
        rows = -1
        used = 0
        for at, tensor in enumerate(asked.inputs):
            where = f"inputs[{at}]"
            size = self._check(tensor, where, len(rest) - used)
            flat = (
                flatten(tensor.data, tensor.shape, f"{where}.data")
                if size is None
                else from_binary(rest[used : used + size], tensor.datatype, tensor.shape, where)
            )
            used += size or 0
            if rows not in (-1, tensor.shape[0]):
                what = f"{tensor.shape[0]} rows, the input before has {rows}; all must be equal"
                raise refuse(f"{where}.shape[0]", what, tensor.name)
            rows = tensor.shape[0]
            self._check_rows(rows)
            found = self._columns(tensor, where, flat, alone=len(asked.inputs) == 1)
            twice = next((name for name in found if name in columns), None)
            if twice is not None:
                raise refuse(f"{where}.name", f"input {say(twice)} is given twice")
            columns |= found
        if used != len(rest):
            raise refuse("inputs", f"{len(rest) - used} bytes of binary data belong to no input")
        self._check_whole(columns, rows)
        outputs, binary = self._wanted(asked)
        return InferRequest(asked.id or "", rows, columns, outputs, binary, content_type)

    def _check_rows(self, rows: int) -> None:
        if rows > self._max_rows:
            raise HttpError(413, f"{rows} rows in one request; the limit is {self._max_rows}")

    def _check_whole(self, columns: Mapping[str, Any], rows: int) -> None:
        missing = [name for name in self._fields if name not in columns]
        if missing:
            what = f"{listed(missing)} is missing; send null for a value that is not known"
            raise refuse("inputs", what)
        if rows == 0:
            raise refuse("inputs", "they have no rows")

    def _check(self, tensor: _Tensor, where: str, left: int) -> int | None:
        """Check all but the values; return how many bytes of binary data are its own, if any are."""
        if tensor.datatype not in DATATYPES:
            what = f"{say(tensor.datatype)} is none of {', '.join(DATATYPES)}"
            raise refuse(f"{where}.datatype", what, tensor.name)
        parameters = tensor.parameters or {}
        _check_offered(parameters, f"{where}.parameters")
        coded = _content_type(parameters, f"{where}.parameters", CONTENT_TYPES)
        if coded == "str" and tensor.datatype != "BYTES":
            what = f"str goes with BYTES, not with {tensor.datatype}"
            raise refuse(f"{where}.parameters.content_type", what, tensor.name)
        size = parameters.get("binary_data_size")
        if size is None:
            if tensor.data is msgspec.UNSET:
                raise refuse(f"{where}.data", "it is missing", tensor.name)
            return None
        place = f"{where}.parameters.binary_data_size"
        if type(size) is not int or size < 0:
            raise refuse(place, f"{say(size)} is not a number of bytes", tensor.name)
        if tensor.data is not msgspec.UNSET:
            raise refuse(f"{where}.data", "the data is binary; it cannot be here too", tensor.name)
        if size > left:
            raise refuse(place, f"{size} bytes, but {left} are left of the body", tensor.name)
        return size

    def _columns(
        self, tensor: _Tensor, where: str, flat: Flat, *, alone: bool
    ) -> dict[str, list[Any]]:
        """Return the columns in a tensor: one of the model's, or all of them side by side."""
        shape = tensor.shape
        one = self._fields.get(tensor.name)
        width = shape[1] if len(shape) == 2 else 1
        if one is not None and width == 1:
            return {one.name: column_values(one, tensor.datatype, flat, where)}
        if not alone or len(shape) != 2:
            if one is not None:
                raise refuse(f"{where}.shape", f"must be [n] or [n, 1], not {shape}", one.name)
            what = f"there is no input {say(tensor.name)}; the model has {listed(self._fields)}"
            raise refuse(f"{where}.name", what)
        if width != len(self._fields):
            what = (
                f"{width} columns, the model has {len(self._fields)}: {listed(self._fields)}; "
                "one tensor must hold them all, or each be one by its name"
            )
            raise refuse(f"{where}.shape[1]", what)
        return {
            each.name: column_values(
                each,
                tensor.datatype,
                Flat(flat.values[at::width], lambda row, at=at: flat.place(row * width + at)),  # type: ignore[misc]
                where,
            )
            for at, each in enumerate(self._fields.values())
        }

    def _wanted(self, asked: _Body) -> tuple[tuple[str, ...], frozenset[str]]:
        parameters = asked.parameters or {}
        usual = _flag(parameters, "binary_data_output", "parameters")
        binary: dict[str, bool] = {}
        for at, output in enumerate(asked.outputs or ()):
            where = f"outputs[{at}]"
            if output.name not in self._outputs:
                what = (
                    f"there is no output {say(output.name)}; the model has {listed(self._outputs)}"
                )
                raise refuse(f"{where}.name", what)
            own = output.parameters or {}
            _check_offered(own, f"{where}.parameters")
            chosen = _flag(own, "binary_data", f"{where}.parameters")
            binary[output.name] = bool(usual if chosen is None else chosen)
        if not binary:
            return (), frozenset(self._outputs if usual else ())
        return tuple(binary), frozenset(name for name, chosen in binary.items() if chosen)


def _parse(body: bytes) -> _Body:
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        named = re.match(r"object missing required field `(\w+)`", what, re.IGNORECASE)
        place = where.strip("`")
        if named:
            raise refuse(f"{place}.{named[1]}".lstrip("."), "it is missing") from None
        text = clean(what[:1].lower() + what[1:], 200)
        raise refuse(clean(place.lstrip(".") or "the body", 200), text) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HttpError(400, f"the body is not JSON: {clean(error, 200)}") from None
    except RecursionError:
        raise HttpError(400, "the body is nested too deeply") from None


def _content_type(parameters: Parameters | None, where: str, known: Sequence[str]) -> str:
    found = (parameters or {}).get("content_type")
    if found is not None and found not in known:
        raise refuse(
            f"{where}.content_type", f"{say(found)} is not offered; use {', '.join(known)}"
        )
    return found or ""


def _flag(parameters: Parameters, name: str, where: str) -> bool | None:
    found = parameters.get(name)
    if found is not None and type(found) is not bool:
        raise refuse(f"{where}.{name}", f"{say(found)} is neither true nor false")
    return found


def _check_offered(parameters: Parameters, where: str) -> None:
    for name, why in NOT_HERE.items():
        if parameters.get(name) is not None:
            raise refuse(f"{where}.{name}", why)
