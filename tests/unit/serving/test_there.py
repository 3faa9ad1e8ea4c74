"""Deployments on a target: a real agent in a process here with a home of its own, real servers there."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from real.pipes import Pipes
from real.served import listens

from workbench.compute import targets
from workbench.compute.contract import Pruned, Surroundings, Tell
from workbench.compute.identity import identify
from workbench.compute.processes import marked
from workbench.errors import BadInput, Conflict, NotFound, TargetError, Unavailable
from workbench.options import Value
from workbench.project.project import Project
from workbench.remote.agent.serving import MARK
from workbench.remote.target import RemoteTarget
from workbench.runtimes.runtime import Runtime
from workbench.serving import deployments, wishes
from workbench.serving.creating import create
from workbench.serving.forgetting import forget
from workbench.serving.recent import newest
from workbench.serving.watch import Watcher

from .conftest import Shelf, wait_for
from .test_deployments import ROW, folder, project, promote, until

assert project  # the fixture


class Whole(RemoteTarget):
    """A target on which all packages are there."""

    needs_runtime = False

    def ensure_runtime(self, runtime: Runtime | None, tell: Tell) -> str:
        return ""


class Bare:
    """A target that only runs jobs."""

    def close(self) -> None:
        pass


class Kind:
    """Opens one and the same target."""

    name, summary, options = "pipes", "a process here", ()

    def __init__(self, target: Any) -> None:
        self.target = target

    def open(self, name: str, options: Mapping[str, Value], around: Surroundings) -> Any:
        return self.target


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Pipes]:
    (tmp_path / "home").mkdir()
    made = Pipes(tmp_path / "home", sys.executable)
    yield made
    made.close()


@pytest.fixture
def target(
    project: Project, pipes: Pipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RemoteTarget]:
    """A target `there` of the project."""
    project.settings.targets["there"] = {"kind": "pipes"}
    made = Whole("there", pipes, Surroundings(tmp_path, "test"))
    monkeypatch.setattr(targets, "load_kind", lambda name: Kind(made))
    yield made
    targets.close_targets()


@pytest.fixture
def watcher(project: Project, target: RemoteTarget) -> Iterator[Watcher]:
    made = Watcher(project)
    yield made
    made.close(30)
    for found in deployments.list_deployments(project):
        for who in marked(MARK, found.id):
            os.kill(who.pid, signal.SIGKILL)


def there(pipes: Pipes, deployment: str) -> Path:
    return pipes.home / ".local/state/workbench/deployments" / deployment


def up(watcher: Watcher, model: str = "late@production", **more: Any) -> deployments.Deployment:
    create(watcher.project, "api", model, target="there", **more)
    return until(watcher, "api", lambda d: d.state == "healthy" and d.serving)


def test_it_answers_from_there_and_leaves_nothing_when_it_stops(
    project: Project, watcher: Watcher, pipes: Pipes, shelf: Shelf
) -> None:
    found = up(watcher)
    assert (found.target, found.serving) == ("there", "late@1")
    root = there(pipes, found.id)
    assert (root / "token").stat().st_mode & 0o777 == 0o600
    assert (root / "token").read_text().strip() == deployments.token_of(project, found)

    answers = deployments.call(project, "api", [ROW])
    [row] = answers.rows
    assert row["prediction"] == shelf.models[1].predict(table(ROW))[0]

    seen = deployments.observe(project, found)
    assert seen.process == "alive"
    assert found.pid is not None
    who = identify(found.pid)
    assert who is not None
    assert f"{MARK}={found.id}".encode() in Path(f"/proc/{who.pid}/environ").read_bytes()

    deployments.stop(project, "api")
    until(watcher, "api", lambda d: d.state == "stopped")
    assert not root.exists()
    assert marked(MARK, found.id) == []
    [logged] = newest(folder(project, "api").predictions)  # it was copied before it went
    assert logged.id == answers.id
    with pytest.raises(Unavailable):
        deployments.client(project, "api")


def table(row: Mapping[str, Any]) -> Any:
    from datetime import date

    import polars as pl

    typed = dict(row, day=date.fromisoformat(row["day"]))
    return pl.DataFrame([typed], schema_overrides={"at": pl.Datetime("us")})


def test_a_promotion_switches_the_server_there(
    project: Project, watcher: Watcher, pipes: Pipes
) -> None:
    first = up(watcher)
    second = promote(project, 2)
    until(watcher, "api", lambda d: d.serving == "late@2")
    assert deployments.call(project, "api", [ROW]).version == "2"
    served = project.store.one("SELECT * FROM promotions WHERE id = ?", [second])
    assert served is not None
    assert served["served_by"] == first.id
    assert served["serving_since"] >= served["promoted_at"]
    assert deployments.get(project, "api").pid == first.pid


def test_a_cut_connection_and_a_dead_runner_are_survived(
    project: Project, watcher: Watcher, pipes: Pipes
) -> None:
    found = up(watcher)
    pipes.cut()
    assert deployments.call(project, "api", [ROW]).version == "1"  # the port here goes on

    watcher.close(30)  # as far as the server can tell, the runner is dead
    assert found.pid is not None
    assert identify(found.pid) is not None
    again = Watcher(project)
    try:
        until(again, "api", lambda d: deployments.observe(project, d).process == "alive")
        wait_for(lambda: again.step() and answers(project))
        now = deployments.get(project, "api")
        assert (now.state, now.pid, now.port, now.restarts) == (
            "healthy",
            found.pid,
            found.port,
            0,
        )
    finally:
        again.close(30)


def answers(project: Project) -> bool:
    try:
        return deployments.call(project, "api", [ROW]).version == "1"
    except Unavailable:
        return False


def test_a_server_that_is_killed_there_is_started_again(project: Project, watcher: Watcher) -> None:
    found = up(watcher)
    assert found.pid is not None
    os.kill(found.pid, signal.SIGKILL)
    down = until(watcher, "api", lambda d: d.restarts)
    assert "signal 9" in down.reason
    back = until(watcher, "api", lambda d: d.state == "healthy")
    assert back.pid != found.pid
    assert back.port == found.port
    assert deployments.call(project, "api", [ROW]).version == "1"


def test_rest_scale_and_resume_there(project: Project, watcher: Watcher, pipes: Pipes) -> None:
    found = up(watcher, "late@1", workers=2)
    seen = deployments.observe(project, found)
    assert [worker.process for worker in seen.workers] == ["alive", "alive"]
    wishes.scale(project, "api", 1)

    def one() -> bool:
        watcher.step()
        return len(marked(MARK, found.id)) == 1

    wait_for(one)
    wishes.suspend(project, "api")
    until(watcher, "api", lambda d: d.state == "suspended")
    assert marked(MARK, found.id) == []
    assert there(pipes, found.id).is_dir()
    wishes.resume(project, "api")
    back = until(watcher, "api", lambda d: d.state == "healthy")
    assert back.restarts == 0
    assert deployments.call(project, "api", [ROW]).version == "1"


def test_a_target_that_does_not_answer_loses_it_until_it_does(
    project: Project, watcher: Watcher, pipes: Pipes
) -> None:
    found = up(watcher)
    shell, pipes.shell = pipes.shell, ("false",)
    pipes.cut()
    lost = until(watcher, "api", lambda d: d.state == "lost")
    assert "there" in lost.reason
    assert deployments.observe(project, lost).process == "unheard"
    with pytest.raises(Unavailable):
        deployments.client(project, "api")
    pipes.shell = shell
    back = until(watcher, "api", lambda d: d.state == "healthy")
    assert (back.pid, back.restarts) == (found.pid, 0)


def test_what_is_forgotten_ends_here_and_goes_there_when_it_is_reached_again(
    project: Project, watcher: Watcher, pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.serving.forgetting.wake_runner", lambda _: None)
    found = up(watcher)
    with pytest.raises(Conflict) as refusal:
        forget(project, "api")
    assert refusal.value.why == "the target there answers, so that it can be ended in order"
    assert refusal.value.fix == "workbench deploy stop api"
    assert not deployments.get(project, "api").stop_requested

    shell, pipes.shell = pipes.shell, ("false",)
    pipes.cut()
    until(watcher, "api", lambda d: d.state == "lost")
    deployments.stop(project, "api")  # in order: it waits
    for _ in range(5):
        watcher.step()
    assert deployments.get(project, "api").state == "lost"
    forget(project, "api")
    ended = until(watcher, "api", lambda d: d.state == "stopped")
    assert ended.left_there
    assert ended.reason.startswith("the target there was not asked, and what is there stays there:")
    assert watcher.step() is False  # nobody looks there any more
    wait_for(lambda: not listens(found.port))
    wait_for(lambda: not [t for t in threading.enumerate() if t.name == "deployment there"])
    assert marked(MARK, found.id) != []
    with pytest.raises(Conflict):
        forget(project, "api")

    with pytest.raises(TargetError):
        targets.prune(project, "there")
    assert deployments.get(project, "api").left_there
    pipes.shell = shell
    named = [Pruned("deployment", "api", 0)]
    assert list(targets.prune(project, "there", dry=True)) == named
    assert there(pipes, found.id).is_dir()
    assert list(targets.prune(project, "there")) == named
    assert not there(pipes, found.id).exists()
    assert marked(MARK, found.id) == []
    assert not deployments.get(project, "api").left_there
    assert targets.prune(project, "there") == ()


def test_one_that_is_to_be_forgotten_stops_in_order_when_its_target_answers_first(
    project: Project, watcher: Watcher, pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.serving.forgetting.wake_runner", lambda _: None)
    found = up(watcher)
    shell, pipes.shell = pipes.shell, ("false",)
    pipes.cut()
    until(watcher, "api", lambda d: d.state == "lost")
    forget(project, "api")
    pipes.shell = shell
    wait_for(lambda: len(marked(MARK, found.id)) == 1)
    again = Watcher(project)  # the runner was not there meanwhile
    try:
        ended = until(again, "api", lambda d: d.state == "stopped")
    finally:
        again.close(30)
    assert not ended.left_there
    assert not there(pipes, found.id).exists()
    assert marked(MARK, found.id) == []


def test_the_log_comes_back_byte_for_byte(project: Project, watcher: Watcher, pipes: Pipes) -> None:
    found = up(watcher)
    for _ in range(3):
        deployments.call(project, "api", [ROW])
    wait_for(lambda: len(newest(folder(project, "api").predictions)) == 3)
    root = there(pipes, found.id)
    wait_for(lambda: (root / "log").read_bytes() == folder(project, "api").log.read_bytes())
    for path in (root / "predictions").iterdir():
        assert (folder(project, "api").predictions / path.name).read_bytes() == path.read_bytes()
    told = deployments.observe(project, found).told
    assert told is not None
    assert told.port == found.port
    metrics = wait_for(lambda: [m for m in folder(project, "api").all_metrics() if m.requests == 3])
    assert metrics


def test_a_target_that_cannot_serve_says_so(project: Project) -> None:
    with pytest.raises(NotFound):
        create(project, "api", "late@1", target="nowhere")


def test_a_kind_without_servers_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.settings.targets["jobs-only"] = {"kind": "bare"}
    monkeypatch.setattr(targets, "load_kind", lambda name: Kind(Bare()))
    with pytest.raises(Unavailable) as refusal:
        create(project, "api", "late@1", target="jobs-only")
    assert refusal.value.code == "deployment.target"
    assert deployments.list_deployments(project) == []


def test_it_does_not_listen_on_other_addresses(project: Project, target: RemoteTarget) -> None:
    with pytest.raises(BadInput):
        create(project, "api", "late@1", target="there", host="0.0.0.0")
