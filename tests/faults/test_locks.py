"""A lock whose holder is stopped, a holder that is asked to stop, projects of a newer version."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import LockTimeout, NewerFormat
from workbench.project.project import Project, init_project, open_project
from workbench.records.project import ProjectCreated
from workbench.store.units import decode

HOLDER = """
import sys, time
from pathlib import Path
from workbench.project.project import open_project
from workbench.records.project import ProjectCreated
from workbench.store import stops
if "stops" in sys.argv: stops.install()
store = open_project(Path(sys.argv[1]), via="test").store
def decision(view):
    print("holding", flush=True)
    sys.stdin.readline()
    return [ProjectCreated(id="0" * 26, name="held")]
store.decide(decision)
print("done", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "p", "locks")
    return open_project(tmp_path / "p", via="test")


def holder(project: Project, *args: str) -> subprocess.Popen[str]:
    """Start a process that holds the journal's lock until a line is written to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(project.root), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(pid: int) -> str:
    """Return the kernel's letter for the process: T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go on\n")
    process.stdin.flush()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def unit(n: int) -> ProjectCreated:
    return ProjectCreated(id=f"{n:026}", name=f"n{n}")


def test_a_stopped_holder_is_named(project: Project) -> None:
    process = holder(project)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        wait_for(lambda: state(process.pid) == "T")
        with pytest.raises(LockTimeout) as refusal:
            project.store.append(unit(1))
        assert f"process {process.pid} has held its lock for more than 5 s" in refusal.value.why
        assert f"-p {process.pid}" in refusal.value.fix
        assert [u.seq for u, _ in project.store.journal.read()] == [1], "reading goes on"
        os.kill(process.pid, signal.SIGCONT)
        tell(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
        assert project.store.append(unit(2)).seq == 3
    finally:
        end(process)


def test_a_command_says_who_holds_the_lock(project: Project) -> None:
    process = holder(project)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "workbench.cli.main", "model", "promote", "delay@1",
             "--to", "dev", "--reason", "x", "--json"],
            cwd=project.root, capture_output=True, text=True, check=False,
        )  # fmt: skip
        # The tables are locked too while the holder decides: whichever lock it meets, it is named.
        assert done.returncode == 1
        error = json.loads(done.stdout)["error"]
        assert error["code"] == "store.locked"
        assert str(process.pid) in error["why"]
    finally:
        end(process)


def test_ctrl_z_waits_for_the_end_of_the_unit(project: Project) -> None:
    process = holder(project, "stops")
    try:
        os.kill(process.pid, signal.SIGTSTP)
        tell(process)
        wait_for(lambda: state(process.pid) == "T")
        names = [r.name for u, _ in project.store.journal.read() for r in u.records]
        assert names == ["locks", "held"], "the unit was finished first"
        assert project.store.append(unit(1)).seq == 3, "and the lock let go"
        os.kill(process.pid, signal.SIGCONT)
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
    finally:
        end(process)


def test_a_killed_holder_holds_nothing(project: Project) -> None:
    process = holder(project)
    end(process)
    assert project.store.append(unit(1)).seq == 2


def test_a_newer_project_is_told_before_anything_is_done(project: Project) -> None:
    text = project.paths.settings.read_text()
    project.paths.settings.write_text(text.replace("format = 1", "format = 2"))
    before = project.store.journal.path(1).read_bytes()
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.cli.main", "status", "--json"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["code"]) == (1, "store.newer")
    assert "key format" in error["where"]
    assert project.store.journal.path(1).read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"v":1,"seq"', b'{"v":2,"seq"'),
        (b'"kind":"project.created"', b'"kind":"project.cheered"'),
    ],
)
def test_a_newer_unit_is_told_and_kept(old: bytes, new: bytes, project: Project) -> None:
    """A colleague with a newer version wrote the last unit: no damage, and nothing is cut."""
    import hashlib

    project.store.append(unit(1))
    path = project.store.journal.path(1)
    lines = path.read_bytes().splitlines(keepends=True)
    body = lines[1][: lines[1].rindex(b',"hash"')].replace(old, new)
    digest = hashlib.sha256(body + b"}").hexdigest()
    written = lines[0] + body + b',"hash":"' + digest.encode() + b'"}\n'
    path.write_bytes(written)
    project.store.heads.remember(2, digest)
    assert decode(lines[0], 1, "0" * 64).seq == 1
    later = open_project(project.root, via="tui").store
    for act in (
        lambda: later.query("SELECT 1 AS one"),
        lambda: list(later.journal.read()),
        lambda: later.decide(lambda view: [unit(view.next_number("runs"))]),
    ):
        with pytest.raises(NewerFormat):
            act()
    assert path.read_bytes() == written
