"""A deployment in containers of a real engine: answers, dies, is promoted, scaled, and leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from real.certificates import make_certificates
from real.docker import BASE, docker, dockerd_with_tls
from real.served import ask, close_project, listens, make_project, own_answer, promote
from real.sshd import ALIAS, Sshd, lead_ssh
from system.conftest import run_workbench
from unit.serving.conftest import Shelf, wait_for

from workbench.project.project import Project
from workbench.serving import deployments
from workbench.serving.recent import newest

SECONDS = 1200.0
"""The first time an image is built for the server."""

pytestmark = [pytest.mark.real("docker", "dockerd"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def project(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "5")
    made = make_project(tmp_path / "line", shelf, f'kind = "docker"\nbase = "{BASE}"')
    yield made
    close_project(made)


def left_of(deployment: str, host: str = "") -> list[str]:
    """Return the names of containers and volumes that are on the engine because of a deployment."""
    marks = ["--filter", f"label=workbench.deployment={deployment}"]
    containers = docker("ps", "--all", "--format", "{{.Names}}", *marks, host=host).split()
    volumes = docker("volume", "ls", "--format", "{{.Name}}", *marks, host=host).split()
    return [*containers, *volumes]


def inspect(deployment: str, words: str, host: str = "") -> str:
    return docker("inspect", "--format", words, f"workbench-deployment-{deployment}-0", host=host)


def test_a_deployment_in_containers_from_its_first_answer_to_its_end(
    project: Project, shelf: Shelf
) -> None:
    words = ("deploy", "create", "api", "--model", "late@production", "--target", "there")
    made = run_workbench(*words, "--detach", cwd=project.root).data["id"]
    wait_for(lambda: deployments.get(project, "api").state == "healthy", SECONDS)
    assert ask(project) == own_answer(shelf, 1)

    hardened = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}"
    assert inspect(made, hardened) == "true [ALL] [no-new-privileges:true]"
    assert inspect(made, "{{.HostConfig.RestartPolicy.Name}}") == "no"
    published = inspect(
        made, "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}"
    )
    assert published.split() == ["127.0.0.1"]

    docker("kill", f"workbench-deployment-{made}-0")
    down = wait_for(lambda: deployments.get(project, "api").restarts)
    assert down == 1
    wait_for(lambda: deployments.get(project, "api").state == "healthy")
    assert ask(project) == own_answer(shelf, 1)

    promote(project, 2)
    wait_for(lambda: deployments.get(project, "api").serving == "late@2")
    assert ask(project) == own_answer(shelf, 2)

    run_workbench("deploy", "scale", "api", "2", cwd=project.root)
    wait_for(lambda: len([name for name in left_of(made) if name.endswith(("-0", "-1"))]) == 2)
    wait_for(lambda: lives(project) == ["alive", "alive"])
    assert all(ask(project) == own_answer(shelf, 2) for _ in range(4))

    port = deployments.get(project, "api").port
    assert run_workbench("deploy", "stop", "api", cwd=project.root).data["state"] == "stopped"
    assert left_of(made) == []
    assert "workbench-serve" not in docker("network", "ls", "--format", "{{.Name}}").split()
    assert not listens(port)
    logged = newest(project.paths.deployment(made) / "predictions")
    assert {line.model for line in logged} == {"late@1", "late@2"}


@pytest.mark.real("sshd", "ssh", "ssh-keygen")
def test_a_deployment_on_an_engine_behind_ssh(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no network and no port there, is answered here, outlives every connection, leaves nothing."""
    server = Sshd(tmp_path / "sshd", environment={"PATH": os.environ["PATH"]})
    lead_ssh(server, tmp_path, monkeypatch)
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "5")
    engine = f'kind = "docker"\nbase = "{BASE}"\nengine = "ssh://{ALIAS}"'
    project = make_project(tmp_path / "line", shelf, engine)
    try:
        words = ("deploy", "create", "api", "--model", "late@production", "--target", "there")
        made = run_workbench(*words, "--detach", cwd=project.root).data["id"]
        wait_for(lambda: deployments.get(project, "api").state == "healthy", SECONDS)
        assert all(ask(project) == own_answer(shelf, 1) for _ in range(3))
        network = "{{.HostConfig.NetworkMode}} {{len .HostConfig.PortBindings}}"
        assert inspect(made, network) == "none 0"

        port = deployments.get(project, "api").port
        assert server.cut()
        wait_for(lambda: ask(project) == own_answer(shelf, 1))
        assert deployments.get(project, "api").port == port
        assert deployments.get(project, "api").restarts == 0, "the server itself went on"

        docker("kill", f"workbench-deployment-{made}-0")
        wait_for(lambda: deployments.get(project, "api").restarts)
        wait_for(lambda: deployments.get(project, "api").state == "healthy")
        assert ask(project) == own_answer(shelf, 1)

        assert run_workbench("deploy", "stop", "api", cwd=project.root).data["state"] == "stopped"
        assert left_of(made) == []
        assert not listens(port)
    finally:
        close_project(project)
        server.stop()


@pytest.mark.root
def test_a_deployment_on_an_engine_behind_tls(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same; and callers at once have their own answers, though each call is a TLS connection."""
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "5")
    keys = make_certificates(tmp_path)
    with dockerd_with_tls(keys, space="4g") as (engine, port):  # a runtime, twice while it is built
        where = "\n".join(
            [
                f'kind = "docker"\nbase = "{BASE}"\nengine = "tcp://127.0.0.1:{port}"',
                f'tls_ca = "{keys}/ca.pem"\ntls_cert = "{keys}/client.pem"',
                f'tls_key = "{keys}/client-key.pem"',
            ]
        )
        project = make_project(tmp_path / "line", shelf, where)
        try:
            words = ("deploy", "create", "api", "--model", "late@production", "--target", "there")
            made = run_workbench(*words, "--detach", cwd=project.root).data["id"]
            wait_for(lambda: deployments.get(project, "api").state == "healthy", SECONDS)
            network = "{{.HostConfig.NetworkMode}} {{len .HostConfig.PortBindings}}"
            assert inspect(made, network, engine.host) == "none 0"
            with ThreadPoolExecutor(4) as callers:
                answers = list(callers.map(lambda _: ask(project), range(40)))
            assert answers == [own_answer(shelf, 1)] * 40
            promote(project, 2)
            wait_for(lambda: ask(project) == own_answer(shelf, 2))

            stopped = run_workbench("deploy", "stop", "api", cwd=project.root)
            assert stopped.data["state"] == "stopped"
            assert left_of(made, engine.host) == []
        finally:
            close_project(project)


def lives(project: Project) -> list[str]:
    """Return how each process is."""
    found = deployments.observe(project, deployments.get(project, "api"))
    return [worker.process for worker in found.workers]
