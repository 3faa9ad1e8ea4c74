"""`/openapi.json`: OpenAPI 3.1 made from the routes and the signature of the model that answers.

https://spec.openapis.org/oas/v3.1.0. Paths hold the model's own name and version, so that a client
made from the document asks what is served.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import workbench
from workbench.serving.columns import ACCEPTED
from workbench.serving.reading import CONTENT_TYPES
from workbench.serving.routes import ROUTES, Route
from workbench.serving.schema import TYPES
from workbench.serving.served import ServedModel
from workbench.serving.tensors import DATATYPES
from workbench.training.signature import Field, Signature

Schema = dict[str, Any]

_EVERYWHERE = (400, 401, 421)
"""Refusals of the door, on every path."""
_FURTHER = {"infer": (404, 408, 413, 415, 503), "ready": (503,), "metadata": (404, 503)}
_FURTHER["model_ready"] = _FURTHER["metadata"]
_MEANINGS = {
    400: "The request is wrong; the error names the field",
    401: "A token is needed",
    404: "This model or version is not served",
    408: "The body did not arrive in time",
    413: "The body is too long, or has too many rows",
    415: "The body is not application/json",
    421: "The server does not answer under this host name",
    503: "No version is loaded yet, or too many requests wait",
}
_VALUES: dict[str, Schema] = {
    "int": {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_EXAMPLES = {
    "int": 1,
    "float": 0.5,
    "bool": True,
    "str": "text",
    "date": "2026-12-31",
    "datetime": "2026-12-31T23:59:00Z",
}


def document(served: ServedModel | None, *, most_rows: int, token: bool) -> Schema:
    """Return the document; without a version it has only the paths that need none."""
    routes = [route for route in ROUTES if served is not None or "{" not in route.path]
    found: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": f"{served.reference} served by Workbench" if served else "Workbench",
            "version": served.number if served else workbench.__version__,
            "description": "Open Inference Protocol v2 over REST.",
        },
        "paths": {
            _path(route, served): {route.method.lower(): _operation(route)} for route in routes
        },
        "components": {"schemas": _schemas(served, most_rows)},
    }
    if token:
        bearer = {"type": "http", "scheme": "bearer"}
        found["components"]["securitySchemes"] = {"token": bearer}
        found["security"] = [{"token": []}]
    return found


def _path(route: Route, served: ServedModel | None) -> str:
    if served is None:
        return route.path
    return route.path.replace("{model}", served.model).replace("{version}", served.number)


def _operation(route: Route) -> Schema:
    answers: Schema = {"200": {"description": route.summary, "content": _content(route)}}
    for status in sorted({*_EVERYWHERE, *_FURTHER.get(route.verb, ())}):
        answers[str(status)] = {
            "description": _MEANINGS[status],
            "content": _json({"$ref": "#/components/schemas/Error"}),
        }
    found: Schema = {"summary": route.summary, "responses": answers}
    if route.verb == "infer":
        body = {"$ref": "#/components/schemas/InferenceRequest"}
        found["requestBody"] = {"required": True, "content": _json(body)}
    return found


def _content(route: Route) -> Schema:
    if route.kind != "application/json":
        return {route.kind: {"schema": {"type": "string"}}}
    content = _json({"$ref": f"#/components/schemas/{_SCHEMAS[route.verb]}"})
    if route.verb == "infer":  # where binary tensor data was asked for
        content["application/octet-stream"] = {}
    return content


_SCHEMAS = {
    "server": "Server",
    "live": "Live",
    "ready": "Ready",
    "metadata": "Model",
    "model_ready": "ModelReady",
    "infer": "InferenceResponse",
    "health": "Health",
    "openapi": "Document",
}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _object(required: Iterable[str], /, **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NAMED: Schema = _object(
    ("name", "datatype", "shape"),
    name=_TEXT,
    datatype={"enum": list(DATATYPES)},
    shape={"type": "array", "items": {"type": "integer", "minimum": -1}},
)


def _schemas(served: ServedModel | None, most_rows: int) -> Schema:
    named = {"type": "array", "items": _NAMED}
    texts = {"type": "array", "items": _TEXT}
    counts = dict.fromkeys(("requests", "errors", "logged", "dropped", "waiting"), _COUNT)
    plain: Schema = {
        "Error": _object(("error",), error=_TEXT) | {"additionalProperties": False},
        "Server": _object(
            ("name", "version", "extensions"), name=_TEXT, version=_TEXT, extensions=texts
        ),
        "Live": _object(("live",), live={"const": True}),
        "Ready": _object(("ready",), ready={"const": True}),
        "Health": _object(
            ("ready", "version", *counts), ready={"type": "boolean"}, version=_TEXT, **counts
        ),
        "Document": _object(("openapi",), openapi=_TEXT),
    }
    if served is None:
        return plain
    return plain | {
        "Model": _object(
            ("name", "versions", "platform", "inputs", "outputs"),
            name={"const": served.model},
            versions=texts,
            platform=_TEXT,
            inputs=named,
            outputs=named,
        ),
        "ModelReady": _object(
            ("name", "ready"), name={"const": served.model}, ready={"const": True}
        ),
        "InferenceRequest": _request(served.signature, most_rows),
        "InferenceResponse": _response(served),
    }


def _request(signature: Signature, most_rows: int) -> Schema:
    """The body of a request: a tensor for each input, or all of them in one."""
    parameters: Schema = {
        "type": ["object", "null"],
        "properties": {"content_type": {"enum": list(CONTENT_TYPES)}},
    }
    columns = [_column(field, parameters, most_rows) for field in signature.inputs]
    table = _tensor(
        {"type": "string"}, DATATYPES, {"type": "array", "minItems": 1}, parameters, width=2
    )
    example = [
        {"name": f.name, "shape": [1], "datatype": TYPES[f.type].datatype, "data": [_example(f)]}
        for f in signature.inputs
    ]
    wanted = {"enum": [field.name for field in signature.outputs]}
    outputs = {"type": ["array", "null"], "items": _object(("name",), name=wanted)}
    body = _object(
        ("inputs",),
        id={"type": ["string", "null"]},
        parameters=parameters,
        inputs={"type": "array", "minItems": 1, "items": {"anyOf": [*columns, table]}},
        outputs=outputs,
    )
    return body | {"examples": [{"inputs": example}]}


def _column(field: Field, parameters: Schema, most_rows: int) -> Schema:
    value = _VALUES[field.type]
    one = value if field.required else {"anyOf": [value, {"type": "null"}]}
    nested = {"type": "array", "items": one, "minItems": 1, "maxItems": 1}
    data = {"type": "array", "items": {"anyOf": [one, nested]}, "maxItems": most_rows}
    found = _tensor({"const": field.name}, ACCEPTED[field.type], data, parameters, width=1)
    return found | {"title": field.name} | ({"description": field.unit} if field.unit else {})


def _tensor(
    name: Schema, datatypes: Iterable[str], data: Schema, parameters: Schema, *, width: int
) -> Schema:
    shape = {"type": "array", "items": _COUNT, "minItems": width, "maxItems": 2}
    return _object(
        ("name", "shape", "datatype", "data"),
        name=name,
        shape=shape,
        datatype={"enum": list(datatypes)},
        parameters=parameters,
        data=data,
    )


def _response(served: ServedModel) -> Schema:
    outputs = [
        _object(
            ("name", "shape", "datatype"),
            name={"const": name},
            shape={"type": "array", "items": _COUNT, "minItems": 1, "maxItems": 1},
            datatype={"const": datatype},
            data={"type": "array", "items": {"type": _ANSWERS[datatype]}},
        )
        for name, datatype in served.datatypes.items()
    ]
    return _object(
        ("model_name", "model_version", "id", "outputs"),
        model_name={"const": served.model},
        model_version={"const": served.number},
        id=_TEXT,
        outputs={"type": "array", "items": {"anyOf": outputs}},
    )


_ANSWERS = {
    "INT64": ["integer", "null"],
    "FP64": ["number", "null"],
    "BOOL": ["boolean", "null"],
    "BYTES": ["string", "null"],
}


def _example(field: Field) -> Any:
    if field.type == "str" and field.categories:
        return field.categories[0]
    return _EXAMPLES[field.type]
