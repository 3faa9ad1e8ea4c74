"""`workbench target trust` and `unlock` on a real sshd: by command, on a terminal, with a waiting runner."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Answer, run_workbench
from real.sshd import ALIAS, Sshd, fingerprint, keygen
from terminal import Terminal, workbench

from workbench.compute.asking import open_questions
from workbench.compute.jobs import get_job, queue
from workbench.compute.wake import runner_pid, wake_runner
from workbench.project.project import Project, init_project, open_project
from workbench.testing.compute import wait_for
from workbench.testing.work import work_spec, write_package

pytestmark = pytest.mark.real("sshd", "ssh", "ssh-keygen")

SECRET = "open sesame 4711"


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    folder = tmp_path / "sshd"
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    yield server
    server.stop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PYTHONPATH", str(write_package(tmp_path / "packages")))
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    init_project(tmp_path / "line", "line")
    (tmp_path / "line" / "workbench.toml").write_text(
        f'name = "line"\n\n[targets.there]\nkind = "ssh"\nhost = "{ALIAS}"\n'
    )
    return open_project(tmp_path / "line", via="test")


def target(project: Project, *words: str) -> Answer:
    return run_workbench("--project", project.root, "target", *words)


def test_trust_by_command(sshd: Sshd, project: Project, tmp_path: Path) -> None:
    place = tmp_path / "fresh" / "known_hosts"
    sshd.write_client(f"UserKnownHostsFile {place}")
    shown = fingerprint(sshd.host_key)
    error = target(project, "trust", "there").error
    assert error["code"] == "target.host_key_unknown"
    assert f"--fingerprint {shown}" in error["fix"]
    assert not place.exists()
    error = target(project, "trust", "there", "--fingerprint", "SHA256:" + "A" * 43).error
    assert error["code"] == "target.fingerprint"
    assert not place.exists()
    data = target(project, "trust", "there", "--fingerprint", shown).data
    assert (data["fingerprint"], data["file"]) == (shown, str(place))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert place.read_text() == data["line"] + "\n"
    # ssh itself takes that line.
    command = ["ssh", "-F", str(sshd.client), "-o", "StrictHostKeyChecking=yes", ALIAS, "echo in"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b"in\n"
    assert target(project, "trust", "there").data["state"] == "known"
    assert target(project, "check", "there").data["ok"]
    assert place.read_text() == data["line"] + "\n"


def test_a_changed_key_is_not_written_down(sshd: Sshd, project: Project, tmp_path: Path) -> None:
    old = keygen(tmp_path / "old").with_suffix(".pub").read_text()
    text = f"other ssh-ed25519 AAAA\n[127.0.0.1]:{sshd.port} {old.strip()}"
    sshd.known_hosts.write_text(text)
    shown = fingerprint(sshd.host_key)
    error = target(project, "trust", "there", "--fingerprint", shown).error
    assert error["code"] == "target.host_key_changed"
    assert error["where"] == f"{sshd.known_hosts}, line 2"
    assert sshd.known_hosts.read_text() == text


def test_a_line_is_added_below_one_without_an_end(sshd: Sshd, project: Project) -> None:
    sshd.known_hosts.write_text("other ssh-ed25519 AAAA")
    shown = fingerprint(sshd.host_key)
    data = target(project, "trust", "there", "--fingerprint", shown).data
    assert sshd.known_hosts.read_text().splitlines() == ["other ssh-ed25519 AAAA", data["line"]]


def test_the_way_is_learnt_host_by_host(sshd: Sshd, project: Project, tmp_path: Path) -> None:
    gate = Sshd(tmp_path / "gate")
    try:
        sshd.write_client("ProxyJump gate")
        sshd.client.write_text(
            sshd.client.read_text() + gate.client.read_text().replace(ALIAS, "gate")
        )
        sshd.known_hosts.write_text("")
        gate.known_hosts.write_text("")
        for server, name in ((gate, "gate"), (sshd, ALIAS)):
            shown = fingerprint(server.host_key)
            data = target(project, "trust", "there", "--fingerprint", shown).data
            assert (data["host"], data["file"]) == (name, str(server.known_hosts))
        assert target(project, "check", "there").data["ok"]
    finally:
        gate.stop()


def test_a_target_without_a_host_key(project: Project) -> None:
    assert target(project, "trust", "local").error["code"] == "target.no_host_key"


@pytest.mark.real("tmux")
@pytest.mark.parametrize("word", ["y", "n"])
def test_trust_on_a_terminal(sshd: Sshd, project: Project, word: str) -> None:
    sshd.known_hosts.write_text("")
    shown = fingerprint(sshd.host_key)
    command = [sys.executable, "-P", "-m", "workbench", "--project", str(project.root)]
    environment = {"WORKBENCH_SSH_CONFIG": str(sshd.client)}
    words = [*command, "target", "trust", "there"]
    with Terminal(words, columns=140, env=environment) as terminal:
        terminal.wait(shown)
        terminal.wait("[y/N]")
        terminal.press(word, "Enter")
        terminal.wait("Wrote the host key" if word == "y" else "not trusted")
    assert bool(sshd.known_hosts.read_text()) == (word == "y")


@pytest.fixture
def locked(sshd: Sshd, project: Project, tmp_path: Path) -> Path:
    """A key with a passphrase, the only one that the target has."""
    path = keygen(tmp_path / "locked", passphrase=SECRET)
    Path(f"{sshd.key}.pub").write_text(path.with_suffix(".pub").read_text())
    with (project.root / "workbench.toml").open("a") as stream:
        stream.write(f'key = "{path}"\n')
    project.fresh_settings()
    return path


def test_a_job_waits_for_a_passphrase_and_goes_on(
    sshd: Sshd, project: Project, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "30")
    error = target(project, "unlock", "there").error
    assert error["code"] == "target.no_question"
    job = queue(project, work_spec(print="in at last"), target="there").id
    try:
        (question,) = wait_for(lambda: open_questions(project, "there"), bool, 120)
        assert str(locked) in question.text
        assert get_job(project, job).state in {"queued", "starting"}
        error = target(project, "unlock", "there").error
        assert error["code"] == "target.question"
        command = [sys.executable, "-P", "-m", "workbench", "--project", str(project.root)]
        done = subprocess.run(
            [*command, "target", "unlock", "there", "--stdin"],
            input=SECRET + "\n", capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert SECRET not in done.stdout + done.stderr
        got_in(project, job)
    finally:
        end_runner(project)
    assert told_nowhere(project, tmp_path) == []


def got_in(project: Project, job: str) -> None:
    """Wait until the job has done its work there."""

    def ended() -> str:
        wake_runner(project)
        return get_job(project, job).state

    assert wait_for(ended, lambda state: state == "succeeded", 180)
    assert (project.paths.job(job) / "log").read_bytes() == b"in at last"


def end_runner(project: Project) -> None:
    pid = runner_pid(project)
    if pid:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: runner_pid(project), lambda found: found is None, 60)


def told_nowhere(project: Project, tmp_path: Path) -> list[Path]:
    """Return the files in which the passphrase stands."""
    return [
        path
        for base in (project.root, tmp_path / "sshd", Path(os.environ["XDG_STATE_HOME"]))
        for path in base.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]


def test_the_passphrase_is_typed_on_screen_by_keys(
    sshd: Sshd, project: Project, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "30")
    job = queue(project, work_spec(print="in at last"), target="there").id
    try:
        wait_for(lambda: open_questions(project, "there"), bool, 120)
        with Terminal(workbench(project.root), columns=100, rows=30) as terminal:
            terminal.wait("◌ waiting  there asks something", "there asks: . answers it")
            terminal.press("Enter")
            terminal.wait("there asks", "Passphrase of", "not shown")
            terminal.type(SECRET)
            assert SECRET not in terminal.text()
            terminal.press("Enter")
            terminal.wait("The runner has the answer for there.")
            got_in(project, job)
            terminal.press("q")
            assert terminal.wait_exit() == 0
            assert SECRET.encode() not in terminal.written()
    finally:
        end_runner(project)
    assert told_nowhere(project, tmp_path) == []
