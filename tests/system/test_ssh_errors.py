"""What goes wrong on the way to an SSH target: one clear error each, said by `workbench target check`."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Answer, run_workbench
from real.sshd import ALIAS, Sshd, fingerprint, free_port, keygen
from real.users import Person, person

from workbench import plugins
from workbench.compute.contract import Kind, Surroundings
from workbench.errors import TargetError
from workbench.options import settle
from workbench.project.project import init_project
from workbench.testing.compute import wait_for
from workbench.testing.work import Sender, write_package

pytestmark = pytest.mark.real("sshd", "ssh", "ssh-keygen")

FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


@pytest.fixture
def sshd(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> Sshd:
    """The server with the usual settings, whatever the test before did with them."""
    use(server, monkeypatch)
    server.write_client()
    server.trust()
    return server


def use(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    init_project(tmp_path / "line", "line")
    target(tmp_path / "line")
    return tmp_path / "line"


def target(project: Path, **options: str | int) -> None:
    """Have the project's one target be `there`, with these options."""
    table = {"kind": "ssh", "host": ALIAS} | options
    lines = [
        f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"'
        for key, value in table.items()
    ]
    (project / "workbench.toml").write_text(
        'name = "line"\n\n[targets.there]\n' + "\n".join(lines) + "\n"
    )


def check(project: Path, **environment: str) -> Answer:
    return run_workbench("--project", project, "target", "check", "there", environment=environment)


def refused(project: Path, code: str, **environment: str) -> dict[str, str]:
    answer = check(project, **environment)
    error = answer.error
    assert error["code"] == code, error
    assert all(error[part] for part in ("what", "where", "why", "fix")), error
    assert "Traceback" not in answer.err
    return error


def works(project: Path, **environment: str) -> dict[str, str]:
    facts: dict[str, str] = check(project, **environment).data["facts"]
    return facts


def test_a_good_one(sshd: Sshd, project: Path) -> None:
    facts = works(project)
    assert facts["ssh"] == f"{sshd.user}@127.0.0.1:{sshd.port}"
    assert facts["host"] == socket.gethostname()


def test_unknown_host(sshd: Sshd, project: Path) -> None:
    sshd.write_client("HostName does-not-exist.invalid")
    assert "does-not-exist.invalid" in refused(project, "target.host")["what"]


def test_refused(sshd: Sshd, project: Path) -> None:
    port = free_port()
    sshd.write_client(f"Port {port}")
    assert str(port) in refused(project, "target.refused")["where"]


def test_no_answer(sshd: Sshd, project: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        queue = [socket.socket() for _ in range(4)]
        for each in queue:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        sshd.write_client(f"Port {port}", "ConnectTimeout 2")
        began = time.monotonic()
        error = refused(project, "target.timeout")
        assert time.monotonic() - began < 30
        for each in queue:
            each.close()
    assert "2 s" in error["why"]


@pytest.mark.parametrize("greeting", [b"", b"220 mail.example.org ESMTP\r\n" * 200])
def test_not_an_ssh_server(sshd: Sshd, project: Path, greeting: bytes) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        sshd.write_client(f"Port {other.getsockname()[1]}", "ConnectTimeout 2")
        code = (
            "import socket, sys\n"
            "listener, callers = socket.socket(fileno=int(sys.argv[1])), []\n"
            "while True:\n"
            "    callers.append(listener.accept()[0])\n"
            "    callers[-1].sendall(bytes.fromhex(sys.argv[2]))\n"
        )
        command = [sys.executable, "-c", code, str(other.fileno()), greeting.hex()]
        helper = subprocess.Popen(command, pass_fds=[other.fileno()])
        try:
            refused(project, "target.protocol")
        finally:
            helper.kill()
            helper.wait()


def test_unknown_host_key(sshd: Sshd, project: Path) -> None:
    sshd.known_hosts.write_text("")
    error = refused(project, "target.host_key_unknown")
    assert FINGERPRINT.search(error["why"])[0] == fingerprint(sshd.host_key)  # type: ignore[index]
    assert "workbench target trust there" in error["fix"]
    assert sshd.known_hosts.read_text() == ""


def test_it_is_never_added_whatever_ssh_is_set_to(sshd: Sshd, project: Path) -> None:
    sshd.known_hosts.write_text("")
    sshd.write_client("StrictHostKeyChecking no")
    refused(project, "target.host_key_unknown")
    assert sshd.known_hosts.read_text() == ""


def test_changed_host_key(sshd: Sshd, project: Path, tmp_path: Path) -> None:
    key = keygen(tmp_path / "old").with_suffix(".pub").read_text()
    sshd.known_hosts.write_text(f"# mine\n[127.0.0.1]:{sshd.port} {key}")
    error = refused(project, "target.host_key_changed")
    assert error["where"] == f"{sshd.known_hosts}, line 2"
    assert fingerprint(sshd.host_key) in error["why"]


def test_another_type_of_host_key_is_a_changed_one(
    sshd: Sshd, project: Path, tmp_path: Path
) -> None:
    key = keygen(tmp_path / "old", "-b", "2048", kind="rsa").with_suffix(".pub").read_text()
    sshd.known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {key}")
    refused(project, "target.host_key_changed")


def test_revoked_host_key(sshd: Sshd, project: Path) -> None:
    line = sshd.known_hosts.read_text()
    sshd.known_hosts.write_text(line + "@revoked * " + line.split(" ", 1)[1])
    refused(project, "target.host_key_revoked")


def test_the_type_on_record_is_asked_for(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rsa = keygen(tmp_path / "rsa", "-b", "2048", kind="rsa")
    server = Sshd(tmp_path / "sshd", settings=f"HostKey {rsa}")
    try:
        use(server, monkeypatch)
        key = rsa.with_suffix(".pub").read_text()
        server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key}")
        subprocess.run(
            ["ssh-keygen", "-q", "-H", "-f", str(server.known_hosts)],
            check=True,
            capture_output=True,
        )
        works(project)
    finally:
        server.stop()


def test_wrong_key(sshd: Sshd, project: Path, tmp_path: Path) -> None:
    target(project, key=str(keygen(tmp_path / "mine")))
    error = refused(project, "target.login")
    assert str(tmp_path / "mine") in error["why"]
    assert "authorized_keys" in error["fix"]


def test_no_key(sshd: Sshd, project: Path, tmp_path: Path) -> None:
    target(project, key=str(tmp_path / "none"))
    assert "no key to offer" in refused(project, "target.login")["why"]


@pytest.fixture
def locked(sshd: Sshd, tmp_path: Path) -> Iterator[Path]:
    """A key with a passphrase that the server accepts."""
    path = keygen(tmp_path / "locked", passphrase="open sesame")
    authorized = Path(f"{sshd.key}.pub")
    before = authorized.read_text()
    authorized.write_text(before + path.with_suffix(".pub").read_text())
    yield path
    authorized.write_text(before)


def test_a_passphrase_is_needed(sshd: Sshd, project: Path, locked: Path) -> None:
    target(project, key=str(locked))
    error = refused(project, "target.passphrase")
    assert f"ssh-add {locked}" in error["fix"]
    assert "workbench target unlock there" in error["fix"]


@pytest.mark.real("ssh-agent", "ssh-add")
@pytest.mark.parametrize("by", ["SSH_AUTH_SOCK", "IdentityAgent"])
def test_the_agent_has_the_key(
    sshd: Sshd, project: Path, locked: Path, tmp_path: Path, by: str
) -> None:
    target(project, key=str(locked))
    place = tmp_path / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not place.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        word = tmp_path / "word"
        word.write_text("#!/bin/sh\necho open sesame\n")
        word.chmod(0o700)
        environment = {
            "SSH_AUTH_SOCK": str(place), "SSH_ASKPASS": str(word), "SSH_ASKPASS_REQUIRE": "force",
        }  # fmt: skip
        subprocess.run(["ssh-add", "-q", str(locked)], env=os.environ | environment, check=True)
        named = place if by == "IdentityAgent" else "SSH_AUTH_SOCK"
        sshd.write_client(f"IdentityAgent {named}")
        works(project, **(environment if by == "SSH_AUTH_SOCK" else {"SSH_AUTH_SOCK": ""}))
        # The agent has it: the file itself is not needed, its public half is enough to name it.
        locked.unlink()
        works(project, **environment)
    finally:
        agent.terminate()
        agent.wait()


def test_no_python_there(sshd: Sshd, project: Path) -> None:
    target(project, python="/nonexistent/python3")
    refused(project, "target.python")


def test_no_python_in_the_path(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = tmp_path / "bin"
    poor.mkdir()
    (poor / "sh").symlink_to("/bin/sh")
    server = Sshd(tmp_path / "sshd", environment={"PATH": str(poor)})
    try:
        use(server, monkeypatch)
        refused(project, "target.python")
        target(project, python=os.path.realpath(sys.executable))
        works(project)
    finally:
        server.stop()


SHELLS = {
    "bash": (".bashrc", "echo Welcome; echo 'Last login: never' >&2; printf 'no newline'"),
    "tcsh": (".tcshrc", "echo Welcome; echo workbench-agent-0"),
    "csh": (".cshrc", "echo Welcome"),
    "fish": (".config/fish/config.fish", "echo Welcome; echo oh >&2"),
}


@pytest.mark.real("tcsh", "fish")
@pytest.mark.parametrize("shell", SHELLS)
def test_login_shells_that_greet(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    file, text = SHELLS[shell]
    home = tmp_path / "home"
    (home / file).parent.mkdir(parents=True)
    # Padding, so that a reader who stops at the first bytes would miss the agent.
    (home / file).write_text(f"{text}\necho {'x' * 5000}\n")
    option = "-ic" if shell == "bash" else "-c"
    wrap = f'/usr/bin/env HOME={home} {shutil.which(shell)} {option} "$SSH_ORIGINAL_COMMAND"'
    server = Sshd(tmp_path / "sshd", wrap=wrap)
    try:
        use(server, monkeypatch)
        greeted = subprocess.run(
            ["ssh", "-F", str(server.client), ALIAS, "true"], check=True, capture_output=True
        )
        assert b"Welcome" in greeted.stdout
        assert works(project)["host"] == socket.gethostname()
    finally:
        server.stop()


def test_a_server_that_refuses_sessions(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Sshd(tmp_path / "sshd", settings="MaxSessions 0")
    try:
        use(server, monkeypatch)
        refused(project, "target.session")
    finally:
        server.stop()


def test_a_server_that_lets_nobody_run_anything(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Sshd(tmp_path / "sshd", wrap="/bin/false")
    try:
        use(server, monkeypatch)
        assert "status 1" in refused(project, "target.connection")["why"]
    finally:
        server.stop()


def test_settings_of_ssh_that_are_wrong(sshd: Sshd, project: Path) -> None:
    sshd.client.write_text("Host there\n  Bogus yes\n")
    assert str(sshd.client) in str(refused(project, "target.settings"))


@pytest.mark.parametrize("option", ["host", "user"])
def test_an_option_in_disguise(sshd: Sshd, project: Path, tmp_path: Path, option: str) -> None:
    mark = tmp_path / "ran"
    target(project, **{option: f"-oProxyCommand=touch {mark}"})
    refused(project, "target.option")
    assert not mark.exists()


@pytest.fixture
def somebody() -> Iterator[Person]:
    with person() as made:
        yield made


@pytest.mark.root
@pytest.mark.real("useradd")
def test_no_permission_on_the_folder(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: Person
) -> None:
    server = Sshd(
        tmp_path / "sshd", settings="AuthorizedKeysFile .ssh/authorized_keys", user=somebody.name
    )
    somebody.let_in(Path(f"{server.key}.pub"))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    try:
        use(server, monkeypatch)
        target(project, folder=str(closed / "mine"))
        error = refused(project, "target.missing")
        assert str(closed) in error["why"]
        assert list(closed.iterdir()) == []
    finally:
        server.stop()


@pytest.mark.root
@pytest.mark.real("useradd", "chpasswd")
@pytest.mark.parametrize("pam", ["yes", "no"])
def test_a_password_is_asked_for(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: Person, pam: str
) -> None:
    settings = (
        f"UsePAM {pam}\nPasswordAuthentication {'no' if pam == 'yes' else 'yes'}\n"
        f"KbdInteractiveAuthentication {pam}\nPubkeyAuthentication no"
    )
    server = Sshd(tmp_path / "sshd", settings=settings, user=somebody.name)
    try:
        use(server, monkeypatch)
        error = refused(project, "target.question")
        assert "assword" in error["what"]
        assert "workbench target unlock there" in error["fix"]
    finally:
        server.stop()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.root
@pytest.mark.real("mount")
def test_a_full_disk(sshd: Sshd, project: Path, disk: Path) -> None:
    target(project, folder=str(disk / "mine"))
    assert works(project)["folder"].startswith(str(disk))
    room = os.statvfs(disk)
    (disk / "ballast").write_bytes(bytes(room.f_bavail * room.f_bsize))
    error = refused(project, "target.missing")
    assert "No space left" in error["why"]
    assert "Free space" in error["fix"]


@pytest.mark.root
@pytest.mark.real("mount")
def test_a_disk_that_becomes_full_leaves_nothing_half_made(
    sshd: Sshd, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "packages")))
    kind: Kind = plugins.load("compute", "ssh")
    options = settle(kind.options, {"host": ALIAS, "folder": str(disk)}, owner="there")
    there = kind.open("there", options, Surroundings(tmp_path, "test"))
    (tmp_path / "data").write_bytes(os.urandom(8_000_000))
    sender = Sender(there, tmp_path)
    with pytest.raises(TargetError) as refusal:
        sender({"data": tmp_path / "data"}, read=["data"])
    assert refusal.value.code == "target.disk"
    found = [path for path in disk.rglob("*") if path.is_file()]
    # What came is kept to go on from, under a name that is no object's; no job's folder was made.
    assert sum(path.suffix == ".part" for path in found) == 1
    assert not list(disk.rglob("spec.json"))
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    handle, bundle = sender.sent[0]
    there.submit(handle, bundle)
    status = wait_for(lambda: there.poll(handle), lambda s: s.state == "ended", 60)
    assert status.exit_code == 0
    assert not list(disk.rglob("*.part"))
    there.remove(handle)
    there.close()
