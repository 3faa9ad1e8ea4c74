from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.compute.wake import runner_lock, runner_log, runner_pid
from workbench.errors import JournalDamaged
from workbench.project.project import Project, init_project, open_project
from workbench.runner import process
from workbench.runner.loop import IDLE, idle_limit
from workbench.store.store import Store
from workbench.testing.compute import wait_for


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "line", "line")
    return open_project(tmp_path / "line", via="test")


@pytest.fixture(autouse=True)
def signals_restored():
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("text", "seconds"), [("", IDLE), ("2.5", 2.5), ("soon", IDLE)])
def test_idle_limit(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", text)
    assert idle_limit() == seconds


def test_ends_without_work_and_leaves_the_lock(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "0")
    assert process.serve(project)
    assert runner_pid(project) is None


def test_only_one_serves(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_LOCK_PATIENCE", 0.05)
    with runner_lock(project.paths.own).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert not process.serve(project)


def test_a_lock_names_its_holder_and_notices_its_removal(project: Project) -> None:
    lock = process.Lock(runner_lock(project.paths.own))
    assert lock.take()
    assert runner_pid(project) == os.getpid()
    assert lock.holds()
    runner_lock(project.paths.own).unlink()
    assert not lock.holds()
    runner_lock(project.paths.own).touch()
    assert not lock.holds()
    lock.release()


def test_what_is_written_while_it_ends_is_not_forgotten(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone writes an intent and sees the lock held, just before the runner lets it go."""
    from workbench.records.jobs import JobCancelRequested

    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "0")
    release, taken = process.Lock.release, []

    def late(lock: process.Lock) -> None:
        if not taken:
            project.store.append(JobCancelRequested(id="01J9ZZZZZZZZZZZZZZZZZZZZZZ"))
        taken.append(lock)
        release(lock)

    monkeypatch.setattr(process.Lock, "release", late)
    assert process.serve(project)
    assert len(taken) == 2


def test_a_loop_that_fails_says_so_and_goes_on(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "_TROUBLE_PAUSE", 0.01)
    errors = iter([RuntimeError("a bug"), OSError(28, "No space left on device")])

    def turn(loop: object) -> bool:
        for error in errors:
            raise error
        os.kill(os.getpid(), signal.SIGTERM)  # which also ends it, after the turn
        return False

    monkeypatch.setattr(process.Loop, "_turn_jobs", turn)
    with caplog.at_level(logging.INFO, "workbench.runner"):
        assert process.serve(project)
    assert "RuntimeError: a bug" in caplog.text
    assert "No space left on device" in caplog.text


def test_a_loop_that_can_read_nothing_comes_to_an_end(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "0")
    monkeypatch.setattr(process, "_TROUBLE_PAUSE", 0.01)

    def damaged(*args: object) -> None:
        raise JournalDamaged("The journal is damaged")

    monkeypatch.setattr(Store, "read", damaged)
    monkeypatch.setattr(Store, "query", lambda *args: [])
    assert process.serve(project)


def start(project: Project) -> int:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.runner", str(project.root), "--detach"],
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    return wait_for(lambda: runner_pid(project) or 0, bool)


def gone(pid: int) -> None:
    wait_for(lambda: Path(f"/proc/{pid}").exists(), lambda there: not there)


def test_detached_it_holds_no_terminal_folder_or_file(project: Project) -> None:
    pid = start(project)
    try:
        proc = Path(f"/proc/{pid}")
        assert (proc / "cwd").readlink() == Path("/")
        assert os.getsid(pid) != os.getsid(0)
        log = runner_log(project.paths.own)
        wait_for(log.read_text, lambda text: f"runner {pid} starts" in text)
        assert [(proc / "fd" / str(n)).readlink() for n in range(3)] == [
            Path("/dev/null"),
            log,
            log,
        ]
        os.kill(pid, signal.SIGHUP)
        assert runner_pid(project) == pid
    finally:
        os.kill(pid, signal.SIGTERM)
    gone(pid)
    assert f"runner {pid} ends" in log.read_text()


def test_it_ends_when_its_project_is_removed(project: Project) -> None:
    pid = start(project)
    shutil.rmtree(project.root)
    gone(pid)
    assert not project.root.exists()


def test_its_log_is_bounded_and_clean(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 2000)
    top = logging.getLogger("workbench")
    before, level, propagate = list(top.handlers), top.level, top.propagate
    try:
        process.log_to_file(project.paths.own)
        for number in range(200):
            process.logger.warning("%d \x1b]0;title\x07 \x9b31m \u202e", number)
    finally:
        for handler in [h for h in top.handlers if h not in before]:
            top.removeHandler(handler)
            handler.close()
        top.setLevel(level)
        top.propagate = propagate
    parts = sorted(project.paths.own.glob("runner-*.log*"))
    assert len(parts) == 2
    assert all(part.stat().st_size <= 2100 for part in parts)
    text = runner_log(project.paths.own).read_text()
    assert "199 ␛]0;title␇" in text
    assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_idle_it_asks_the_tables_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.runner.loop import Loop

    loop = Loop(project)
    asked = []
    read = project.store.read
    monkeypatch.setattr(project.store, "read", lambda work: asked.append(1) or read(work))
    for _ in range(20):
        assert loop.turn() is False
    assert asked == [1]
