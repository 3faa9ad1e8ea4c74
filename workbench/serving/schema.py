"""Reading inference requests: one msgspec schema per model, made from its signature.

Protocol: Open Inference Protocol v2, REST (kserve/open-inference-protocol,
specification/protocol/inference_rest.md). The usual body, each column one flat tensor of shape [n] in
the datatype of the metadata, is decoded once, values and all, by a schema in which every column is a
struct tagged by the tensor's name. Whatever does not fit it goes to `workbench.serving.reading`, which
takes every other form and says what is wrong with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

import msgspec

from workbench.serving.reading import InferRequest, Reader, Size
from workbench.training.signature import Field, Signature

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How one type of the signature usually travels: its datatype in the metadata, its JSON values."""

    datatype: str
    value: Any


TYPES: Mapping[str, ColumnType] = {
    "int": ColumnType("INT64", Int64),
    "float": ColumnType("FP64", float),
    "bool": ColumnType("BOOL", bool),
    "str": ColumnType("BYTES", str),
    "date": ColumnType("BYTES", date),
    "datetime": ColumnType("BYTES", datetime),
}
"""Type of the signature → tensor. Dates and times travel as BYTES in ISO 8601 (RFC 3339)."""


class RequestSchema:
    """Decodes the bodies of inference requests to one model."""

    def __init__(self, signature: Signature, *, max_rows: int) -> None:
        self._fields = {field.name: field for field in signature.inputs}
        self._max_rows = max_rows
        self._reader = Reader(signature, max_rows=max_rows)
        tensors = [_tensor(place, field) for place, field in enumerate(signature.inputs)]
        request = msgspec.defstruct(
            "InferRequestBody",
            [
                ("inputs", list[reduce(or_, tensors)]),  # type: ignore[misc]  # the union is made at run time
                ("id", str, ""),
                ("parameters", msgspec.Raw, msgspec.Raw()),
                ("outputs", msgspec.Raw, msgspec.Raw()),
            ],
            frozen=True,
        )
        self._decoder = msgspec.json.Decoder(request)

    def decode(self, body: bytes, json_bytes: int | None = None) -> InferRequest:
        """Return the request; with `json_bytes` binary tensor data follows these first bytes.

        Raises HttpError 400 that names the field, 413 for too many rows.
        """
        usual = self._usual(body) if json_bytes is None else None
        return self._reader.read(body, json_bytes) if usual is None else usual

    def _usual(self, body: bytes) -> InferRequest | None:
        """Return the request when it has the usual form and nothing is wrong with it."""
        try:
            request: Any = self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        inputs: Sequence[Any] = request.inputs
        if request.parameters or request.outputs or len(inputs) != len(self._fields):
            return None
        rows = inputs[0].shape[0]
        if not 0 < rows <= self._max_rows:
            return None
        columns: dict[str, list[Any]] = {}
        for tensor in inputs:
            values = tensor.data
            if tensor.parameters or tensor.shape != [rows] or len(values) != rows:
                return None
            columns[tensor.__struct_config__.tag] = values
        if len(columns) != len(inputs) or not self._times_to_utc(columns):
            return None
        return InferRequest(request.id, rows, columns, ())

    def _times_to_utc(self, columns: dict[str, list[Any]]) -> bool:
        """Turn moments to UTC without zone, as the training tables hold them; False if one cannot be."""
        try:
            for name, field in self._fields.items():
                if field.type == "datetime":
                    columns[name] = [_utc(value) for value in columns[name]]
        except OverflowError:
            return False
        return True


def _tensor(place: int, field: Field) -> type[msgspec.Struct]:
    """Make the struct of one column in the usual form."""
    kind = TYPES[field.type]
    value: Any = kind.value if field.required else kind.value | None
    datatypes = (kind.datatype,)
    return msgspec.defstruct(
        f"Input{place}",
        [
            ("shape", Annotated[list[Size], msgspec.Meta(min_length=1, max_length=1)]),
            ("datatype", Literal[datatypes]),
            ("data", list[value]),
            ("parameters", msgspec.Raw, msgspec.Raw()),
        ],
        tag_field="name",
        tag=field.name,
        frozen=True,
    )


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is None:
        return value
    return value.astimezone(UTC).replace(tzinfo=None)
