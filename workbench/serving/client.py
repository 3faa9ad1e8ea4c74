"""Calling a deployment as any client would: Open Inference Protocol over HTTP, with the token."""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from workbench.errors import BadInput, Unavailable
from workbench.text import clean

Row = Mapping[str, Any]


class Tensor(msgspec.Struct, frozen=True):
    """One tensor of a model's metadata."""

    name: str
    datatype: str
    shape: list[int]


class Metadata(msgspec.Struct, frozen=True):
    """A model's metadata as the protocol has it."""

    name: str
    versions: list[str]
    inputs: list[Tensor]
    outputs: list[Tensor]


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a call returned: one row of outputs for each row given, and who answered under which id."""

    id: str
    model: str
    version: str
    rows: list[dict[str, Any]]


def request_body(inputs: Sequence[tuple[str, str]], rows: Sequence[Row]) -> bytes:
    """Return the body of a request for these rows; `inputs` are names and datatypes.

    A column that is left out of a row is null there.
    """
    tensors = [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": datatype,
            "data": [row.get(name) for row in rows],
        }
        for name, datatype in inputs
    ]
    return msgspec.json.encode({"inputs": tensors})


class _Output(msgspec.Struct):
    name: str
    data: list[Any]


class _Response(msgspec.Struct):
    model_name: str
    model_version: str
    id: str
    outputs: list[_Output]


class Client:
    """One connection to a deployment at `host:port`; use it in a `with`. Not for several threads."""

    def __init__(
        self, host: str, port: int, token: str | None = None, seconds: float = 30.0
    ) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=seconds)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._where = f"{host}:{port}"

    def __enter__(self) -> Client:
        """Return the client; it connects with the first request."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def ready(self) -> bool:
        """Tell whether a version answers. Raises Unavailable when nobody listens."""
        return self._ask("GET", "/v2/health/ready")[0] == 200

    def get(self, path: str) -> bytes:
        """Return the body of a 200 answer. Raises Unavailable or BadInput."""
        return self._checked(*self._ask("GET", path))

    def metadata(self, model: str) -> Metadata:
        """Return the model's tensors."""
        return msgspec.json.decode(self.get(f"/v2/models/{quote(model)}"), type=Metadata)

    def infer(self, model: str, rows: Sequence[Row]) -> Answers:
        """Return the answers for rows of column → value; a column left out of a row is null there.

        Raises BadInput for a column that the model does not have or what the server refuses.
        """
        metadata = self.metadata(model)
        names = [tensor.name for tensor in metadata.inputs]
        for place, row in enumerate(rows):
            unknown = [name for name in row if name not in names]
            if unknown:
                raise BadInput(
                    f"The model {model} has no input {clean(', '.join(map(str, unknown)), 200)}",
                    where=f"row {place + 1}",
                    why="its inputs are " + clean(", ".join(names), 500),
                    fix="Leave it out or correct the name",
                    code="call.column",
                )
        body = request_body([(tensor.name, tensor.datatype) for tensor in metadata.inputs], rows)
        answer = self._checked(*self._ask("POST", f"/v2/models/{quote(model)}/infer", body))
        response = msgspec.json.decode(answer, type=_Response)
        return Answers(
            id=response.id,
            model=response.model_name,
            version=response.model_version,
            rows=[
                {output.name: output.data[place] for output in response.outputs}
                for place in range(len(rows))
            ],
        )

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Unavailable(
                "The deployment does not answer",
                where=self._where,
                why=str(error) or type(error).__name__,
                fix="See workbench deploy list",
                code="call.unreachable",
            ) from None

    def _checked(self, status: int, body: bytes) -> bytes:
        if status == 200:
            return body
        try:
            why = str(msgspec.json.decode(body)["error"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            why = clean(body[:200].decode("utf-8", "replace")) or f"status {status}"
        kind = Unavailable if status >= 500 else BadInput
        raise kind(
            "The deployment refused the request",
            where=f"{self._where}, status {status}",
            why=clean(why, 500),
            fix="Correct the request" if kind is BadInput else "Try again",
            code=f"call.{status}",
        )
