"""A real server process fuzzed by its own description: no failure of ours, every answer as described.

The description is read, checked and turned into requests by schemathesis, which also judges the answers.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from prometheus_client.parser import text_string_to_metric_families as parse
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from workbench.ids import new_ulid
from workbench.serving.folder import Folder
from workbench.serving.routes import ROUTES

from .conftest import Running, Shelf

CASES = 20
"""Requests made for each of the dozen operations."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def running(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = Folder(tmp_path_factory.mktemp("server") / new_ulid())
    made = Running(folder, shelf.desired(1, ports=(28700, 28799)))
    made.until(lambda told: told.reference == "late@1")
    yield made
    made.stop()


def get(running: Running, path: str, token: str | None = None) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", running.told().port, timeout=30)
    given = token if token is not None else running.folder.read_token()
    connection.request("GET", path, headers={"Authorization": f"Bearer {given}"})
    answer = connection.getresponse()
    found = answer.status, answer.getheader("content-type") or "", answer.read()
    connection.close()
    return found


def test_the_description_is_fuzzed_and_holds(running: Running) -> None:
    status, kind, body = get(running, "/openapi.json")
    assert (status, kind) == (200, "application/json")
    described = json.loads(body)
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=f"http://127.0.0.1:{running.told().port}")
    headers = {"Authorization": f"Bearer {running.folder.read_token()}"}
    statuses: set[int] = set()
    asked = 0

    def judge(case: Any) -> None:
        nonlocal asked
        response = case.call(headers=headers, timeout=30)
        case.validate_response(response, checks=CHECKS)
        assert "Traceback" not in response.text
        statuses.add(response.status_code)
        asked += 1

    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in schemathesis.GenerationMode:
            case = operation.as_strategy(generation_mode=mode)
            try:
                check(case, judge)
            except schemathesis.errors.Unsatisfiable:
                continue  # there is no wrong way to ask this
    assert len(described["paths"]) == len(ROUTES)
    assert asked >= 100
    assert {200, 400} <= statuses
    assert statuses < {*range(200, 500), 503}
    assert "Traceback" not in running.folder.log.read_text()


def check(strategy: Any, judge: Any) -> None:
    """Let hypothesis make CASES requests, and shrink the one that fails."""
    from hypothesis import given

    limits = settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    limits(given(strategy)(judge))()


def test_the_example_in_the_description_is_answered(running: Running) -> None:
    described = json.loads(get(running, "/openapi.json")[2])
    example = described["components"]["schemas"]["InferenceRequest"]["examples"][0]
    connection = http.client.HTTPConnection("127.0.0.1", running.told().port, timeout=30)
    headers = {
        "Authorization": f"Bearer {running.folder.read_token()}",
        "Content-Type": "application/json",
    }
    connection.request("POST", "/v2/models/late/infer", json.dumps(example), headers)
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["model_name"]) == (200, "late")
    connection.close()


def test_metrics_as_a_scraper_reads_them(running: Running) -> None:
    status, kind, body = get(running, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    before = {f.name: f for f in parse(body.decode())}
    assert get(running, "/metrics", token="wrong" * 10)[0] == 401
    after = {f.name: f for f in parse(get(running, "/metrics")[2].decode())}

    def refused(families: Any) -> float:
        return sum(
            s.value for s in families["workbench_refused"].samples if s.labels["status"] == "401"
        )

    assert refused(after) == refused(before) + 1
    assert [s.value for s in after["workbench_workers"].samples] == [1]
