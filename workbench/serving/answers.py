"""Writing the answer to an inference request: JSON, and binary tensor data where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workbench.serving.http import JSON, Header
from workbench.serving.reading import InferRequest
from workbench.serving.tensors import to_binary

encode = msgspec.json.Encoder().encode

BINARY: Header = (b"content-type", b"application/octet-stream")


def answer(
    asked: InferRequest,
    request: str,
    model: tuple[str, str],
    datatypes: Mapping[str, str],
    outputs: Mapping[str, Sequence[Any]],
) -> tuple[bytes, tuple[Header, ...]]:
    """Return the body and the headers that say what it is.

    `model` is its name and version, `datatypes` has every output in order.
    """
    tensors: list[dict[str, Any]] = []
    binary: list[bytes] = []
    for name in asked.outputs or datatypes:
        datatype = datatypes[name]
        tensor: dict[str, Any] = {"name": name, "shape": [asked.rows], "datatype": datatype}
        parameters: dict[str, Any] = {}
        if asked.content_type:
            parameters["content_type"] = "str" if datatype == "BYTES" else "np"
        if name in asked.binary:
            binary.append(to_binary(outputs[name], datatype))
            parameters["binary_data_size"] = len(binary[-1])
        else:
            tensor["data"] = outputs[name]
        if parameters:
            tensor["parameters"] = parameters
        tensors.append(tensor)
    said: dict[str, Any] = {"model_name": model[0], "model_version": model[1], "id": request}
    if asked.content_type:
        said["parameters"] = {"content_type": asked.content_type}
    body = encode(said | {"outputs": tensors})
    if not asked.binary:
        return body, (JSON,)
    length = (b"inference-header-content-length", b"%d" % len(body))
    return b"".join((body, *binary)), (BINARY, length)
