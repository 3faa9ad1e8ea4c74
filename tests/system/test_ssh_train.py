"""A training run sent to a machine over SSH by command, its connection cut all the while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import run_workbench
from late_project import late_project
from real.sshd import ALIAS, Sshd

from workbench.compute.wake import runner_pid
from workbench.project.project import Project, open_project
from workbench.testing.compute import wait_for

pytestmark = [pytest.mark.real("sshd", "ssh", "ssh-keygen"), pytest.mark.timeout(900)]


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    folder = tmp_path / "sshd"
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    yield server
    server.stop()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = late_project(tmp_path / "p", rows=300)
    with (tmp_path / "p" / "workbench.toml").open("a") as stream:
        stream.write(f'\n[targets.there]\nkind = "ssh"\nhost = "{ALIAS}"\n')
    yield open_project(tmp_path / "p", via="test")
    pid = runner_pid(made)
    if pid:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: runner_pid(made), lambda found: found is None, 60)


def test_the_same_run_here_and_there_whatever_is_cut(project: Project, sshd: Sshd) -> None:
    here = run_workbench("--project", project.root, "run", "train", "late", "--trainer", "linear")
    assert here.status == 0, here.err
    over = threading.Event()
    cuts = []

    def cut() -> None:
        while not over.wait(4):
            cuts.append(sshd.cut())

    cutter = threading.Thread(target=cut)
    cutter.start()
    words = ["run", "train", "late", "--trainer", "linear", "--target", "there", "--json"]
    try:
        there = subprocess.run(
            [sys.executable, "-P", "-m", "workbench", "--project", str(project.root), *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=800, check=False,
        )  # fmt: skip
    finally:
        over.set()
        cutter.join()
    assert there.returncode == 0, there.stderr + there.stdout
    assert sum(cuts)
    shown = [
        run_workbench("--project", project.root, "run", "show", run).data for run in ("r_1", "r_2")
    ]
    assert [run["state"] for run in shown] == ["succeeded", "succeeded"]
    print(shown[1])
    assert shown[0]["metrics"] == shown[1]["metrics"]
