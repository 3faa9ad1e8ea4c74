"""Compute by keys alone, in a real terminal: a target added, checked and used; away, back, another stopped.

Every key is one that a person would press, every wait is for something that a person would see.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from late_project import late_project
from real.sshd import ALIAS, Sshd, fingerprint

from tests.terminal import Terminal, workbench
from workbench.compute.jobs import cancel, get_job
from workbench.compute.targets import list_targets
from workbench.compute.waiting import wait
from workbench.project.project import Project, open_project
from workbench.states import JOB_ENDED

pytestmark = [pytest.mark.real("tmux"), pytest.mark.timeout(900)]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with a table and an experiment; what it left running is stopped afterwards."""
    made = late_project(tmp_path / "lab", folds=20)
    yield made
    for row in made.store.query("SELECT id, state FROM jobs"):
        if row["state"] not in JOB_ENDED:
            cancel(made, row["id"])
            wait(made, row["id"])


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A machine that is reached over SSH as `there`."""
    server = Sshd(tmp_path / "sshd", environment={"XDG_STATE_HOME": str(tmp_path / "far")})
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    yield server
    server.stop()


@pytest.mark.real("sshd", "ssh", "ssh-keygen")
def test_a_run_is_sent_to_a_target_and_outlives_the_terminal(
    server: Sshd, project: Project
) -> None:
    with Terminal(workbench(project.root), columns=100, rows=30) as terminal:
        terminal.wait("Nothing needs attention")
        add(terminal, "far", "ssh", host=ALIAS)
        terminal.press("w")
        terminal.wait("far can run jobs.")
        train(terminal, "r_1", target="far")
        terminal.press("6")
        terminal.wait("◑ running", "far", seconds=300)  # its packages are fetched there first
    # The terminal is gone, with everything in it. The job is not:
    job = get_job(project, "j_1")
    assert (job.state, job.target) == ("running", "far")
    with Terminal(workbench(project.root), columns=100, rows=30) as terminal:
        terminal.wait("◑ running")
        terminal.press("6")
        terminal.wait("◑ running", "far", "1/1")
        terminal.wait("Now", "folds")
        train(terminal, "r_2", target="local")
        terminal.press("6")
        terminal.wait("j_2   ◑ running", "j_1   ◑ running")
        terminal.press("g")
        terminal.wait("r_2   i goes there")
        terminal.press("x")
        terminal.wait("Cancel j_2?")
        terminal.press("BTab", "Enter")
        terminal.wait("j_2 is asked to stop.")
        terminal.wait("j_2   ⊘ cancelled", "j_1   ◑ running")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert get_job(project, "j_1").state == "running"


@pytest.mark.real("sshd", "ssh", "ssh-keygen")
def test_a_host_is_trusted_by_its_fingerprint_and_checked(server: Sshd, project: Project) -> None:
    server.known_hosts.unlink()
    with Terminal(workbench(project.root), columns=100, rows=30) as terminal:
        terminal.wait("Nothing needs attention")
        add(terminal, "far", "ssh", host=ALIAS)
        terminal.press("w")
        terminal.wait("Trust ", fingerprint(server.host_key))
        assert not server.known_hosts.exists()
        terminal.press("Enter")  # Cancel has the focus
        terminal.wait_gone("Trust it")
        assert not server.known_hosts.exists()
        terminal.press("w")
        terminal.wait("Trust ", fingerprint(server.host_key))
        terminal.press("BTab", "Enter")
        terminal.wait("far can run jobs")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert server.known_hosts.read_text().count("ssh-ed25519") == 1
    with Terminal(workbench(project.root), columns=100, rows=30) as terminal:
        terminal.wait("6 Compute", "far", "● ok")  # known on return, without asking
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert [row.name for row in list_targets(open_project(project.root, via="test"))] == [
        "local",
        "far",
    ]


def add(terminal: Terminal, name: str, kind: str, *, host: str = "") -> None:
    """Write a target down: its kind, its name, its options, the button."""
    terminal.press("6")
    terminal.wait("Targets 1", "● ok")
    terminal.press("n")
    terminal.wait("of which kind?", "local")
    terminal.press("/")
    terminal.type(kind)
    terminal.press("Enter")
    terminal.wait("› ", kind)
    terminal.press("Enter")
    terminal.wait("Add a target: " + kind)
    terminal.type(name)
    terminal.wait(f"workbench target add {name} --kind {kind}")
    tabs = 3  # slots, for, the button
    if host:
        terminal.press("Tab")
        terminal.type(host)
        terminal.wait(f"--host {host}")
        tabs = 9  # user, port, key, jump, python, folder, project folder, slots, for
    terminal.press(*["Tab"] * (tabs + bool(host)), "Enter")
    terminal.wait(f"{name} is added. w checks it.")


def train(terminal: Terminal, run: str, *, target: str) -> None:
    """Start a run that takes long: more trees, and where it goes."""
    terminal.press("3")
    terminal.wait("Experiments")
    terminal.press("t")
    terminal.wait("which trainer?", "hgb")
    terminal.press("Enter")
    terminal.wait("$ workbench run train late")
    terminal.press("Tab", "Tab", "Tab")  # from the button to Cancel, and round to the second field
    terminal.press("C-u")
    terminal.type("100000")
    terminal.wait("max_iter=100000")
    if target != "local":
        terminal.press(*["BTab"] * 7, "Right")
        terminal.wait(f"--target {target}")
        terminal.press(*["Tab"] * 4)
    else:
        terminal.press(*["BTab"] * 3)
    terminal.press("Enter")
    terminal.wait(f"{run} is queued.")
