"""The application against the protocol's own words: paths, bodies, statuses, refusals."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.serving.app import LARGE, Application
from workbench.serving.http import Door, Limits
from workbench.serving.loading import load
from workbench.serving.metrics import Meter
from workbench.serving.predictions import PredictionLog

from .asgi import Reply, ask
from .conftest import TYPES, Shelf

TOKEN = "T" * 43
DATATYPES = {
    "int": "INT64",
    "float": "FP64",
    "bool": "BOOL",
    "str": "BYTES",
    "date": "BYTES",
    "datetime": "BYTES",
}
ROW: dict[str, Any] = {
    "n": 3,
    "x": 2.5,
    "flag": True,
    "kind": "a",
    "day": "2024-01-02",
    "at": "2024-01-02T05:30:00Z",
}
INFER = "/v2/models/late/infer"
FRAME = pl.DataFrame(
    {
        "n": [3],
        "x": [2.5],
        "flag": [True],
        "kind": ["a"],
        "day": pl.Series(["2024-01-02"]).str.to_date(),
        "at": pl.Series(["2024-01-02 05:30:00"]).str.to_datetime(time_unit="us"),
    }
)
"""ROW as the model takes it."""


def tensor(name: str, /, *values: Any, **changes: Any) -> dict[str, Any]:
    datatype = DATATYPES[TYPES.get(name, "str")]
    made = {"name": name, "shape": [len(values)], "datatype": datatype, "data": list(values)}
    return made | changes


def request(rows: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    given = [ROW] if rows is None else rows
    return {"inputs": [tensor(name, *[row[name] for row in given]) for name in TYPES]} | changes


def changed(name: str, /, **changes: Any) -> dict[str, Any]:
    """A request whose tensor `name` differs."""
    return {"inputs": [t | changes if t["name"] == name else t for t in request()["inputs"]]}


def without(name: str, key: str, /) -> dict[str, Any]:
    """A request whose tensor `name` lacks a key."""
    body = request()
    for one in body["inputs"]:
        if one["name"] == name:
            del one[key]
    return body


def table(rows: list[list[Any]], /, **changes: Any) -> dict[str, Any]:
    """A request that gives all columns as one tensor."""
    shape = [len(rows), len(rows[0])]
    made: dict[str, Any] = {"name": "table", "shape": shape, "datatype": "FP64", "data": rows}
    return {"inputs": [made | changes]}


@pytest.fixture
async def application(shelf: Shelf, tmp_path: Path) -> AsyncIterator[Application]:
    log = PredictionLog(tmp_path / "predictions")
    made = Application(
        "late-api", Door(None, frozenset({"models.example"})), log, Limits(body=20_000, rows=50)
    )
    made.swap(load(shelf.desired(1), 50))
    yield made
    await made.batcher.close()
    log.close()


# What the specification says of each answer (inference_rest.md, open_inference_rest.yaml).


class Tensor(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    datatype: str
    shape: list[int]


class Metadata(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    versions: list[str]
    platform: str
    inputs: list[Tensor]
    outputs: list[Tensor]


class Output(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    shape: list[int]
    datatype: str
    data: list[float | str | bool | None]


class Inference(msgspec.Struct, forbid_unknown_fields=True):
    model_name: str
    model_version: str
    id: str
    outputs: list[Output]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2", {"name": "workbench", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
        ("/v2/", {"name": "workbench", "version": "0.1.0", "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/late/ready", {"name": "late", "ready": True}),
        ("/v2/models/late/versions/1/ready", {"name": "late", "ready": True}),
    ],
)
async def test_plain_answers(application: Application, path: str, answer: Any) -> None:
    reply = await ask(application, "GET", path)
    assert (reply.status, reply.json) == (200, answer)
    assert reply.headers["x-model-version"] == "late@1" or "health" in path or path == "/v2"
    assert len(reply.headers["x-request-id"]) == 26


@pytest.mark.parametrize("path", ["/v2/models/late", "/v2/models/late/versions/1"])
async def test_metadata_names_every_tensor(application: Application, path: str) -> None:
    reply = await ask(application, "GET", path)
    found = msgspec.json.decode(reply.body, type=Metadata)
    assert (found.name, found.versions) == ("late", ["1"])
    assert {t.name: t.datatype for t in found.inputs} == {n: DATATYPES[TYPES[n]] for n in TYPES}
    assert [(t.name, t.datatype) for t in found.outputs] == [
        ("prediction", "BYTES"),
        ("probability_no", "FP64"),
        ("probability_yes", "FP64"),
    ]
    assert all(t.shape == [-1] for t in found.inputs + found.outputs)


@pytest.mark.parametrize("path", [INFER, "/v2/models/late/versions/1/infer"])
async def test_infer_answers_as_the_model_itself(
    application: Application, shelf: Shelf, path: str
) -> None:
    rows = [ROW, ROW | {"x": 0.25, "kind": "unseen"}, ROW | {"x": None, "n": None}]
    reply = await ask(application, "POST", path, request(rows, id="42"))
    found = msgspec.json.decode(reply.body, type=Inference)
    assert reply.status == 200
    assert (found.model_name, found.model_version, found.id) == ("late", "1", "42")
    frame = pl.concat([FRAME] * 3).with_columns(
        n=pl.Series([3, 3, None]),
        x=pl.Series([2.5, 0.25, None]),
        kind=pl.Series(["a", "unseen", "a"]),
    )
    model = shelf.models[1]
    outputs = {output.name: output for output in found.outputs}
    assert outputs["prediction"].data == model.predict(frame).tolist()
    assert outputs["probability_yes"].data == pytest.approx(
        model.predict_proba(frame)[:, 1].tolist()
    )
    assert all(output.shape == [3] for output in found.outputs)


async def test_regression_gives_numbers(shelf: Shelf, tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "predictions")
    made = Application("late-api", Door(None, frozenset()), log)
    made.swap(load(shelf.desired(3), 50))
    reply = await ask(made, "POST", INFER, request())
    expected = shelf.models[3].predict(FRAME).tolist()
    assert reply.json["outputs"] == [
        {"name": "prediction", "shape": [1], "datatype": "FP64", "data": pytest.approx(expected)}
    ]
    await made.batcher.close()
    log.close()


@pytest.mark.parametrize(
    ("body", "same_as"),
    [
        (changed("x", shape=[1, 1], data=[[2.5]]), request()),
        (changed("x", shape=[1, 1], data=[2.5]), request()),
        (changed("x", datatype="FP32"), request()),
        (changed("x", datatype="INT8", data=[2]), request([ROW | {"x": 2.0}])),
        (changed("n", datatype="FP64", data=[3.0]), request()),
        (changed("n", datatype="UINT8"), request()),
        (changed("flag", datatype="INT8", data=[1]), request()),
        (changed("flag", datatype="FP64", shape=[1, 1], data=[[1.0]]), request()),
        (changed("kind", parameters={"content_type": "str"}), request()),
        (request(outputs=None, id=None, parameters=None), request()),
        (changed("at", data=["2024-01-02T07:30:00+02:00"]), request()),
        (changed("at", data=["2024-01-02T05:30:00"]), request()),
        ({"inputs": request()["inputs"][::-1]}, request()),
        (request(parameters={"a": {"b": [1]}}, more="unknown fields are left alone"), request()),
        (changed("x", parameters={"content_type": "np"}), request()),
    ],
)
async def test_other_ways_to_say_the_same(
    application: Application, body: Any, same_as: Any
) -> None:
    found = await ask(application, "POST", INFER, body)
    expected = await ask(application, "POST", INFER, same_as)
    assert (found.status, found.json["outputs"]) == (200, expected.json["outputs"])


async def test_the_answer_is_marked_as_the_request_was(application: Application) -> None:
    """MLServer's clients decode by these marks: pd for the table, np or str for each column."""
    reply = await ask(application, "POST", INFER, request(parameters={"content_type": "pd"}))
    plain = await ask(application, "POST", INFER, request())
    assert reply.json["parameters"] == {"content_type": "pd"}
    marks = [output.pop("parameters")["content_type"] for output in reply.json["outputs"]]
    assert marks == ["str", "np", "np"]
    assert "parameters" not in plain.json


async def test_only_the_outputs_asked_for(application: Application) -> None:
    body = request(outputs=[{"name": "probability_yes"}, {"name": "prediction"}])
    reply = await ask(application, "POST", INFER, body)
    assert [o["name"] for o in reply.json["outputs"]] == ["probability_yes", "prediction"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "the body is not JSON: Input data was truncated"),
        (b"{", "the body is not JSON: Input data was truncated"),
        (b'{"inputs": NaN}', "the body is not JSON: JSON is malformed"),
        (b'{"inputs": [\xff]}', "the body is not JSON"),
        (b"[" * 15_000, "the body: expected `object`, got `array`"),
        (b'{"x": ' + b"[" * 15_000 + b"]" * 4, "nested too deeply"),
        ([], "the body: expected `object`, got `array`"),
        ({}, "inputs: it is missing"),
        ({"inputs": {}}, "inputs: expected `array`, got `object`"),
        ({"inputs": []}, "inputs: 'n', 'x', 'flag', 'kind', 'day', 'at' is missing"),
        ({"inputs": [{"shape": [1]}]}, "inputs[0].name: it is missing"),
        (
            {"inputs": [tensor("wrong", "1")]},
            "inputs[0].name: there is no input 'wrong'; the model has",
        ),
        ({"inputs": [tensor("n", 1), tensor("n", 1)]}, "inputs[1].name: input 'n' is given twice"),
        ({"inputs": request()["inputs"][1:]}, "inputs: 'n' is missing; send null"),
        (changed("n", data=["3"]), "inputs[0].data[0] ('n'): '3' is not a number"),
        (changed("n", data=[True]), "inputs[0].data[0] ('n'): True is not a number"),
        (changed("n", data=[3.5]), "inputs[0].data[0] ('n'): 3.5 is not INT64"),
        (changed("n", datatype="FP64", data=[3.5]), "inputs[0].data[0] ('n'): 3.5 is not a whole"),
        (changed("n", data=[2**63]), "inputs[0].data[0] ('n'): 9223372036854775808 is not INT64"),
        (changed("n", datatype="UINT8", data=[256]), "inputs[0].data[0] ('n'): 256 is not UINT8"),
        (changed("n", datatype="INT8", data=[-129]), "inputs[0].data[0] ('n'): -129 is not INT8"),
        (
            changed("n", datatype="BYTES"),
            "inputs[0].datatype ('n'): BYTES cannot hold int; use INT8",
        ),
        (
            changed("n", datatype="COMPLEX"),
            "inputs[0].datatype ('n'): 'COMPLEX' is none of BOOL, INT8",
        ),
        (changed("flag", data=[1]), "inputs[2].data[0] ('flag'): 1 is not true or false"),
        (
            changed("flag", datatype="INT8", data=[2]),
            "inputs[2].data[0] ('flag'): 2 is not 0 or 1, and this column is true or false",
        ),
        (changed("x", data=["much"]), "inputs[1].data[0] ('x'): 'much' is not a number"),
        (changed("x", data=[{"a": 1}]), "inputs[1].data[0] ('x'): an object is not a number"),
        (
            changed("x", data=[10**309]),
            "inputs[1].data[0] ('x'): a number beyond 64 bits is not FP64",
        ),
        (changed("x", datatype="FP16", data=[65505]), "inputs[1].data[0] ('x'): 65505 is not FP16"),
        (
            changed("x", datatype="FP32", data=[3.5e38]),
            "inputs[1].data[0] ('x'): 3.5e+38 is not FP32",
        ),
        (
            b'{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1e999]}]}',
            "inputs[0].data[0]",
        ),
        (
            changed("day", data=["2024-02-30"]),
            "inputs[4].data[0] ('day'): '2024-02-30' is not a date",
        ),
        (
            changed("at", data=["yesterday"]),
            "inputs[5].data[0] ('at'): 'yesterday' is not a datetime",
        ),
        (changed("at", data=["0001-01-01T00:00:00+14:00"]), "is out of range"),
        (changed("kind", data=[7]), "inputs[3].data[0] ('kind'): 7 is not a string"),
        (changed("x", shape=[2]), "inputs[1].data: 1 values, but shape [2] has 2"),
        (
            changed("x", shape=[2], data=[1.5, 2]),
            "inputs[1].shape[0] ('x'): 2 rows, the input before has 1; all must be equal",
        ),
        (changed("n", data=[1, 2]), "inputs[0].data: 2 values, but shape [1] has 1"),
        (changed("n", data="12"), "inputs[0].data: expected an array, got a string"),
        (without("n", "data"), "inputs[0].data ('n'): it is missing"),
        (
            changed("x", shape=[1, 2], data=[1, 2]),
            "inputs[1].shape ('x'): must be [n] or [n, 1], not [1, 2]",
        ),
        (changed("x", data=[[2.5]]), "inputs[1].data[0]: an array, deeper than the shape"),
        (
            changed("x", shape=[1, 1], data=[[2.5, 1]]),
            "inputs[1].data[0]: 2 items, but the shape has 1 here",
        ),
        (
            changed("x", shape=[2, 1], data=[[2.5], 1]),
            "inputs[1].data[1]: expected an array, got a num",
        ),
        (changed("x", shape=[1, 1, 1]), "inputs[1].shape: expected `array` of length <= 2"),
        (changed("x", shape=[-1]), "inputs[1].shape[0]: expected `int` >= 0"),
        (changed("x", shape=[]), "inputs[1].shape: expected `array` of length >= 1"),
        (request([]), "inputs: they have no rows"),
        (
            request(outputs=[{"name": "odds"}]),
            "outputs[0].name: there is no output 'odds'; the model has",
        ),
        (
            request(outputs=[{"name": "prediction", "parameters": {"classification": 2}}]),
            "outputs[0].parameters.classification: this server gives probabilities",
        ),
        (
            changed("x", parameters={"shared_memory_region": "r"}),
            "inputs[1].parameters.shared_memory_region: this server shares no memory",
        ),
        (
            request(parameters={"binary_data_output": 1}),
            "parameters.binary_data_output: 1 is neither true nor false",
        ),
        (
            changed("x", parameters={"content_type": "base64"}),
            "inputs[1].parameters.content_type: 'base64' is not offered; use np, pd, str",
        ),
        (
            changed("x", parameters={"content_type": "str"}),
            "inputs[1].parameters.content_type ('x'): str goes with BYTES, not with FP64",
        ),
        (request(id=7), "id: expected `str | null`, got `int`"),
        (changed("x", name="\x1b]0;x\x07"), "there is no input '\\x1b]0;x\\x07'"),
        (table([[1, 2]]), "inputs[0].shape[1]: 2 columns, the model has 6: 'n', 'x'"),
        (
            table([[1, 2, 0, 4, 5, 6]]),
            "inputs[0].datatype ('kind'): FP64 cannot hold str; use BYTES",
        ),
    ],
)
async def test_refused_bodies_name_the_tensor(
    application: Application, body: Any, error: str
) -> None:
    reply = await ask(application, "POST", INFER, body)
    assert reply.status == 400
    assert error.lower() in reply.error.lower()
    assert "\n" not in reply.error
    assert application.meter.metrics.errors == 1


async def test_null_where_a_value_is_needed(shelf: Shelf, tmp_path: Path) -> None:
    from .conftest import signature

    log = PredictionLog(tmp_path / "predictions")
    made = Application("late-api", Door(None, frozenset()), log)
    made.swap(load(shelf.desired(1, signature=signature(required=("n",))), 50))
    reply = await ask(made, "POST", INFER, changed("n", data=[None]))
    assert (reply.status, reply.error) == (
        400,
        "inputs[0].data[0] ('n'): null, but this column must have a value",
    )
    await made.batcher.close()
    log.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/", 404, "there is nothing at this path"),
        ("GET", "/v2/models", 404, "there is nothing at this path"),
        ("GET", "/v2/models/other", 404, "there is no model of that name; this is late"),
        ("GET", "/v2/models/late/versions/2", 404, "version 1 answers"),
        ("GET", "/v2/models/late/versions", 404, "there is nothing at this path"),
        ("GET", "/v2/models/late/unload", 404, "there is nothing at this path"),
        ("GET", INFER, 405, "use POST here"),
        ("POST", "/v2", 405, "use GET here"),
        ("POST", "/metrics", 405, "use GET here"),
        ("PUT", "/openapi.json", 405, "use GET here"),
        ("DELETE", "/v2/models/late", 405, "use GET here"),
    ],
)
async def test_refused_paths(
    application: Application, method: str, path: str, status: int, error: str
) -> None:
    reply = await ask(application, method, path)
    assert reply.status == status
    assert error in reply.error
    assert ("allow" in reply.headers) == (status == 405)


async def test_before_a_version_is_loaded(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "predictions")
    made = Application("late-api", Door(None, frozenset()), log)
    statuses = {
        path: (await ask(made, "GET", path)).status
        for path in (
            "/v2",
            "/v2/health/live",
            "/v2/health/ready",
            "/v2/models/late",
            "/healthz",
            "/metrics",
            "/openapi.json",
        )
    }
    assert statuses == {
        "/v2": 200,
        "/v2/health/live": 200,
        "/v2/health/ready": 503,
        "/v2/models/late": 503,
        "/healthz": 200,
        "/metrics": 200,
        "/openapi.json": 200,
    }
    log.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost"}, 200),
        ({"host": "LOCALHOST:8700"}, 200),
        ({"host": "127.0.0.1:1"}, 200),
        ({"host": "[::1]:8700"}, 200),
        ({"host": "models.example"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"host": "[::2]"}, 421),
        ({"host": ""}, 421),
        ({"host": None}, 400),
    ],
)
async def test_hosts(application: Application, headers: Any, status: int) -> None:
    assert (await ask(application, "GET", "/v2", headers=headers)).status == status


@pytest.mark.parametrize("path", ["/v2", "/healthz", "/metrics", "/openapi.json", "/x", INFER])
@pytest.mark.parametrize(
    ("authorization", "allowed"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {TOKEN}T", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer ", False),
        ("Bearer é", False),
        (None, False),
    ],
)
async def test_every_path_needs_the_token(
    tmp_path: Path, path: str, authorization: str | None, allowed: bool
) -> None:
    log = PredictionLog(tmp_path / "predictions")
    made = Application("late-api", Door(TOKEN, frozenset()), log)
    headers: Any = {"authorization": authorization}
    reply = await ask(made, "GET", path, headers=headers)
    assert (reply.status == 401) == (not allowed)
    if not allowed:
        assert reply.headers["www-authenticate"].startswith("Bearer")
        assert TOKEN not in reply.body.decode()
    log.close()


async def test_limits(application: Application) -> None:
    async def post(**how: Any) -> Reply:
        return await ask(application, "POST", INFER, **how)

    long = await post(body=b" " * 20_001)
    assert (long.status, long.headers["connection"]) == (413, "close")
    assert (await post(headers={"content-length": "20001"})).status == 413
    assert (await post(headers={"content-length": "9" * 5000})).status == 413
    assert (await post(parts=[b" " * 15_000, b" " * 15_000])).status == 413
    many = await post(body=request([ROW] * 51))
    assert (many.status, many.error) == (413, "51 rows in one request; the limit is 50")
    assert (await post(body=request(), headers={"content-type": "text/plain"})).status == 415
    assert (await post(body=request(), headers={"origin": "http://evil.example"})).status == 415
    named = {"origin": "http://localhost", "content-type": "application/json; charset=utf-8"}
    assert (await post(body=request(), headers=named)).status == 200
    assert (await post(body=request(), headers={"content-encoding": "gzip"})).status == 415
    parts = [bytes([byte]) for byte in json.dumps(request()).encode()]
    assert (await post(parts=parts)).status == 200


async def test_slow_bodies_and_slow_models_end(shelf: Shelf, tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "predictions")
    limits = Limits(body_seconds=0.05, answer_seconds=0.0)
    made = Application("late-api", Door(None, frozenset()), log, limits)
    made.swap(load(shelf.desired(1), 50))
    slow = await ask(made, "POST", INFER, b"{", stall=True)
    assert (slow.status, slow.headers["connection"]) == (408, "close")
    assert (await ask(made, "POST", INFER, request())).status == 503
    await made.batcher.close()
    log.close()


async def test_a_request_keeps_the_version_it_met(application: Application, shelf: Shelf) -> None:
    """A swap while a body arrives: that request is answered by the old version, the next by the new."""
    arrived = asyncio.Event()
    body = json.dumps(request()).encode()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await arrived.wait()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": INFER, "headers": [(b"host", b"localhost")]}
    task = asyncio.create_task(application(scope, receive, send))
    await asyncio.sleep(0)
    application.swap(load(shelf.desired(2), 50))
    arrived.set()
    await task
    assert Reply(sent).json["model_version"] == "1"
    assert Reply(sent).headers["x-model-version"] == "late@1"
    assert (await ask(application, "POST", INFER, request())).json["model_version"] == "2"


async def test_metrics_count_every_end_of_a_request(application: Application) -> None:
    async def leave() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await ask(application, "POST", INFER, b"{", stall=True)

    await ask(application, "POST", INFER, request([ROW] * 3))
    await ask(application, "POST", INFER, b"nonsense")
    await ask(application, "POST", INFER, b" " * 20_001)
    await ask(application, "GET", "/nothing")
    await ask(application, "GET", INFER)
    left = asyncio.create_task(leave())
    await asyncio.sleep(0)
    assert application.meter.metrics.in_flight == 1
    left.cancel()
    await left
    found = application.metrics()
    assert found.versions["late@1"].statuses == {200: 1, 400: 1, 413: 1, 499: 1}
    assert found.refused == {404: 1, 405: 1}
    assert (found.in_flight, found.versions["late@1"].rows) == (0, 3)


async def test_metrics_are_summed_over_the_processes(shelf: Shelf, tmp_path: Path) -> None:
    other = Meter()
    other.count("late@1", 200, 5, 0.01, time.time())
    log = PredictionLog(tmp_path / "predictions")
    made = Application(
        "late-api",
        Door(None, frozenset()),
        log,
        others=lambda: [msgspec.structs.replace(other.read(2, 1), at=time.time())],
    )
    made.swap(load(shelf.desired(1), 50))
    await ask(made, "POST", INFER, request())
    lines = (await ask(made, "GET", "/metrics")).body.decode().splitlines()
    deployment = 'deployment="late-api"'
    labels = f'{deployment},model="late",version="1"'
    assert f'workbench_requests_total{{{labels},status="200"}} 2' in lines
    assert f"workbench_rows_total{{{labels}}} 6" in lines
    assert f"workbench_workers{{{deployment}}} 2" in lines
    assert f"workbench_predictions_dropped_total{{{deployment}}} 1" in lines
    await made.batcher.close()
    log.close()


async def test_a_large_body_is_read_beside_others(shelf: Shelf, tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "predictions")
    made = Application("late-api", Door(None, frozenset()), log)
    made.swap(load(shelf.desired(1), 50_000))
    body = json.dumps(request([ROW] * 4000)).encode()
    assert len(body) > LARGE
    reply = await ask(made, "POST", INFER, body)
    assert reply.json["outputs"][0]["shape"] == [4000]
    await made.batcher.close()
    log.close()


async def test_healthz_counts(application: Application) -> None:
    await ask(application, "POST", INFER, request())
    await ask(application, "POST", INFER, b"nonsense")
    found = (await ask(application, "GET", "/healthz")).json
    assert (found["ready"], found["requests"], found["errors"]) == (True, 2, 1)
    assert (found["reference"], found["dropped"]) == ("late@1", 0)


async def test_a_failure_of_ours_shows_no_inside(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("/home/somebody/secret")

    monkeypatch.setattr(application.batcher, "predict", fail)
    reply = await ask(application, "POST", INFER, request())
    assert reply.status == 500
    assert reply.error == (
        f"the server failed; its log has the cause under {reply.headers['x-request-id']}"
    )


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
documents = st.recursive(
    values, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner)
)
loose_tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*TYPES, "other"]) | values,
        "shape": st.lists(st.integers(-2, 3), max_size=3) | documents,
        "datatype": st.sampled_from(["BOOL", "INT8", "UINT64", "FP16", "FP64", "BYTES", "?"]),
        "data": st.lists(values | st.lists(values, max_size=2), max_size=3) | documents,
    },
)
full_requests = st.fixed_dictionaries(
    {
        name: st.lists(
            {
                "int": st.integers(-(2**63), 2**63 - 1),
                # a tree takes 32 bits
                "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
                "bool": st.booleans(),
                "str": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
                "date": st.dates().map(str),
                "datetime": st.datetimes().map(lambda d: d.isoformat()),
            }[kind]
            | st.none(),
            min_size=2,
            max_size=2,
        )
        for name, kind in TYPES.items()
    }
).map(lambda columns: {"inputs": [tensor(name, *column) for name, column in columns.items()]})


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.binary()
    | documents.map(lambda d: json.dumps(d).encode())
    | st.lists(loose_tensors, max_size=7).map(lambda t: json.dumps({"inputs": t}).encode())
)
async def test_no_body_makes_the_server_fail(application: Application, body: bytes) -> None:
    reply = await ask(application, "POST", INFER, body[:20_000])
    assert 200 <= reply.status < 500


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=full_requests)
async def test_every_request_of_the_right_types_is_answered(
    application: Application, body: Any
) -> None:
    reply = await ask(application, "POST", INFER, body)
    assert reply.status == 200, reply.body
