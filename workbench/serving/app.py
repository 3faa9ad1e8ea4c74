"""The HTTP application of a deployment: Open Inference Protocol v2 and `/healthz`, over ASGI.

    GET  /v2                                      what this server is
    GET  /v2/health/live                          200 as soon as it listens
    GET  /v2/health/ready                         200 once a version answers, before that 503
    GET  /v2/models/M[/versions/N]                the model's tensors
    GET  /v2/models/M[/versions/N]/ready
    POST /v2/models/M[/versions/N]/infer          predictions
    GET  /healthz                                 the version that answers, counts, what was dropped
    GET  /metrics                                 the counts of all processes, for Prometheus
    GET  /openapi.json                            all of this, and the model's signature

Every answer has `X-Request-Id`, and `X-Model-Version` (delay@4) once one is loaded. A refusal is
`{"error": ...}` in one line that names the field; it never holds a traceback or a path.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

import workbench
from workbench.ids import new_ulid
from workbench.serving.answers import answer
from workbench.serving.batching import Batcher, Outputs
from workbench.serving.exposition import CONTENT_TYPE, exposition
from workbench.serving.http import (
    JSON,
    Disconnected,
    Door,
    Header,
    HttpError,
    Limits,
    Receive,
    Scope,
    Send,
    read_body,
    send_body,
    send_error,
)
from workbench.serving.metrics import Meter, Metrics, together
from workbench.serving.openapi import document
from workbench.serving.predictions import Prediction, PredictionLog
from workbench.serving.reading import InferRequest
from workbench.serving.routes import lead
from workbench.serving.served import ServedModel

logger = logging.getLogger("workbench.serving")
encode = msgspec.json.Encoder().encode

LEFT = 499
"""The status under which a client that left before its answer is counted, as other servers do."""
LARGE = 128 * 1024
"""Bodies of more bytes are read in a thread, so that others are answered meanwhile."""

Answer = tuple[bytes, tuple[Header, ...]]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `/healthz`, of one process; `since` is Unix seconds.

    Counts go on where the process before it ended.
    """

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
        self,
        deployment: str,
        door: Door,
        log: PredictionLog,
        limits: Limits | None = None,
        *,
        meter: Meter | None = None,
        others: Callable[[], Sequence[Metrics]] = tuple,
    ) -> None:
        self.limits = limits or Limits()
        self.batcher = Batcher(self.limits.waiting)
        self.meter = meter or Meter()
        self.served: ServedModel | None = None
        self.since = 0.0
        self.refused = ""
        """Why the version that is wanted now is not served; empty when it is."""
        self._deployment = deployment
        self._door = door
        self._log = log
        self._others = others
        self._tag: tuple[Header, ...] = ()
        self._document = b""

    def metrics(self) -> Metrics:
        """Return the figures of this process."""
        return self.meter.read(self._log.logged, self._log.dropped, self._log.expired)

    def swap(self, served: ServedModel) -> None:
        """Answer with this version from the next request on."""
        self.served = served
        self.since = time.time()
        self._tag = ((b"x-model-version", served.reference.encode()),)
        self._document = b""

    def health(self) -> Health:
        """Return what `/healthz` says."""
        served, figures = self.served, self.metrics()
        return Health(
            ready=served is not None,
            deployment=self._deployment,
            version=served.version if served else "",
            reference=served.reference if served else "",
            content=served.content if served else "",
            promotion=served.promotion if served else "",
            since=self.since,
            requests=figures.requests,
            errors=figures.errors,
            logged=figures.logged,
            dropped=figures.dropped,
            waiting=self.batcher.waiting,
            error=self.refused,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"this application answers http, not {scope['type']}")
        request = new_ulid()
        tag = (b"x-request-id", request.encode())
        verb = ""
        try:
            headers = dict(scope["headers"])
            self._door.check(headers)
            verb, served = lead(scope["path"], scope["method"], self.served)
            if verb == "infer":
                body, kind = await self._infer(served, request, headers, receive)
            else:
                body, kind = await self._tell(verb, served)
        except HttpError as refusal:
            if verb != "infer":
                self.meter.refuse(refusal.status)
            await send_error(send, refusal, tag, *self._tag)
        except Disconnected:
            logger.info("request %s: the client left before its request was whole", request)
        except Exception:
            logger.exception("request %s failed", request)
            failure = HttpError(500, f"the server failed; its log has the cause under {request}")
            await send_error(send, failure, tag, *self._tag)
        else:
            version = (b"x-model-version", served.reference.encode()) if served else None
            await send_body(send, 200, body, *kind, tag, *((version,) if version else ()))

    async def _tell(self, what: str, served: ServedModel | None) -> Answer:
        """Answer all but `infer`."""
        match what:
            case "server":
                said = {"name": "workbench", "version": workbench.__version__}
                return encode(said | {"extensions": ["binary_tensor_data"]}), (JSON,)
            case "live" | "ready":
                return b'{"%s":true}' % what.encode(), (JSON,)
            case "health":
                return encode(self.health()), (JSON,)
            case "metrics":
                return await self._exposed(), (CONTENT_TYPE,)
            case "openapi":
                return self._documented(), (JSON,)
        assert served is not None  # the route found it
        if what == "metadata":
            return served.metadata, (JSON,)
        return encode({"name": served.model, "ready": True}), (JSON,)

    async def _exposed(self) -> bytes:
        """Sum the figures of all processes: whichever is asked answers for the deployment."""
        others = await asyncio.to_thread(self._others)
        return exposition(together([self.metrics(), *others], time.time()), self._deployment)

    def _documented(self) -> bytes:
        if not self._document:
            rows, token = self.limits.rows, self._door.closed
            self._document = encode(document(self.served, most_rows=rows, token=token))
        return self._document

    async def _infer(
        self,
        served: ServedModel | None,
        request: str,
        headers: dict[bytes, bytes],
        receive: Receive,
    ) -> Answer:
        """Predict, log and count; a client that leaves is counted as 499."""
        assert served is not None  # the route found it
        began = time.perf_counter()
        status, rows = 500, 0
        self.meter.metrics.in_flight += 1
        try:
            asked = await self._read(served, headers, receive)
            outputs = await self._predict(served, asked)
            status, rows = 200, asked.rows
        except HttpError as refusal:
            status = refusal.status
            raise
        except (Disconnected, asyncio.CancelledError):
            status = LEFT
            raise
        finally:
            self.meter.metrics.in_flight -= 1
            took = time.perf_counter() - began
            self.meter.count(served.reference, status, rows, took, time.time())
        self._log.add(
            Prediction(
                id=request,
                at=datetime.now(UTC),
                version=served.version,
                model=served.reference,
                rows=rows,
                inputs=asked.columns,
                outputs=outputs,
                ms=round(took * 1000, 3),
                client_id=asked.id,
            )
        )
        who = (served.model, served.number)
        return answer(asked, asked.id or request, who, served.datatypes, outputs)

    async def _read(
        self, served: ServedModel, headers: dict[bytes, bytes], receive: Receive
    ) -> InferRequest:
        binary = _json_bytes(headers)
        body = await read_body(receive, headers, self.limits)
        if len(body) <= LARGE:
            return served.request.decode(body, binary)
        return await asyncio.to_thread(served.request.decode, body, binary)

    async def _predict(self, served: ServedModel, asked: InferRequest) -> Outputs:
        try:
            async with asyncio.timeout(self.limits.answer_seconds):
                return await self.batcher.predict(served, asked.columns, asked.rows)
        except TimeoutError:
            raise HttpError(
                503, f"no answer within {self.limits.answer_seconds:g} seconds"
            ) from None


def _json_bytes(headers: dict[bytes, bytes]) -> int | None:
    """Return how many bytes of the body are JSON, None for all of them.

    Raises HttpError 415 for a body that does not say what it is, as a web page can send one to here
    without asking first, and 400 for a length that is none.
    """
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise HttpError(415, "the body must not be compressed")
    length = headers.get(b"inference-header-content-length")
    if length is not None:
        if not length.isdigit() or len(length) > 12:
            raise HttpError(400, "Inference-Header-Content-Length is not a number of bytes")
        return int(length)
    usual = b"" if b"origin" in headers else b"application/json"
    kind = headers.get(b"content-type", usual).partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise HttpError(415, "the body must be application/json")
    return None
