"""A deployment behind a real sshd, by the real command line: answers, cuts, promotions, its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from real.served import ask, close_project, end_runner, listens, make_project, own_answer, promote
from real.sshd import ALIAS, Sshd
from system.conftest import run_workbench
from unit.serving.conftest import Shelf, wait_for

from workbench.compute.processes import marked
from workbench.compute.wake import wake_runner
from workbench.project.project import Project
from workbench.remote.agent.serving import MARK
from workbench.serving import deployments
from workbench.serving.recent import newest

SECONDS = 1200.0
"""The first time the packages of a server are brought there."""

pytestmark = [pytest.mark.real("sshd", "ssh", "ssh-keygen"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def project(
    sshd: Sshd, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(sshd.client))
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "5")
    made = make_project(tmp_path / "line", shelf, f'kind = "ssh"\nhost = "{ALIAS}"')
    yield made
    close_project(made)
    for found in deployments.list_deployments(made):
        for who in marked(MARK, found.id):
            os.kill(who.pid, signal.SIGKILL)


def test_a_deployment_over_ssh_from_its_first_answer_to_its_end(
    project: Project, sshd: Sshd, shelf: Shelf
) -> None:
    words = ("deploy", "create", "api", "--model", "late@production", "--target", "there")
    made = run_workbench(*words, "--detach", cwd=project.root).data
    wait_for(lambda: deployments.get(project, "api").state == "healthy", SECONDS)
    found = deployments.get(project, "api")
    root = sshd.folder / "state/workbench/deployments" / made["id"]
    there = msgspec.json.decode((root / "serving.json").read_bytes())
    assert there["port"] != found.port
    assert ask(project) == own_answer(shelf, 1)

    assert sshd.cut() > 0
    assert wait_for(lambda: ask(project)) == own_answer(shelf, 1)

    promote(project, 2)
    wait_for(lambda: deployments.get(project, "api").serving == "late@2")
    assert ask(project) == own_answer(shelf, 2)

    end_runner(project, signal.SIGKILL)
    wait_for(lambda: not listens(found.port))
    assert listens(there["port"])  # the server does not need it
    wake_runner(project)
    assert wait_for(lambda: ask(project)) == own_answer(shelf, 2)
    now = deployments.get(project, "api")
    assert (now.pid, now.port, now.restarts) == (found.pid, found.port, 0)

    assert run_workbench("deploy", "stop", "api", cwd=project.root).data["state"] == "stopped"
    assert not root.exists()
    assert marked(MARK, found.id) == []
    assert not listens(there["port"])
    assert not listens(found.port)
    logged = newest(project.paths.deployment(found.id) / "predictions")
    assert {line.model for line in logged} == {"late@1", "late@2"}


def test_one_whose_machine_is_gone_is_forgotten_and_cleared_away_when_that_comes_back(
    project: Project, sshd: Sshd
) -> None:
    words = ("deploy", "create", "api", "--model", "late@production", "--target", "there")
    made = run_workbench(*words, "--detach", cwd=project.root).data
    wait_for(lambda: deployments.get(project, "api").state == "healthy", SECONDS)
    found = deployments.get(project, "api")
    root = sshd.folder / "state/workbench/deployments" / made["id"]
    forget = ("deploy", "stop", "api", "--forget")
    refused = run_workbench(*forget, cwd=project.root).error
    assert refused["why"] == "the target there answers, so that it can be ended in order"
    assert refused["fix"] == "workbench deploy stop api"

    sshd.stop()
    try:
        wait_for(lambda: deployments.get(project, "api").state == "lost")
        stopped = run_workbench(*forget, cwd=project.root).data
        assert (stopped["state"], stopped["left_there"]) == ("stopped", True)
        assert stopped["reason"].startswith("the target there was not asked")
        wait_for(lambda: not listens(found.port))
        assert len(marked(MARK, found.id)) == 1  # it goes on there
        end_runner(project, signal.SIGTERM)
    finally:
        sshd.start()
    wake_runner(project)  # for whatever else: it looks there once
    wait_for(lambda: not deployments.get(project, "api").left_there)
    assert not root.exists()
    assert marked(MARK, found.id) == []
