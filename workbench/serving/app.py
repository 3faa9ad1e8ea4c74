"""The HTTP application of a deployment: Open Inference Protocol v2 and `/healthz`, over ASGI.

    GET  /v2                                      what this server is
    GET  /v2/health/live                          200 as soon as it listens
    GET  /v2/health/ready                         200 once a version answers, before that 503
    GET  /v2/models/M[/versions/N]                the model's tensors
    GET  /v2/models/M[/versions/N]/ready
    POST /v2/models/M[/versions/N]/infer          predictions
    GET  /healthz                                 the version that answers, counts, what was dropped

Every answer has `X-Request-Id`, and `X-Model-Version` (delay@4) once one is loaded. A refusal is
`{"error": ...}` in one sentence that names the tensor; it never holds a traceback or a path.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

import workbench
from workbench.ids import new_ulid
from workbench.serving.batching import Batcher, Outputs
from workbench.serving.http import (
    Disconnected,
    Door,
    Header,
    HttpError,
    Limits,
    Receive,
    Scope,
    Send,
    read_body,
    send_error,
    send_json,
)
from workbench.serving.predictions import Prediction, PredictionLog
from workbench.serving.schema import InferRequest
from workbench.serving.served import ServedModel

logger = logging.getLogger("workbench.serving")
encode = msgspec.json.Encoder().encode


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `/healthz`; `since` is Unix seconds, counts are since the process started."""

    ready: bool
    deployment: str
    version: str
    reference: str
    content: str
    promotion: str
    since: float
    requests: int
    errors: int
    logged: int
    dropped: int
    waiting: int
    error: str


class Application:
    """The ASGI application. `swap` puts another version in the place of the one that answers.

    Everything here belongs to the event loop's thread. A request keeps the version that it met when
    it was read: a swap between two requests is seen by neither.
    """

    def __init__(
        self, deployment: str, door: Door, log: PredictionLog, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.batcher = Batcher(self.limits.waiting)
        self.served: ServedModel | None = None
        self.since = 0.0
        self.requests = 0
        self.errors = 0
        self.refused = ""
        """Why the version that is wanted now is not served; empty when it is."""
        self._deployment = deployment
        self._door = door
        self._log = log
        self._tag: tuple[Header, ...] = ()

    def swap(self, served: ServedModel) -> None:
        """Answer with this version from the next request on."""
        self.served = served
        self.since = time.time()
        self._tag = ((b"x-model-version", served.reference.encode()),)

    def health(self) -> Health:
        """Return what `/healthz` says."""
        served = self.served
        return Health(
            ready=served is not None,
            deployment=self._deployment,
            version=served.version if served else "",
            reference=served.reference if served else "",
            content=served.content if served else "",
            promotion=served.promotion if served else "",
            since=self.since,
            requests=self.requests,
            errors=self.errors,
            logged=self._log.logged,
            dropped=self._log.dropped,
            waiting=self.batcher.waiting,
            error=self.refused,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"this application answers http, not {scope['type']}")
        request = new_ulid()
        tag = (b"x-request-id", request.encode())
        try:
            headers = dict(scope["headers"])
            self._door.check(headers)
            handler, served = self._route(scope["path"], scope["method"])
            if handler == "infer":
                body = await self._infer(served, request, headers, receive)
            else:
                body = self._tell(handler, served)
        except HttpError as refusal:
            await send_error(send, refusal, tag, *self._tag)
        except Disconnected:
            logger.info("request %s: the client left before its request was whole", request)
        except Exception:
            logger.exception("request %s failed", request)
            failure = HttpError(500, f"the server failed; its log has the cause under {request}")
            await send_error(send, failure, tag, *self._tag)
        else:
            version = (b"x-model-version", served.reference.encode()) if served else None
            await send_json(send, 200, body, tag, *((version,) if version else ()))

    def _route(self, path: str, method: str) -> tuple[str, ServedModel | None]:
        """Return what is asked and of which version. Raises HttpError 404, 405, 503."""
        parts = path.rstrip("/").split("/")[1:]
        served = self.served
        if parts[:2] == ["v2", "models"] and len(parts) > 2:
            verb, served = self._model_route(parts[2], parts[3:])
        else:
            verb = {
                ("v2",): "server",
                ("v2", "health", "live"): "live",
                ("v2", "health", "ready"): "ready",
                ("healthz",): "health",
            }.get(tuple(parts), "")
            if not verb:
                raise HttpError(404, "there is nothing at this path; see /v2")
        allowed = "POST" if verb == "infer" else "GET"
        if method != allowed:
            raise HttpError(405, f"use {allowed} here", (b"allow", allowed.encode()))
        if verb == "ready" and served is None:
            raise HttpError(503, "no model version is loaded yet", (b"retry-after", b"1"))
        return verb, served

    def _model_route(self, model: str, rest: Sequence[str]) -> tuple[str, ServedModel]:
        served = self.served
        if served is None:
            raise HttpError(503, "no model version is loaded yet", (b"retry-after", b"1"))
        if model != served.model:
            raise HttpError(404, f"there is no model of that name; this is {served.model}")
        if rest[:1] == ["versions"] and len(rest) > 1:
            if rest[1] != served.number:
                raise HttpError(404, f"that version is not served; version {served.number} answers")
            rest = rest[2:]
        verb = {(): "metadata", ("ready",): "model_ready", ("infer",): "infer"}.get(tuple(rest))
        if verb is None:
            raise HttpError(404, "there is nothing at this path; see /v2")
        return verb, served

    def _tell(self, what: str, served: ServedModel | None) -> bytes:
        answers: dict[str, Callable[[], bytes]] = {
            "server": lambda: encode(
                {"name": "workbench", "version": workbench.__version__, "extensions": []}
            ),
            "live": lambda: b'{"live":true}',
            "ready": lambda: b'{"ready":true}',
            "health": lambda: encode(self.health()),
            "metadata": lambda: served.metadata if served else b"",
            "model_ready": lambda: encode({"name": served.model if served else "", "ready": True}),
        }
        return answers[what]()

    async def _infer(
        self,
        served: ServedModel | None,
        request: str,
        headers: dict[bytes, bytes],
        receive: Receive,
    ) -> bytes:
        """Predict and log. Counts each request once, and once more as an error when it is refused."""
        assert served is not None  # the route found it
        self.requests += 1
        began = time.perf_counter()
        try:
            _check_type(headers)
            asked = served.request.decode(await read_body(receive, headers, self.limits))
            outputs = await self._predict(served, asked)
        except BaseException:
            self.errors += 1
            raise
        self._log.add(
            Prediction(
                id=request,
                at=datetime.now(UTC),
                version=served.version,
                model=served.reference,
                rows=asked.rows,
                inputs=asked.columns,
                outputs=outputs,
                ms=round((time.perf_counter() - began) * 1000, 3),
                client_id=asked.id,
            )
        )
        return _answer(served, asked, asked.id or request, outputs)

    async def _predict(self, served: ServedModel, asked: InferRequest) -> Outputs:
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                return await self.batcher.predict(served, asked.columns, asked.rows)
        except TimeoutError:
            raise HttpError(
                503, f"no answer within {self.limits.answer_seconds:g} seconds"
            ) from None


def _check_type(headers: dict[bytes, bytes]) -> None:
    """Refuse a body that does not say JSON: a web page can send the others without asking first."""
    kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise HttpError(415, "the body must be application/json")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HttpError(415, "the body must not be compressed")


def _answer(served: ServedModel, asked: InferRequest, request: str, outputs: Outputs) -> bytes:
    names = asked.outputs or served.datatypes
    tensors: list[dict[str, Any]] = [
        {
            "name": name,
            "shape": [asked.rows],
            "datatype": served.datatypes[name],
            "data": outputs[name],
        }
        for name in names
    ]
    return encode(
        {
            "model_name": served.model,
            "model_version": served.number,
            "id": request,
            "outputs": tensors,
        }
    )
