"""An engine behind a real sshd: jobs, cuts, and what OpenSSH's client says when it may not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.docker import Jobs, make_target, sending
from real.sshd import ALIAS, Sshd, keygen, lead_ssh

from workbench.errors import TargetError, TargetRefused, WorkbenchError

pytestmark = [
    pytest.mark.real("dockerd", "sshd", "ssh", "ssh-keygen"),
    pytest.mark.timeout(300),
]

ENGINE = f"ssh://{ALIAS}"


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """Run a server that has Docker's client in its PATH."""
    server = Sshd(tmp_path / "sshd", environment={"PATH": os.environ["PATH"]})
    lead_ssh(server, tmp_path, monkeypatch)
    yield server
    server.stop()


def refusal(cache: Path) -> WorkbenchError:
    target = make_target(cache, engine=ENGINE)
    with pytest.raises(WorkbenchError) as caught:
        target.probe()
    target.close()
    assert caught.value.where == ENGINE
    assert caught.value.why
    assert caught.value.fix
    return caught.value


def check_all(jobs: Jobs, folder: Path) -> None:
    """A job with data, a log that an agent reads, and results."""
    (folder / "data").write_bytes(b"content")
    source = """
print((folder / "in" / "data").read_text() * 60_000, flush=True)
(folder / "out" / "made").write_text("made there")
"""
    assert jobs.target.probe().ok
    handle = jobs.start(source, {"data": folder / "data"})
    assert jobs.ended(handle).exit_code == 0
    assert jobs.log(handle) == b"content" * 60_000 + b"\n"
    jobs.target.fetch(handle, folder / "into")
    assert (folder / "into" / "made").read_text() == "made there"


def test_a_job_over_ssh(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sending(tmp_path, monkeypatch, engine=ENGINE) as jobs:
        check_all(jobs, tmp_path)
    assert sshd.sessions() == []


def test_a_job_outlives_its_connection(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = """
import time
for number in range(40_000): print(f"line {number:07d}")
print("ready", flush=True)
while not (folder / "out" / "never").exists(): time.sleep(0.1)
"""
    with sending(tmp_path, monkeypatch, engine=ENGINE) as jobs:
        handle = jobs.start(source)
        log = jobs.printed(handle, b"ready")
        assert sshd.cut() > 0
        assert jobs.target.poll(handle).state == "running"
        assert jobs.log(handle) == log
        sshd.stop()
        with pytest.raises(TargetError) as caught:
            jobs.target.poll(handle)
        assert caught.value.code == "target.connection"
        assert not isinstance(caught.value, TargetRefused)
        sshd.start()
        assert jobs.target.poll(handle).state == "running"
        jobs.target.stop(handle)
        assert jobs.ended(handle).reason == "stopped by request"


def test_an_unknown_host_key(sshd: Sshd, tmp_path: Path) -> None:
    sshd.known_hosts.write_text("")
    error = refusal(tmp_path)
    assert error.code == "target.host_key"
    assert isinstance(error, TargetRefused)
    assert "not known" in error.why
    assert sshd.known_hosts.read_text() == ""  # nothing was added


def test_a_changed_host_key(sshd: Sshd, tmp_path: Path) -> None:
    other = keygen(tmp_path / "other").with_suffix(".pub").read_text()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {other}")
    error = refusal(tmp_path)
    assert error.code == "target.host_key"
    assert "another one than before" in error.why


def test_a_settings_file_that_takes_any_key_does_not_count(sshd: Sshd, tmp_path: Path) -> None:
    sshd.write_client("StrictHostKeyChecking no")
    sshd.known_hosts.write_text("")
    assert refusal(tmp_path).code == "target.host_key"
    assert sshd.known_hosts.read_text() == ""


def test_a_key_that_is_not_accepted(sshd: Sshd, tmp_path: Path) -> None:
    sshd.write_client(f"IdentityFile {keygen(tmp_path / 'stranger')}")
    sshd.key.unlink()
    error = refusal(tmp_path)
    assert error.code == "target.login"
    assert "ssh-add" in error.fix


def test_nobody_listens(sshd: Sshd, tmp_path: Path) -> None:
    sshd.stop()
    error = refusal(tmp_path)
    assert error.code == "target.connection"
    assert "Connection refused" in error.why


@pytest.mark.parametrize(
    ("prints", "code"),
    [
        ("bash: line 1: docker: command not found", "target.docker"),
        (
            "permission denied while trying to connect to the Docker daemon socket",
            "target.permission",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
            "target.connection",
        ),
    ],
)
def test_what_the_far_end_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, code: str
) -> None:
    said = tmp_path / "said"
    said.write_text(prints + "\n")
    server = Sshd(tmp_path / "sshd", wrap=f"cat {said} >&2; exit 127")
    lead_ssh(server, tmp_path, monkeypatch)
    try:
        assert refusal(tmp_path).code == code
    finally:
        server.stop()
