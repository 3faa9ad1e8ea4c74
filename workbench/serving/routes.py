"""Which paths there are and what each is for: one table, from which requests are led and OpenAPI is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.serving.http import HttpError
from workbench.serving.served import ServedModel


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked: what to do (`verb`), how, where, and in a few words why."""

    verb: str
    method: str
    path: str
    summary: str
    kind: str = "application/json"
    """The content type of the answer."""


_MODEL = "/v2/models/{model}"
_VERSION = _MODEL + "/versions/{version}"
ROUTES = (
    Route("server", "GET", "/v2", "What this server is"),
    Route("live", "GET", "/v2/health/live", "Whether it listens"),
    Route("ready", "GET", "/v2/health/ready", "Whether a model version answers"),
    Route("metadata", "GET", _MODEL, "The model's tensors"),
    Route("metadata", "GET", _VERSION, "The model's tensors"),
    Route("model_ready", "GET", _MODEL + "/ready", "Whether the model answers"),
    Route("model_ready", "GET", _VERSION + "/ready", "Whether this version answers"),
    Route("infer", "POST", _MODEL + "/infer", "Predict"),
    Route("infer", "POST", _VERSION + "/infer", "Predict with this version"),
    Route("health", "GET", "/healthz", "The version that answers, counts, what was dropped"),
    Route("metrics", "GET", "/metrics", "What was answered, for Prometheus", "text/plain"),
    Route("openapi", "GET", "/openapi.json", "This document"),
)
_PLAIN = {tuple(r.path.split("/")[1:]): r for r in ROUTES if "{" not in r.path}
_OF_MODEL = {
    tuple(r.path.removeprefix(_MODEL).split("/")[1:]): r
    for r in ROUTES
    if r.path.startswith(_MODEL) and not r.path.startswith(_VERSION)
}
NO_VERSION = HttpError(503, "no model version is loaded yet", (b"retry-after", b"1"))


def lead(path: str, method: str, served: ServedModel | None) -> tuple[str, ServedModel | None]:
    """Return what is asked and of which version. Raises HttpError 404, 405, 503."""
    parts = tuple(path.rstrip("/").split("/")[1:])
    if parts[:2] == ("v2", "models") and len(parts) > 2:
        route, served = _model_route(parts[2], parts[3:], served)
    else:
        route = _found(_PLAIN, parts)
    if method != route.method:
        raise HttpError(405, f"use {route.method} here", (b"allow", route.method.encode()))
    if route.verb == "ready" and served is None:
        raise NO_VERSION
    return route.verb, served


def _model_route(
    model: str, rest: tuple[str, ...], served: ServedModel | None
) -> tuple[Route, ServedModel]:
    if served is None:
        raise NO_VERSION
    if model != served.model:
        raise HttpError(404, f"there is no model of that name; this is {served.model}")
    if rest[:1] == ("versions",) and len(rest) > 1:
        if rest[1] != served.number:
            raise HttpError(404, f"that version is not served; version {served.number} answers")
        rest = rest[2:]
    return _found(_OF_MODEL, rest), served


def _found(routes: Mapping[tuple[str, ...], Route], parts: tuple[str, ...]) -> Route:
    route = routes.get(parts)
    if route is None:
        raise HttpError(404, "there is nothing at this path; see /v2")
    return route
