"""Tensors as they travel: datatypes and their bounds, nested or flat lists, binary data.

Protocol: Open Inference Protocol v2 (inference_rest.md, "Tensor Data") and its binary tensor data
extension, in which numbers stand in little-endian order and each of BYTES follows its length in four
bytes. Bodies of the general form pass here; the usual one never does (`workbench.serving.schema`).
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from workbench.serving.http import HttpError
from workbench.text import clean

INTEGERS = tuple(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))
FLOATS = ("FP16", "FP32", "FP64")
DATATYPES = ("BOOL", *INTEGERS, *FLOATS, "BYTES")
"""What the protocol knows."""
BOUNDS: dict[str, tuple[int, int]] = {
    name: (0, 2 ** int(name[4:]) - 1)
    if name[0] == "U"
    else (-(2 ** (int(name[3:]) - 1)), 2 ** (int(name[3:]) - 1) - 1)
    for name in INTEGERS
}
"""Smallest and largest value of each integer datatype."""
LARGEST = {"FP16": 65504.0, "FP32": (2 - 2**-23) * 2.0**127, "FP64": sys.float_info.max}
"""Largest finite value of each floating datatype (IEEE 754)."""

_NUMPY = (
    {"BOOL": "?"}
    | {name: f"<{name[0].lower()}{int(name.lstrip('UINT')) // 8}" for name in INTEGERS}
    | {f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)}
)


class Flat(NamedTuple):
    """A tensor's values in row-major order; `place(i)` says where the i-th stood: `inputs[2].data[5]`."""

    values: Sequence[Any]
    place: Callable[[int], str]


def flatten(data: Any, shape: Sequence[int], where: str) -> Flat:
    """Return the values of a list that is flat or nested as `shape` says.

    Raises HttpError 400 that names the list whose length is not the shape's.
    """
    if not isinstance(data, list):
        raise refuse(where, f"expected an array, got {kind(data)}")
    size = math.prod(shape)
    if not any(type(item) is list for item in data):
        if len(data) != size:
            raise refuse(where, f"{len(data)} values, but shape {list(shape)} has {size}")
        return Flat(data, lambda at: f"{where}[{at}]")
    values: list[Any] = []
    _descend(data, shape, where, values)
    return Flat(values, lambda at: where + _indices(at, shape))


def _descend(data: Any, shape: Sequence[int], where: str, values: list[Any]) -> None:
    """Append the leaves of `data`; no deeper than the shape has dimensions."""
    if not isinstance(data, list):
        raise refuse(where, f"expected an array, got {kind(data)}")
    if len(data) != shape[0]:
        raise refuse(where, f"{len(data)} items, but the shape has {shape[0]} here")
    if len(shape) > 1:
        for place, item in enumerate(data):
            _descend(item, shape[1:], f"{where}[{place}]", values)
        return
    for place, item in enumerate(data):
        if type(item) is list:
            raise refuse(f"{where}[{place}]", "an array, deeper than the shape")
    values += data


def _indices(at: int, shape: Sequence[int]) -> str:
    parts: list[str] = []
    for length in reversed(shape):
        at, index = divmod(at, length)
        parts.append(f"[{index}]")
    return "".join(reversed(parts))


def from_binary(raw: memoryview, datatype: str, shape: Sequence[int], where: str) -> Flat:
    """Return the values of binary tensor data; NaN, which numbers use for it, becomes null.

    Raises HttpError 400 when the bytes are not as many as the shape's, or are not UTF-8.
    """
    size = math.prod(shape)
    if datatype == "BYTES":
        values: list[Any] = _texts(raw, where)
        if len(values) != size:
            raise refuse(where, f"{len(values)} values, but shape {list(shape)} has {size}")
    else:
        import numpy as np

        each = np.dtype(_NUMPY[datatype])
        if len(raw) != size * each.itemsize:
            wanted = f"{size * each.itemsize} for {datatype} of shape {list(shape)}"
            raise refuse(where, f"{len(raw)} bytes of binary data, not {wanted}")
        values = np.frombuffer(raw, each).tolist()
        if each.kind == "f":
            values = [None if value != value else value for value in values]  # NaN
    return Flat(values, lambda at: f"{where}[{at}]")


def _texts(raw: memoryview, where: str) -> list[str]:
    texts: list[str] = []
    at = 0
    while at < len(raw):
        head = raw[at : at + 4]
        length = int.from_bytes(head, "little")
        at += 4 + length
        if len(head) < 4 or at > len(raw):
            raise refuse(f"{where}[{len(texts)}]", "the binary data ends inside this value")
        try:
            texts.append(str(raw[at - length : at], "utf-8"))
        except UnicodeDecodeError:
            raise refuse(f"{where}[{len(texts)}]", "these bytes are not UTF-8 text") from None
    return texts


def to_binary(values: Iterable[Any], datatype: str) -> bytes:
    """Return values as binary tensor data; a null is NaN in numbers and empty in BYTES."""
    if datatype == "BYTES":
        texts = ["" if value is None else str(value) for value in values]
        return b"".join(
            struct.pack("<I", len(data)) + data for data in (text.encode() for text in texts)
        )
    import numpy as np

    plain = [math.nan if value is None and datatype in FLOATS else value for value in values]
    return np.array(plain, _NUMPY[datatype]).tobytes()


def refuse(where: str, what: str, name: str = "") -> HttpError:
    """Return the refusal of a field: `inputs[2].data[5] ('x'): 256 is not UINT8`."""
    return HttpError(400, f"{where}{f' ({say(name)})' if name else ''}: {what}")


def kind(value: Any) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), "an object")


def say(value: Any) -> str:
    """Quote what a client sent, short and without what a terminal would obey."""
    if isinstance(value, list | dict):
        return kind(value)
    if isinstance(value, int) and abs(value) >= 2**64:
        return "a number beyond 64 bits"
    return clean("null" if value is None else repr(value), 100)


def listed(names: Iterable[str]) -> str:
    """Quote names, at most twenty of them."""
    known = list(names)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ", ".join(say(name) for name in known[:20]) + more
