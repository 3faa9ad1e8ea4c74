"""After success, failure, cancel and loss nothing of ours is left on a machine behind a real sshd.

What is there is read from /proc here, not by the code that is tried: processes by their environment
(the session's own folder, a job's or a deployment's mark), listening ports by /proc/net/tcp and the
sockets that those processes hold.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.firewall import Firewall
from real.served import close_project, end_runner, make_project
from real.sshd import ALIAS, Sshd
from unit.serving.conftest import Shelf

from workbench.compute.jobs import Job, cancel, get_job, queue
from workbench.compute.staging import read_stage
from workbench.compute.wake import wake_runner
from workbench.project.project import Project
from workbench.remote.agent.serve import QUIET
from workbench.serving import deployments
from workbench.serving.creating import create
from workbench.testing.compute import wait_for
from workbench.testing.work import work_spec, write_package

pytestmark = [pytest.mark.real("sshd", "ssh", "ssh-keygen"), pytest.mark.timeout(1800)]

PATIENCE = 1200.0
"""The first time the packages of a server are brought there."""
LISTEN = "0A"


class There:
    """What is seen from outside of the machine behind `sshd`."""

    def __init__(self, sshd: Sshd) -> None:
        self.sshd = sshd
        self.home = sshd.folder / "state"
        self.seen: set[int] = set()
        """Ports on which something of ours listened at some moment."""

    def processes(self, *marks: str) -> set[int]:
        """Return who was started by a session there, or carries one of `marks`."""
        wanted = (f"XDG_STATE_HOME={self.home}".encode(), *(mark.encode() for mark in marks))
        found = set()
        for path in Path("/proc").glob("[0-9]*"):
            try:
                words = (path / "environ").read_bytes().split(b"\0")
                command = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if any(word in words for word in wanted) or str(self.home).encode() in command:
                found.add(int(path.name))
        return found - {os.getpid()}

    def ports(self, processes: set[int]) -> set[int]:
        """Return where these processes listen."""
        sockets = set()
        for pid in processes:
            try:
                for link in Path(f"/proc/{pid}/fd").iterdir():
                    sockets.add(str(link.readlink()))
            except OSError:
                continue
        found = {port for inode, port in listening() if f"socket:[{inode}]" in sockets}
        self.seen |= found
        return found

    def left(self, *marks: str) -> dict[str, object]:
        """Return all that is there of ours; empty where nothing is."""
        processes = self.processes(*marks)
        folders = [
            path
            for kind in ("jobs", "deployments")
            for path in (self.home / "workbench" / kind).glob("*")
        ]
        listens = {port for _, port in listening()} & self.seen
        parts = {
            "processes": {pid: command(pid) for pid in processes},
            "ports": self.ports(processes) | listens,
            "folders": folders,
            "sessions": self.sshd.sessions(),
            "half": list((self.home / "workbench").rglob("*.part")),
        }
        return {name: part for name, part in parts.items() if part}

    def reboot(self, *marks: str) -> None:
        """End everything there at once, as a machine does that falls over; then it is back."""
        self.sshd.stop()
        while found := self.processes(*marks):
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        self.sshd.start()


def listening() -> set[tuple[str, int]]:
    """Return inode and port of every socket that listens, as the kernel lists them."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == LISTEN:
                found.add((words[9], int(words[1].rpartition(":")[2], 16)))
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:200]
    except OSError:
        return ""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    server.write_client("ServerAliveInterval 1", "ServerAliveCountMax 2", "ConnectTimeout 3")
    yield There(server)
    server.stop()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def project(
    there: There, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    packages = write_package(tmp_path / "packages")
    monkeypatch.setenv("PYTHONPATH", str(packages))
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(there.sshd.client))
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "30")
    made = make_project(tmp_path / "line", shelf, f'kind = "ssh"\nhost = "{ALIAS}"')
    yield made
    close_project(made)


def mark(job: str) -> str:
    return f"WORKBENCH_JOB={job}"


def until(project: Project, job: str, *states: str) -> Job:
    def look() -> Job:
        wake_runner(project)
        return get_job(project, job)

    return wait_for(look, lambda found: found.state in states, PATIENCE)


def start(project: Project, there: There, **work: object) -> str:
    """Send a job that has started a process which left its session, and runs."""
    job = queue(project, work_spec(None, **work), target="there").id
    until(project, job, "running")
    wait_for(lambda: there.processes(mark(job)), bool, 60)
    return job


def stage(project: Project, job: str) -> str:
    seen = read_stage(project.paths.job(job))
    return seen.name if seen else ""


def nothing_left(project: Project, there: There, *marks: str, patience: float = 30) -> None:
    """Once the runner has ended, whose agents were there until then, nothing is."""
    end_runner(project, signal.SIGTERM)
    wait_for(lambda: there.left(*marks), lambda left: not left, patience)


@pytest.mark.parametrize("way", ["success", "failure", "cancel"])
def test_of_a_job_that_ends(project: Project, there: There, tmp_path: Path, way: str) -> None:
    if way == "cancel":
        never = str(tmp_path / "never")
        job = start(project, there, family=str(tmp_path / "family"), until=never)
        wait_for(lambda: (tmp_path / "family").exists(), bool, 60)
        family = int((tmp_path / "family").read_text())
        assert Path(f"/proc/{family}").exists()
        cancel(project, job)
        until(project, job, "cancelled")
        assert command(family) == ""
    else:
        code = 3 if way == "failure" else 0
        job = queue(project, work_spec(None, exit=code, write="made"), target="there").id
        until(project, job, "failed" if code else "succeeded")
    nothing_left(project, there, mark(job))


SILENCE = pytest.param("silence", marks=[pytest.mark.root, pytest.mark.real("iptables")])


@pytest.mark.parametrize("way", ["cut", "runner", "reboot", SILENCE])
def test_of_a_job_that_was_lost(project: Project, there: There, tmp_path: Path, way: str) -> None:
    gate = tmp_path / "gate"
    job = start(project, there, until=str(gate), write="made")
    if way == "cut":
        for _ in range(3):
            wait_for(there.sshd.cut, bool, 60)
    elif way == "runner":
        end_runner(project, signal.SIGKILL)
    elif way == "silence":
        with Firewall(there.sshd.port):
            # As long as that side does not know: what carried the old connection still waits there.
            wait_for(lambda: stage(project, job), lambda words: "waiting" in words, 90)
            assert there.sshd.sessions()
    else:
        there.reboot(mark(job))
    gate.touch()
    found = until(project, job, "succeeded", "failed")
    assert (found.state == "failed") == (way == "reboot"), found.reason
    # Who was not told that the line is gone finds it out by nobody speaking any more.
    nothing_left(project, there, mark(job), patience=QUIET + 30 if way == "silence" else 30)


def test_of_a_deployment(project: Project, there: There) -> None:
    made = create(project, "api", "late@production", target="there")
    wake_runner(project)
    own = f"WORKBENCH_DEPLOYMENT={made.id}"

    def healthy() -> bool:
        return deployments.get(project, "api").state == "healthy"

    wait_for(healthy, bool, PATIENCE)
    assert there.ports(there.processes(own))  # the oracle sees the port of a server
    there.sshd.cut()
    end_runner(project, signal.SIGKILL)
    there.reboot(own)
    assert not there.ports(there.processes(own))
    wake_runner(project)

    def up_again() -> bool:
        return bool(there.ports(there.processes(own))) and healthy()

    wait_for(up_again, bool, PATIENCE)
    deployments.stop(project, "api")
    wake_runner(project)
    deployments.wait(project, made.id, ["stopped"], ended=("stopped",))
    nothing_left(project, there, own)
