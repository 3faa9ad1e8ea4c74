"""Deployments in a real project: the runner's step, real servers, promotions, deaths."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from workbench.compute.processes import Identity, identify, look
from workbench.errors import BadInput, Conflict, NotFound, Unavailable, WorkbenchError
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.serving import calling, deployments
from workbench.serving.folder import Folder
from workbench.serving.watch import Watcher

from .conftest import Shelf, wait_for

ROW = {"n": 1, "x": 2.5, "flag": True, "kind": "a", "day": "2024-01-02", "at": None}


def promote(project: Project, number: int, action: str = "promote") -> str:
    row = project.store.one("SELECT id FROM model_versions WHERE number = ?", [number])
    assert row is not None
    made = new_ulid()
    project.store.append(
        PromotionMade(
            id=made,
            model="late",
            version=row["id"],
            number=number,
            environment="production",
            action=action,
            reason="for the test",
        )
    )
    return made


@pytest.fixture
def project(tmp_path: Path, shelf: Shelf) -> Project:
    """A project with late@1 and late@2, the first of them in production."""
    made = init_project(tmp_path / "project", "demo")
    for number in (1, 2):
        wanted = shelf.desired(number)
        stored = made.store.objects.put_file(Path(wanted.path))
        made.store.append(
            ModelVersionRegistered(
                id=new_ulid(),
                model="late",
                number=number,
                run=new_ulid(),
                object=stored,
                content=wanted.content,
                format="skops",
                bytes=1,
                signature=msgspec.json.encode(wanted.signature).decode(),
            )
        )
    promote(made, 1)
    return made


@pytest.fixture
def watcher(project: Project) -> Iterator[Watcher]:
    made = Watcher(project)
    yield made
    for found in deployments.list_deployments(project):
        who = Folder(project.paths.deployment(found.id)).read_pid()
        if who and look(who) == "alive":
            os.kill(who.pid, signal.SIGKILL)


def until(
    watcher: Watcher, name: str, condition: Callable[[deployments.Deployment], Any]
) -> deployments.Deployment:
    """Step as the runner does until the deployment fulfils `condition`."""

    def look_again() -> deployments.Deployment | None:
        watcher.step()
        found = deployments.get(watcher.project, name)
        return found if condition(found) else None

    found: deployments.Deployment = wait_for(look_again)
    return found


def folder(project: Project, name: str) -> Folder:
    return Folder(project.paths.deployment(deployments.get(project, name).id))


def test_a_follower_switches_on_promotion_and_rollback(project: Project, watcher: Watcher) -> None:
    made = deployments.create(project, "api", "late@production")
    assert (made.state, made.environment, made.version) == ("starting", "production", None)
    first = until(watcher, "api", lambda d: d.state == "healthy" and d.serving)
    assert (first.serves, first.serving) == ("late@production", "late@1")
    assert first.url == f"http://127.0.0.1:{first.port}"
    assert deployments.call(project, "api", [ROW]).version == "1"

    second = promote(project, 2)
    until(watcher, "api", lambda d: d.serving == "late@2")
    assert deployments.call(project, "api", [ROW]).version == "2"
    served = project.store.one("SELECT * FROM promotions WHERE id = ?", [second])
    assert served is not None
    assert served["served_by"] == first.id
    assert served["serving_since"] >= served["promoted_at"]

    third = promote(project, 1, "rollback")
    back = until(watcher, "api", lambda d: d.serving == "late@1")
    assert (back.state, back.pid) == ("healthy", first.pid)
    row = project.store.one("SELECT served_by FROM promotions WHERE id = ?", [third])
    assert row == {"served_by": first.id}

    changed = project.store.changed()
    assert all(watcher.step() for _ in range(20))
    assert project.store.changed() == changed  # nothing new, nothing written

    deployments.stop(project, "api")
    gone = until(watcher, "api", lambda d: d.state == "stopped")
    assert gone.reason == ""
    assert deployments.observe(project, gone).process == "dead"
    assert watcher.step() is False
    with pytest.raises(Conflict, match="api is stopped already"):
        deployments.stop(project, "api")
    with pytest.raises(Unavailable, match="api does not answer"):
        deployments.call(project, "api", [ROW])
    assert deployments.create(project, "api", "late@2").id != made.id  # the name is free again


def test_a_fixed_version_stays_and_another_runner_takes_over(
    project: Project, watcher: Watcher
) -> None:
    deployments.create(project, "api", "late@1", token=False)
    until(watcher, "api", lambda d: d.state == "healthy")
    promote(project, 2)
    heir = Watcher(project)  # as a runner that starts after the first was killed
    assert heir.step() is True
    assert deployments.get(project, "api").serving == "late@1"
    assert not folder(project, "api").token.exists()
    assert deployments.call(project, "api", [ROW]).version == "1"
    deployments.stop(project, "api")
    until(heir, "api", lambda d: d.state == "stopped")


def test_a_killed_server_is_failed_with_the_signal(project: Project, watcher: Watcher) -> None:
    deployments.create(project, "api", "late@1")
    healthy = until(watcher, "api", lambda d: d.state == "healthy")
    assert healthy.pid is not None
    os.kill(healthy.pid, signal.SIGKILL)
    wait_for(lambda: identify(healthy.pid or 0) is None)
    assert deployments.observe(project, healthy).process == "dead"
    failed = until(watcher, "api", lambda d: d.state == "failed")
    assert "signal 9" in failed.reason
    assert "late@1 answers" in failed.reason  # its last line
    assert watcher.step() is False
    deployments.stop(project, "api")
    until(watcher, "api", lambda d: d.state == "stopped")


def test_a_reused_pid_is_not_taken_for_the_server(project: Project, watcher: Watcher) -> None:
    """The pid file names a process number that is somebody else's by now: this test's own."""
    deployments.create(project, "api", "late@1")
    healthy = until(watcher, "api", lambda d: d.state == "healthy")
    who = folder(project, "api").read_pid()
    assert who is not None
    os.kill(who.pid, signal.SIGKILL)
    folder(project, "api").write_pid(Identity(os.getpid(), who.start, who.boot))
    heir = Watcher(project)
    assert deployments.observe(project, healthy).process == "reused"
    failed = until(heir, "api", lambda d: d.state == "failed")
    assert f"its pid {os.getpid()} belongs to another process now" in failed.reason
    deployments.stop(project, "api")
    until(heir, "api", lambda d: d.state == "stopped")  # and this test lives


def test_a_port_in_use(project: Project, watcher: Watcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} is in use"):
            deployments.create(project, "api", "late@1", port=port)
    assert deployments.list_deployments(project) == []
    # free when it was asked for, taken when the server starts
    deployments.create(project, "api", "late@1", port=port)
    with socket.create_server(("127.0.0.1", port)):
        failed = until(watcher, "api", lambda d: d.state == "failed")
    assert f"Port {port} is in use" in failed.reason


def test_a_missing_model_file_fails_the_deployment(project: Project, watcher: Watcher) -> None:
    row = project.store.one("SELECT object FROM model_versions WHERE number = 1")
    assert row is not None
    project.store.objects.path(row["object"]).unlink()
    deployments.create(project, "api", "late@1")
    failed = until(watcher, "api", lambda d: d.state == "failed")
    assert "An object of this project is missing" in failed.reason


@pytest.mark.parametrize(
    ("name", "model", "kind", "code"),
    [
        ("Api", "late@1", BadInput, "name"),
        ("latest", "late@1", BadInput, "name"),
        ("api", "late@9", NotFound, "model.version"),
        ("api", "other@1", NotFound, "model.none"),
        ("api", "late@staging", NotFound, "model.not_promoted"),
        ("api", "late@moon", NotFound, "environment"),
        ("taken", "late@1", Conflict, "deployment.name"),
    ],
)
def test_refused_creations(
    project: Project, name: str, model: str, kind: type[WorkbenchError], code: str
) -> None:
    deployments.create(project, "taken", "late@1")
    with pytest.raises(kind) as refused:
        deployments.create(project, name, model)
    assert refused.value.code == code
    assert len(list(project.paths.deployments.iterdir())) == 1  # no folder is left behind


def test_references(project: Project) -> None:
    made = deployments.create(project, "api", "late")
    assert made.serves == "late@2"  # the newest, fixed
    assert deployments.get(project, made.id) == made
    assert deployments.get(project, made.id[-6:].lower()) == made
    with pytest.raises(NotFound, match="There is no deployment other"):
        deployments.get(project, "other")
    with pytest.raises(NotFound, match="There is no target moon"):
        deployments.create(project, "b", "late", target="moon")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (b'{"x": 1}', [{"x": 1}]),
        (b'[{"x": 1}, {"x": null}]', [{"x": 1}, {"x": None}]),
        (b'{"x": 1}\n{"x": 2}\n', [{"x": 1}, {"x": 2}]),
    ],
)
def test_rows_as_typed(text: bytes, rows: list[dict[str, Any]]) -> None:
    assert calling.parse_rows(text, "--row") == rows


@pytest.mark.parametrize("text", [b"x=1", b"[1]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_row(text: bytes) -> None:
    with pytest.raises(BadInput, match="These are not rows"):
        calling.parse_rows(text, "--row")
