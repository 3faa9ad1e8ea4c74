from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.compute import wake
from workbench.compute.wake import runner_lock, runner_log, runner_pid, wake_runner
from workbench.errors import Unavailable
from workbench.project.project import Project, init_project, open_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "line", "line")
    return open_project(tmp_path / "line", via="test")


def test_nobody_runs_in_a_new_project(project: Project) -> None:
    assert runner_pid(project) is None
    runner_lock(project.paths.own).touch()
    assert runner_pid(project) is None


def test_who_holds_the_lock_is_not_started_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(subprocess, "run", refuse)
    with runner_lock(project.paths.own).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write("4711                \n")
        stream.flush()
        assert runner_pid(project) == 4711
        wake_runner(project)


def test_a_runner_that_cannot_start_says_why(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(project.paths.own)
    with pytest.raises(Unavailable) as refusal:
        wake_runner(project)
    assert refusal.value.code == "runner.start"
    assert refusal.value.why == f"{runner_log(project.paths.own)}: No such file or directory"
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(Unavailable) as refusal:
        wake_runner(project)
    assert "No such file or directory" in refusal.value.why


def test_a_runner_that_hangs_at_the_start_is_told(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(slow))
    monkeypatch.setattr(wake, "_START_LIMIT", 0.05)
    with pytest.raises(Unavailable) as refusal:
        wake_runner(project)
    assert "timed out after 0.05 seconds" in refusal.value.why


def test_waking_imports_no_runner_and_no_duckdb() -> None:
    code = (
        "import sys, workbench.compute.jobs;"
        "print([m for m in sys.modules if m.startswith(('workbench.runner', 'duckdb', 'polars', 'psutil'))])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert done.stdout.strip() == "[]"
