"""`workbench target prune` on a target behind a real agent, in a home of its own on this machine."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from real.pipes import Pipes

from workbench.cli.target import group
from workbench.compute.contract import Surroundings
from workbench.project.project import init_project
from workbench.remote.target import RemoteTarget


@pytest.fixture
def objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a target's objects: one is 40 days old, one 5."""
    project = init_project(tmp_path / "line", "line")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    (tmp_path / "home").mkdir()
    pipes = Pipes(tmp_path / "home", sys.executable)
    target = RemoteTarget("there", pipes, Surroundings(tmp_path, "test"))
    opened = "workbench.compute.targets.open_target"
    monkeypatch.setattr(opened, lambda project, name, ask=None: target)
    folder = tmp_path / "home/.local/state/workbench/objects"
    folder.mkdir(parents=True)
    for digit, days in (("a", 40), ("b", 5)):
        path = folder / (digit * 64)
        path.write_bytes(b"x" * 2048)
        when = time.time() - days * 86400
        os.utime(path, (when, when))
    yield folder
    target.close()
    pipes.close()


def run(*words: str) -> str:
    result = CliRunner().invoke(group, ["prune", "there", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def left(objects: Path) -> list[str]:
    return sorted(path.name[0] for path in objects.iterdir())


def test_first_named_then_removed(objects: Path) -> None:
    shown = run("--dry-run")
    assert "object" in shown
    assert "a" * 40 in shown
    assert "2.0 KiB would go; leave out --dry-run." in shown
    assert left(objects) == ["a", "b"]
    assert "2.0 KiB are gone." in run()
    assert left(objects) == ["b"]
    assert run() == "Nothing on there is unused for so long.\n"


def test_days_and_json(objects: Path) -> None:
    body = json.loads(run("--older-than", "3", "--json"))
    assert body["schema"] == "workbench/target.prune@1"
    rows = [(row["kind"], row["name"][0], row["bytes"]) for row in body["data"]["pruned"]]
    assert rows == [("object", "a", 2048), ("object", "b", 2048)]
    assert body["data"]["dry_run"] is False
    assert left(objects) == []


def test_here_there_is_nothing_to_prune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = init_project(tmp_path / "line", "line")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    result = CliRunner().invoke(group, ["prune", "local", "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)["data"]["pruned"] == []
