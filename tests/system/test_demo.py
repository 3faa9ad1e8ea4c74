"""The demo from the installed wheel, in an empty folder, without a network, and again on what it made."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Answer, Run

ROOT = Path(__file__).parents[2]

NO_NETWORK = """
import os, socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
        with open(os.environ["CALLS"], "a") as log: log.write(repr(address) + "\\n")
        raise OSError(101, "Network is unreachable")
    return _connect(self, address)
socket.socket.connect = connect
def getaddrinfo(host, *more, _real=socket.getaddrinfo, **named):
    if host not in ("127.0.0.1", "::1", "localhost"):
        with open(os.environ["CALLS"], "a") as log: log.write(repr(host) + "\\n")
        raise socket.gaierror(-3, "Temporary failure in name resolution")
    return _real(host, *more, **named)
socket.getaddrinfo = getaddrinfo
"""
"""A sitecustomize for every Python process of the demo: nothing beyond this machine can be reached."""


@dataclass(frozen=True)
class Installed:
    """The wheel, unpacked in a folder of its own: what pip does with a wheel of pure Python."""

    folder: Path
    calls: Path
    wheel: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self.folder), "CALLS": str(self.calls)}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    base = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(base)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = base.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(base / "site")
    (base / "site" / "sitecustomize.py").write_text(NO_NETWORK)
    code = "import workbench; print(workbench.__file__)"
    environment = os.environ | {"PYTHONPATH": str(base / "site")}
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.startswith(str(base))  # not the clone's
    return Installed(base / "site", base / "calls", wheel)


def test_the_wheel_is_small_and_has_everything(installed: Installed) -> None:
    assert installed.wheel.stat().st_size < 15_000_000
    with zipfile.ZipFile(installed.wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "workbench",
        "screens",
        "plugins",
        "sample_data",
    }
    for package in ("workbench", "screens", "plugins", "sample_data"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert str(path.relative_to(ROOT)) in names


@pytest.fixture
def folder(tmp_path: Path, installed: Installed, workbench: Run) -> Iterator[Path]:
    """An empty folder; whatever was deployed in it is stopped afterwards."""
    yield tmp_path
    if (tmp_path / "made").is_dir():
        words = ("deploy", "stop", "delay", "--project", tmp_path / "made")
        workbench(*words, cwd=tmp_path, environment=installed.environment)


@pytest.mark.timeout(900)
def test_the_whole_line_and_again(folder: Path, installed: Installed, workbench: Run) -> None:
    def run(*words: str | Path) -> Answer:
        return workbench(*words, cwd=folder, environment=installed.environment)

    made = run("demo", "made")
    data = made.data
    assert made.json["schema"] == "workbench/project.demo@1"
    assert data["versions"] == ["flights@1", "flights@2"]
    assert data["runs"] == {"dummy": "r_1", "linear": "r_2", "hgb": "r_3"}
    assert data["models"] == ["delay@1", "delay@2"]
    assert data["promoted"] == "delay@2"
    assert [answer["version"] for answer in data["answers"]] == ["delay@1", "delay@2"]
    for answer in data["answers"]:
        outputs = answer["outputs"]
        assert outputs["probability_true"] + outputs["probability_false"] == pytest.approx(1)
    assert "[1/8] project flights-demo started" in made.err
    assert "[8/8]" in made.err
    assert not installed.calls.exists(), installed.calls.read_text()

    # It stands as its own commands, and any HTTP client, find it.
    project = folder / "made"
    at = ("--project", project)
    assert run("audit", "verify", *at).status == 0
    report = run("run", "report", "r_3", *at)
    assert report.status == 0
    assert "roc_auc" in report.out
    server = http.client.HTTPConnection("127.0.0.1", data["deployment"]["port"], timeout=30)
    (token,) = project.glob(".workbench/deployments/*/token")
    headers = {"Authorization": f"Bearer {token.read_text().strip()}"}
    server.request("GET", "/v2/health/ready", headers=headers)
    assert server.getresponse().status == 200
    server.close()

    # Again: nothing is made twice.
    again = run("demo", "made").data
    assert {name: again[name] for name in ("versions", "runs", "models", "promoted")} == {
        name: data[name] for name in ("versions", "runs", "models", "promoted")
    }
    assert again["deployment"] == data["deployment"]
    assert len(run("run", "list", *at).data) == 3

    # After its deployment was stopped it is deployed again.
    assert run("deploy", "stop", "delay", *at).status == 0
    third = run("demo", "made").data
    assert [answer["version"] for answer in third["answers"]] == ["delay@2", "delay@2"]
    assert len(run("model", "history", "delay", *at).data) == 2

    # What a person rolled back stays so.
    rolled = run("model", "rollback", "delay", "--env", "production", "--reason", "test", *at)
    assert rolled.status == 0, rolled.out
    fourth = run("demo", "made").data
    assert fourth["promoted"] == "delay@1"
    assert [answer["version"] for answer in fourth["answers"]] == ["delay@1", "delay@1"]
    assert not installed.calls.exists(), installed.calls.read_text()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, workbench: Run) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    answer = workbench("demo", tmp_path)
    assert answer.status == 1
    assert answer.error == {
        "code": "demo.folder",
        "what": "The demo needs a folder of its own",
        "where": str(tmp_path),
        "why": "there is something else in it",
        "fix": "Name an empty folder, or one that does not exist yet",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_another_project_is_left_alone(tmp_path: Path, workbench: Run) -> None:
    assert workbench("init", tmp_path, "--name", "other").status == 0
    answer = workbench("demo", tmp_path)
    assert (answer.error["code"], answer.error["why"]) == (
        "demo.folder",
        "its name is other, the demo's is flights-demo",
    )
    assert workbench("data", "list", "--project", tmp_path).data == []
