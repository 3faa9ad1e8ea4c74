"""A client of the protocol that others wrote (tritonclient) against a real server process.

Every answer is compared with what the model itself says of the same rows.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from workbench.ids import new_ulid
from workbench.serving.folder import Folder

from .conftest import Running, Shelf

DATATYPES = {
    "n": "INT64",
    "x": "FP64",
    "flag": "BOOL",
    "kind": "BYTES",
    "day": "BYTES",
    "at": "BYTES",
}
FRAME = pl.DataFrame(
    {
        "n": [3, 0, 6],
        "x": [2.5, None, 0.25],
        "flag": [True, False, True],
        "kind": ["a", "unseen", "c"],
        "day": [date(2024, 1, 2), date(2024, 2, 29), date(1999, 12, 31)],
        "at": [datetime(2024, 1, 2, hour, 30) for hour in (5, 6, 7)],  # noqa: DTZ001
    }
)


@pytest.fixture(scope="module")
def running(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = Folder(tmp_path_factory.mktemp("server") / new_ulid())
    made = Running(folder, shelf.desired(2, ports=(28700, 28799)))
    made.until(lambda told: told.reference == "late@2")
    yield made
    made.stop()


@pytest.fixture
def client(running: Running) -> Iterator[Any]:
    with triton.InferenceServerClient(f"127.0.0.1:{running.told().port}") as made:
        yield made


@pytest.fixture
def headers(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.folder.read_token()}"}


def inputs(*, binary: bool) -> list[Any]:
    """The rows as its users give them: NumPy arrays, one a column."""
    arrays = {
        "n": FRAME["n"].to_numpy(),
        "x": FRAME["x"].to_numpy(),  # null is NaN
        "flag": FRAME["flag"].to_numpy(),
        "kind": FRAME["kind"].to_numpy().astype(object),
        "day": np.array([str(day) for day in FRAME["day"]], object),
        "at": np.array([at.isoformat() for at in FRAME["at"]], object),
    }
    if not binary:  # JSON has no NaN
        arrays["x"] = np.nan_to_num(arrays["x"], nan=9.0)
    made = []
    for name, array in arrays.items():
        tensor = triton.InferInput(name, list(array.shape), DATATYPES[name])
        tensor.set_data_from_numpy(array, binary_data=binary)
        made.append(tensor)
    return made


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("version", ["", "2"])
def test_answers_are_the_models_own(
    client: Any, headers: Any, shelf: Shelf, binary: bool, version: str
) -> None:
    names = ["probability_yes", "prediction"]
    wanted = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    found = client.infer(
        "late",
        inputs(binary=binary),
        model_version=version,
        outputs=wanted,
        request_id="42",
        headers=headers,
    )
    frame = FRAME if binary else FRAME.with_columns(pl.col("x").fill_null(9.0))
    model = shelf.models[2]
    assert [o["name"] for o in found.get_response()["outputs"]] == names
    assert found.get_response()["id"] == "42"
    np.testing.assert_array_equal(
        found.as_numpy("probability_yes"), model.predict_proba(frame)[:, 1]
    )
    texts = [t.decode() if isinstance(t, bytes) else t for t in found.as_numpy("prediction")]
    assert texts == model.predict(frame).tolist()


def test_all_outputs_come_unasked(client: Any, headers: Any, shelf: Shelf) -> None:
    """Without a choice this client wants everything in binary."""
    found = client.infer("late", inputs(binary=True), headers=headers)
    shares = shelf.models[2].predict_proba(FRAME)
    np.testing.assert_array_equal(found.as_numpy("probability_no"), shares[:, 0])
    np.testing.assert_array_equal(found.as_numpy("probability_yes"), shares[:, 1])
    assert found.as_numpy("prediction").shape == (3,)


def test_health_and_metadata(client: Any, headers: Any) -> None:
    assert client.is_server_live(headers=headers)
    assert client.is_server_ready(headers=headers)
    assert client.is_model_ready("late", headers=headers)
    assert client.is_model_ready("late", "2", headers=headers)
    assert not client.is_model_ready("late", "1", headers=headers)
    assert not client.is_server_live()  # no token
    server = client.get_server_metadata(headers=headers)
    assert server["extensions"] == ["binary_tensor_data"]
    model = client.get_model_metadata("late", "2", headers=headers)
    assert {t["name"]: t["datatype"] for t in model["inputs"]} == DATATYPES
    assert next(t["name"] for t in model["outputs"]) == "prediction"


def test_a_refusal_reaches_the_client_in_words(client: Any, headers: Any) -> None:
    tensors = inputs(binary=False)
    tensors[0] = triton.InferInput("n", [3], "BYTES")
    tensors[0].set_data_from_numpy(np.array(["a", "b", "c"], object), binary_data=False)
    with pytest.raises(InferenceServerException) as refused:
        client.infer("late", tensors, headers=headers)
    assert "inputs[0].datatype ('n'): BYTES cannot hold int" in refused.value.message()
    with pytest.raises(InferenceServerException, match="a valid token is needed"):
        client.infer("late", inputs(binary=True))


@pytest.mark.parametrize(
    "head",
    [
        b"this is not HTTP\r\n\r\n",
        b"GET /v2 HTTP/9.9\r\n\r\n",
        b"GET \xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32,  # TLS to a plain port
    ],
)
def test_what_is_no_http_is_refused_in_the_same_form(running: Running, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", running.told().port), 30) as connection:
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.getheader("content-type")) == (400, "application/json")
        assert answer.read() == b'{"error":"this is not an HTTP request"}'
