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
from prometheus_client.parser import text_string_to_metric_families as parse

from workbench.compute.identity import Identity
from workbench.compute.processes import look
from workbench.errors import BadInput, Conflict, NotFound, Unavailable, WorkbenchError
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.serving import calling, decide, deployments, wishes
from workbench.serving.creating import create
from workbench.serving.folder import Folder
from workbench.serving.recent import newest
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
    root = tmp_path / "project"
    init_project(root, "demo")
    settings = root / "workbench.toml"
    written = settings.read_text()
    # Ports of its own: tests that run beside it must not take one while a server comes again.
    assert "[8700, 8799]" in written
    settings.write_text(written.replace("[8700, 8799]", "[18700, 18799]"))
    made = open_project(root, via="test")
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
        there = Folder(project.paths.deployment(found.id))
        for seat in there.seats():
            who = there.at(seat).read_pid()
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
    made = create(project, "api", "late@production")
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
    assert create(project, "api", "late@2").id != made.id  # the name is free again


def test_a_fixed_version_stays_and_another_runner_takes_over(
    project: Project, watcher: Watcher
) -> None:
    create(project, "api", "late@1", token=False)
    until(watcher, "api", lambda d: d.state == "healthy")
    promote(project, 2)
    heir = Watcher(project)  # as a runner that starts after the first was killed
    assert heir.step() is True
    assert deployments.get(project, "api").serving == "late@1"
    assert not folder(project, "api").token.exists()
    assert deployments.call(project, "api", [ROW]).version == "1"
    deployments.stop(project, "api")
    until(heir, "api", lambda d: d.state == "stopped")


def kill(who: Identity | None) -> None:
    """Kill this very process and wait until it is gone."""
    assert who is not None
    assert look(who) == "alive"
    os.kill(who.pid, signal.SIGKILL)
    wait_for(lambda: look(who) != "alive")


def test_a_killed_server_is_started_again_on_its_port(project: Project, watcher: Watcher) -> None:
    create(project, "api", "late@1")
    healthy = until(watcher, "api", lambda d: d.state == "healthy")
    kill(folder(project, "api").read_pid())
    assert deployments.observe(project, healthy).process == "dead"
    waiting = until(watcher, "api", lambda d: d.state == "starting")
    assert waiting.reason.startswith(
        "started again in 1 s (crash 1 of 5): the server was ended by signal 9; its last line: "
    )
    assert "late@1 answers" in waiting.reason
    again = until(watcher, "api", lambda d: d.state == "healthy")
    assert (again.port, again.restarts, again.reason) == (healthy.port, 1, "")
    assert again.pid != healthy.pid
    assert deployments.call(project, "api", [ROW]).version == "1"
    # its pid file names somebody else now, this test: it is not taken for the server, nor signalled
    who = folder(project, "api").read_pid()
    kill(who)
    assert who is not None
    folder(project, "api").write_pid(Identity(os.getpid(), who.start, who.boot))
    heir = Watcher(project)
    assert deployments.observe(project, again).process == "reused"
    reused = until(heir, "api", lambda d: d.state == "starting")
    assert f"its pid {os.getpid()} belongs to another process now" in reused.reason
    deployments.stop(project, "api")
    until(heir, "api", lambda d: d.state == "stopped")  # and this test lives


def test_a_server_that_crashes_again_and_again_is_given_up(
    project: Project, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "back_off", lambda crashes: 0.0)
    create(project, "api", "late@1")
    seen: set[int] = set()
    for _ in range(decide.MOST_CRASHES + 1):

        def fresh() -> Identity | None:
            watcher.step()
            who = folder(project, "api").read_pid()
            return who if who and who.pid not in seen and look(who) == "alive" else None

        who = wait_for(fresh)
        seen.add(who.pid)
        kill(who)
    failed = until(watcher, "api", lambda d: d.state == "failed")
    assert failed.reason.startswith(
        "given up after 6 crashes in 10 minutes: the server was ended by"
    )
    assert failed.restarts == decide.MOST_CRASHES
    assert watcher.step() is False
    # resumed it begins anew; before that it cannot be scaled or suspended
    with pytest.raises(Conflict, match="api cannot be scaled"):
        wishes.scale(project, "api", 2)
    with pytest.raises(Conflict, match="api cannot be suspended"):
        wishes.suspend(project, "api")
    assert wishes.resume(project, "api").state == "starting"
    assert until(watcher, "api", lambda d: d.state == "healthy").reason == ""


def answering(project: Project, count: int) -> set[int]:
    """Call over so many connections; return the pids that counted requests since."""
    before = {w.pid: w.told.requests for w in workers(project) if w.told}
    for _ in range(count):
        deployments.call(project, "api", [ROW])
    return {w.pid for w in workers(project) if w.told and w.told.requests > before.get(w.pid, 0)}


def workers(project: Project) -> list[Any]:
    found = deployments.observe(project, deployments.get(project, "api"))
    return [worker for worker in found.workers if worker.process == "alive"]


def metric(project: Project, name: str) -> float:
    """Sum a metric as a scraper reads it, from whichever process answers."""
    _, caller = deployments.client(project, "api")
    with caller:
        families = parse(caller.get("/metrics").decode())
    return sum(s.value for family in families for s in family.samples if s.name == name)


def test_several_processes_answer_as_one(project: Project, watcher: Watcher) -> None:
    """Two processes on one port: they switch together, one dies, one goes, they rest and come back."""
    create(project, "api", "late@production", workers=2)
    healthy = until(watcher, "api", lambda d: d.state == "healthy" and d.serving)
    assert len({worker.pid for worker in workers(project)}) == 2
    assert {worker.told.port for worker in workers(project)} == {healthy.port}
    asked = 0
    answered: set[int] = set()
    while len(answered) < 2:  # a connection goes to either of them
        answered |= answering(project, 8)
        asked += 8
    wait_for(lambda: metric(project, "workbench_requests_total") == asked)
    wait_for(lambda: metric(project, "workbench_workers") == 2)
    wait_for(lambda: len(newest(folder(project, "api").predictions, 1000)) == asked)

    promote(project, 2)
    until(watcher, "api", lambda d: d.serving == "late@2")
    assert {worker.told.reference for worker in workers(project)} == {"late@2"}
    assert {deployments.call(project, "api", [ROW]).version for _ in range(10)} == {"2"}

    kill(folder(project, "api").at(1).read_pid())
    degraded = until(watcher, "api", lambda d: d.state == "degraded")
    assert degraded.reason.startswith("worker 2: started again in 1 s (crash 1 of 5): ")
    assert deployments.call(project, "api", [ROW]).version == "2"
    again = until(watcher, "api", lambda d: d.state == "healthy")
    assert (again.restarts, len(workers(project))) == (1, 2)
    total = deployments.observe(project, again).told
    assert total is not None
    assert total.requests >= asked

    wishes.scale(project, "api", 1)
    until(watcher, "api", lambda d: len(workers(project)) == 1)
    with pytest.raises(Conflict, match="api has 1 process already"):
        wishes.scale(project, "api", 1)
    with pytest.raises(BadInput, match="0 is not a number of processes"):
        wishes.scale(project, "api", 0)
    with pytest.raises(Conflict, match="api cannot be resumed"):
        wishes.resume(project, "api")

    wishes.suspend(project, "api")
    resting = until(watcher, "api", lambda d: d.state == "suspended")
    assert (resting.reason, workers(project)) == ("", [])
    assert watcher.step() is False
    with pytest.raises(Unavailable, match="api does not answer"):
        deployments.call(project, "api", [ROW])
    with pytest.raises(Conflict, match="There is a deployment api already"):
        create(project, "api", "late@1")
    wishes.resume(project, "api")
    back = until(Watcher(project), "api", lambda d: d.state == "healthy")
    assert (back.port, back.restarts) == (healthy.port, 1)
    assert deployments.call(project, "api", [ROW]).version == "2"


def test_a_port_in_use(project: Project, watcher: Watcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} is in use"):
            create(project, "api", "late@1", port=port)
    assert deployments.list_deployments(project) == []
    # free when it was asked for, taken when the server starts
    create(project, "api", "late@1", port=port)
    with socket.create_server(("127.0.0.1", port)):
        failed = until(watcher, "api", lambda d: d.state == "failed")
    assert f"Port {port} is in use" in failed.reason


def test_a_missing_model_file_fails_the_deployment(project: Project, watcher: Watcher) -> None:
    row = project.store.one("SELECT object FROM model_versions WHERE number = 1")
    assert row is not None
    project.store.objects.path(row["object"]).unlink()
    create(project, "api", "late@1")
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
    create(project, "taken", "late@1")
    with pytest.raises(kind) as refused:
        create(project, name, model)
    assert refused.value.code == code
    assert len(list(project.paths.deployments.iterdir())) == 1  # no folder is left behind


def test_references(project: Project) -> None:
    made = create(project, "api", "late")
    assert made.serves == "late@2"  # the newest, fixed
    assert deployments.get(project, made.id) == made
    assert deployments.get(project, made.id[-6:].lower()) == made
    with pytest.raises(NotFound, match="There is no deployment other"):
        deployments.get(project, "other")
    with pytest.raises(NotFound, match="There is no target moon"):
        create(project, "b", "late", target="moon")


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
