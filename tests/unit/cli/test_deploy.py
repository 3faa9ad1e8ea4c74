"""`workbench deploy` as it is typed, with the real runner and a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.records.models import ModelVersionRegistered
from workbench.training.signature import Field, Signature


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with delay@1: twice x plus one, found by least squares."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import Pipeline

    from plugins.formats.skops import FORMAT

    table = pl.DataFrame({"x": [0.0, 1.0, 2.0]})
    features = ColumnTransformer([("numbers", "passthrough", ["x"])])
    model = Pipeline([("features", features), ("line", LinearRegression())])
    path = tmp_path / "model.skops"
    FORMAT.dump(model.fit(table, [1.0, 3.0, 5.0]), path)
    made = init_project(tmp_path / "project", "demo")
    signature = Signature(
        task="regression",
        target="y",
        inputs=(Field(name="x", type="float", required=True),),
        outputs=(Field(name="prediction", type="float", required=True),),
    )
    made.store.append(
        ModelVersionRegistered(
            id=new_ulid(),
            model="delay",
            number=1,
            run=new_ulid(),
            object=made.store.objects.put_file(path),
            content=FORMAT.content(path),
            format="skops",
            bytes=path.stat().st_size,
            signature=msgspec.json.encode(signature).decode(),
        )
    )
    return made


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "workbench", "deploy", *arguments]
    return subprocess.run(
        [*command, "--project", str(project.root)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(project: Project, *arguments: str) -> Any:
    done = run(project, *arguments, "--json")
    body = json.loads(done.stdout)
    assert done.returncode == 0, body
    assert body["schema"] == f"workbench/deploy.{arguments[0]}@1"
    return body["data"]


def test_from_create_to_stop(project: Project) -> None:
    created = run(project, "create", "api", "--model", "delay@1")
    assert created.returncode == 0, created.stderr
    try:
        assert "api answers with delay@1 at http://127.0.0.1:" in created.stdout
        shown = answer(project, "show", "api", "--token")
        assert (shown["state"], shown["observed"]["process"]) == ("healthy", "alive")
        secret = shown["secret"]
        assert len(secret) >= 43
        assert secret not in created.stdout + created.stderr + run(project, "show", "api").stdout
        # the shell makes the right request of the line that it printed, and so does the server of that
        line = created.stdout.partition("or:")[2].strip().replace("curl", "printf '%s\\n'", 1)
        words = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        _, header, url = words.stdout.splitlines()
        assert header == f"Authorization: Bearer {secret}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {secret}"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            assert json.load(reply)["name"] == "delay"

        called = answer(project, "call", "api", "--row", '{"x": 10}', "--row", '{"x": -1.5}')
        assert [row["prediction"] for row in called["rows"]] == pytest.approx([21.0, -2.0])
        refused = run(project, "call", "api", "--row", '{"x": 1, "z": 2}')
        assert refused.returncode == 1
        assert "The model delay has no input z" in refused.stderr
        refused = run(project, "call", "api", "--row", "{}")
        assert "inputs[0].data[0] ('x'): null, but this column must have a value" in refused.stderr
        assert "There are no rows to predict" in run(project, "call", "api").stderr

        taken = run(project, "create", "other", "--model", "delay@1", "--port", str(shown["port"]))
        assert taken.returncode == 1
        assert f"Port {shown['port']} is in use" in taken.stderr
        asleep = answer(project, "suspend", "api")
        assert (asleep["state"], asleep["observed"]["process"]) == ("suspended", "none")
        assert "suspended" in run(project, "list").stdout
        refused = run(project, "suspend", "api")
        assert refused.returncode == 1
        assert "api cannot be suspended" in refused.stderr
        assert answer(project, "scale", "api", "2")["workers"] == 2
        again = answer(project, "resume", "api")
        assert (again["state"], again["port"]) == ("healthy", shown["port"])
        assert [w["process"] for w in again["observed"]["workers"]] == ["alive", "alive"]
        assert "2 of 2 up" in run(project, "show", "api").stdout

        [listed] = answer(project, "list")
        assert (listed["name"], listed["serves"]) == ("api", "delay@1")
        assert "delay@1 answers" in run(project, "logs", "api").stdout
    finally:
        stopped = run(project, "stop", "api")
    assert (stopped.returncode, stopped.stdout) == (0, "api is stopped.\n")
    assert answer(project, "list") == []
    assert answer(project, "show", "api")["observed"]["told"]["logged"] == 1
