"""The SSH connector on a real sshd: sessions, bytes, cuts, dead lines, jump hosts, questions, tunnels."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from real.sshd import ALIAS, Sshd, fingerprint, free_port, keygen
from real.users import Person, person

from plugins.compute.ssh.connector import SshConnector
from plugins.compute.ssh.words import Wanted
from workbench.compute.contract import Question
from workbench.errors import TargetError
from workbench.testing.compute import wait_for

pytestmark = pytest.mark.real("sshd", "ssh", "ssh-keygen")

ECHO = f"exec {shlex.quote(sys.executable)} -c 'import sys,os\nwhile b := os.read(0, 65536): os.write(1, b)'"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    server = Sshd(tmp_path_factory.mktemp("sshd"))
    yield server
    server.stop()


@pytest.fixture
def sshd(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    server.write_client()
    yield server
    wait_for(server.sessions, lambda left: not left, 60)  # each test has let everything go


@pytest.fixture
def connector(sshd: Sshd) -> Iterator[SshConnector]:
    made = SshConnector("there", Wanted(ALIAS), None)
    yield made
    made.close()


def output(connector: SshConnector, command: str) -> bytes:
    stream = connector.run(command)
    found = b""
    while some := stream.read(65536):
        found += some
    stream.close()
    return found


def logins(server: Sshd) -> int:
    return server.log.count("Accepted publickey")


def test_bytes_go_both_ways_unchanged(connector: SshConnector) -> None:
    data = os.urandom(20_000_000)
    stream = connector.run(ECHO)
    writer = threading.Thread(target=stream.write, args=(data,))
    writer.start()
    found = bytearray()
    while len(found) < len(data):
        some = stream.read(1000 if len(found) < 5000 else 1 << 20)
        assert some
        found += some
    writer.join()
    stream.close()
    assert hashlib.sha256(found).digest() == hashlib.sha256(data).digest()


def test_what_came_on_stderr_and_how_it_ended_is_told(connector: SshConnector) -> None:
    stream = connector.run("echo oh >&2; exit 3")
    assert stream.read(10) == b""
    assert stream.complaint() == "oh"
    stream.close()
    stream = connector.run("exit 3")
    assert stream.read(10) == b""
    assert stream.complaint() == "the command at the far end ended with status 3"
    stream.close()


def test_writing_to_what_has_ended_says_so(connector: SshConnector) -> None:
    stream = connector.run("true")
    stream.read(1)
    with pytest.raises(OSError):  # noqa: PT011  # whichever of its kinds comes first
        stream.write(bytes(100_000_000))
    stream.close()


def test_many_sessions_share_one_connection(sshd: Sshd, connector: SshConnector) -> None:
    before = logins(sshd)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: output(connector, f"echo {n}"), range(40)))
    assert found == [f"{n}\n".encode() for n in range(40)]
    assert logins(sshd) == before + 1


@pytest.mark.parametrize("most", [1, 3])
def test_few_sessions_a_connection_make_more_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    server = Sshd(tmp_path / "sshd", settings=f"MaxSessions {most}")
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    connector = SshConnector("there", Wanted(ALIAS), None)
    try:
        streams = [connector.run(ECHO) for _ in range(4)]
        assert logins(server) == {1: 4, 3: 2}[most]
        for number, stream in enumerate(streams):
            stream.write(b"%d" % number)
            assert stream.read(10) == b"%d" % number
        if most == 1:
            with pytest.raises(TargetError) as refusal:
                connector.run(ECHO)
            assert refusal.value.code == "target.session"
        for stream in streams:
            stream.close()
        assert output(connector, "echo again") == b"again\n"
        assert logins(server) == {1: 4, 3: 2}[most]
    finally:
        connector.close()
        server.stop()


def test_a_cut_is_told_and_the_next_call_connects_again(
    sshd: Sshd, connector: SshConnector
) -> None:
    stream = connector.run(ECHO)
    stream.write(b"x")
    assert stream.read(1) == b"x"
    assert sshd.cut()
    with pytest.raises(ConnectionError):
        stream.read(1)
    with pytest.raises(OSError):  # noqa: PT011  # whichever of its kinds comes first
        stream.write(b"x")
    stream.close()
    assert output(connector, "echo back") == b"back\n"


def test_a_line_that_says_nothing_more_is_given_up(sshd: Sshd) -> None:
    """As when a laptop sleeps, or a firewall forgets the connection: no packet comes, nothing is closed."""
    sshd.write_client("ServerAliveInterval 1", "ServerAliveCountMax 2")
    connector = SshConnector("there", Wanted(ALIAS), None)
    stream = connector.run(ECHO)
    stream.write(b"x")
    assert stream.read(1) == b"x"
    assert sshd.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(ConnectionError):
            stream.read(1)
        assert time.monotonic() - began < 30
    finally:
        sshd.cut()
    assert output(connector, "echo back") == b"back\n"
    connector.close()


def test_a_healthy_line_is_not_given_up(sshd: Sshd) -> None:
    sshd.write_client("ServerAliveInterval 1", "ServerAliveCountMax 1")
    connector = SshConnector("there", Wanted(ALIAS), None)
    assert output(connector, "sleep 5; echo done") == b"done\n"
    connector.close()


def test_a_dead_host_costs_fifty_jobs_one_try(sshd: Sshd) -> None:
    sshd.write_client(f"Port {free_port()}")
    connector = SshConnector("there", Wanted(ALIAS), None)
    tries = []
    route = connector.route

    def counted():
        tries.append(1)
        return route()

    connector.route = counted  # type: ignore[method-assign]

    def job(_: int) -> str:
        with pytest.raises(TargetError) as refusal:
            connector.run("true")
        return refusal.value.code

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(job, range(50))) == {"target.refused"}
    assert len(tries) <= 3  # a pause or two may have passed meanwhile
    sshd.write_client()
    wait_for(lambda: _reached(connector), lambda reached: reached, 60)
    connector.close()


def _reached(connector: SshConnector) -> bool:
    try:
        return output(connector, "echo up") == b"up\n"
    except TargetError:
        return False


def test_a_tunnel_leads_to_a_port_there(sshd: Sshd, connector: SshConnector) -> None:
    body = os.urandom(3_000_000)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        port = connector.tunnel(web.server_address[1])
        assert connector.tunnel(web.server_address[1]) == port

        def fetch(_: int) -> bool:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line.request("GET", "/")
            found = line.getresponse().read()
            line.close()
            return found == body

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(fetch, range(8)))
        sshd.cut()
        wait_for(lambda: sshd.sessions(), lambda left: not left, 60)
        assert fetch(0)  # the tunnel stands, the connection is made again
        web.shutdown()
    nobody = connector.tunnel(free_port())
    with socket.create_connection(("127.0.0.1", nobody), 60) as line:
        assert _heard(line) == b""
    connector.close()
    with pytest.raises(OSError):  # noqa: PT011  # refused, whatever its class
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/")


def _heard(line: socket.socket) -> bytes:
    try:
        return line.recv(100)
    except ConnectionResetError:
        return b""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Sshd]:
    """A second server, to go through."""
    server = Sshd(tmp_path / "gate")
    yield server
    server.stop()


@pytest.mark.parametrize("by", ["option", "ProxyJump"])
def test_through_a_jump_host(sshd: Sshd, gate: Sshd, by: str) -> None:
    sshd.write_client(*(["ProxyJump gate"] if by == "ProxyJump" else []))
    sshd.client.write_text(sshd.client.read_text() + gate.client.read_text().replace(ALIAS, "gate"))
    wanted = Wanted(ALIAS, jump="gate" if by == "option" else "")
    before = logins(sshd), logins(gate)
    connector = SshConnector("there", wanted, None)
    assert output(connector, "echo far") == b"far\n"
    assert (logins(sshd), logins(gate)) == (before[0] + 1, before[1] + 1)
    connector.close()
    gate.known_hosts.write_text("")
    with pytest.raises(TargetError) as refusal:
        connector.run("true")
    assert refusal.value.code == "target.host_key_unknown"
    assert "gate" in refusal.value.what
    assert fingerprint(gate.host_key) in refusal.value.why
    connector.close()


def test_the_host_behind_a_jump_host_must_prove_itself_too(sshd: Sshd, gate: Sshd) -> None:
    sshd.client.write_text(sshd.client.read_text() + gate.client.read_text().replace(ALIAS, "gate"))
    sshd.known_hosts.write_text("")
    connector = SshConnector("there", Wanted(ALIAS, jump="gate"), None)
    try:
        with pytest.raises(TargetError) as refusal:
            connector.run("true")
        assert refusal.value.code == "target.host_key_unknown"
        assert fingerprint(sshd.host_key) in refusal.value.why
    finally:
        sshd.trust()
        connector.close()


def words(process: psutil.Process) -> list[str]:
    """Return a process's command line; none of one that has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_through_a_command(sshd: Sshd, tmp_path: Path) -> None:
    script = tmp_path / "connect.py"
    script.write_text(
        "import socket, sys, threading, os\n"
        "line = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def there():\n"
        "    while data := os.read(0, 65536): line.sendall(data)\n"
        "    line.shutdown(socket.SHUT_WR)\n"
        "threading.Thread(target=there, daemon=True).start()\n"
        "while data := line.recv(65536): os.write(1, data)\n"
        "import time; time.sleep(600)  # not each command ends with its line\n"
    )
    sshd.write_client(f"ProxyCommand {sys.executable} {script} %h %p")
    connector = SshConnector("there", Wanted(ALIAS), None)
    assert output(connector, "echo far") == b"far\n"
    connector.close()
    running = [p for p in psutil.Process().children(recursive=True) if str(script) in words(p)]
    psutil.wait_procs(running, 30)
    assert not [p for p in running if p.is_running()]


class Asked:
    """Answers what it is asked, from a list, and remembers the questions."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> str | None:
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else None


def test_a_passphrase_is_asked_for_once(sshd: Sshd, tmp_path: Path) -> None:
    path = keygen(tmp_path / "locked", passphrase="open sesame")
    authorized = Path(f"{sshd.key}.pub")
    before = authorized.read_text()
    authorized.write_text(before + path.with_suffix(".pub").read_text())
    try:
        asked = Asked("wrong", "open sesame")
        connector = SshConnector("there", Wanted(ALIAS, key=str(path)), asked)
        assert output(connector, "echo in") == b"in\n"
        assert [(q.target, q.secret) for q in asked.questions] == [("there", True)] * 2
        assert str(path) in asked.questions[0].text
        sshd.cut()
        wait_for(lambda: _reached(connector), lambda reached: reached, 60)
        assert len(asked.questions) == 2
        assert "open sesame" not in repr(vars(connector.answers))
        connector.close()
    finally:
        authorized.write_text(before)


def test_an_answer_that_comes_later_is_used_at_once(sshd: Sshd, tmp_path: Path) -> None:
    """As in the runner: nobody is there at first; then no pause is waited for."""
    path = keygen(tmp_path / "locked", passphrase="open sesame")
    authorized = Path(f"{sshd.key}.pub")
    before = authorized.read_text()
    authorized.write_text(before + path.with_suffix(".pub").read_text())
    try:
        asked = Asked()
        connector = SshConnector("there", Wanted(ALIAS, key=str(path)), asked)
        for _ in range(6):  # by then the pause is half a minute, and nothing goes over the line
            with pytest.raises(TargetError) as refusal:
                connector.run("true")
            assert refusal.value.code == "target.passphrase"
        asked.answers.append("open sesame")
        assert output(connector, "echo in") == b"in\n"
        connector.close()
    finally:
        authorized.write_text(before)


@pytest.fixture
def somebody() -> Iterator[Person]:
    with person() as made:
        yield made


@pytest.mark.root
@pytest.mark.real("useradd", "chpasswd")
@pytest.mark.parametrize("method", ["password", "keyboard-interactive", "key and then a word"])
def test_answers_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: Person, method: str
) -> None:
    pam = "no" if method == "password" else "yes"
    settings = [
        f"UsePAM {pam}",
        f"PasswordAuthentication {'yes' if pam == 'no' else 'no'}",
        f"KbdInteractiveAuthentication {pam}",
        "AuthorizedKeysFile .ssh/authorized_keys",
    ]
    if method == "key and then a word":
        settings.append("AuthenticationMethods publickey,keyboard-interactive:pam")
    server = Sshd(tmp_path / "sshd", settings="\n".join(settings), user=somebody.name)
    if method == "key and then a word":
        somebody.let_in(Path(f"{server.key}.pub"))
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    asked = Asked(somebody.password)
    connector = SshConnector("there", Wanted(ALIAS), asked)
    try:
        assert output(connector, "id -un").decode().strip() == somebody.name
        (question,) = asked.questions
        assert question.secret
        assert "assword" in question.text
        server.cut()
        wait_for(lambda: _reached(connector), lambda reached: reached, 60)
        assert len(asked.questions) == 1  # a password is not asked for again
        assert somebody.password not in server.log
    finally:
        connector.close()
        server.stop()


@pytest.mark.root
@pytest.mark.real("useradd", "chpasswd")
def test_a_wrong_password_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: Person
) -> None:
    settings = "PasswordAuthentication yes\nPubkeyAuthentication no"
    server = Sshd(tmp_path / "sshd", settings=settings, user=somebody.name)
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    asked = Asked("wrong", somebody.password)
    connector = SshConnector("there", Wanted(ALIAS), asked)
    try:
        with pytest.raises(TargetError) as refusal:
            connector.run("true")
        assert refusal.value.code == "target.login"
        wait_for(lambda: _reached(connector), lambda reached: reached, 60)
        assert len(asked.questions) == 2
    finally:
        connector.close()
        server.stop()


def test_nothing_is_left_there(sshd: Sshd, connector: SshConnector) -> None:
    mark = f"wb-{os.getpid()}-mark"
    stream = connector.run(f"exec -a {mark} cat")
    stream.write(b"x")
    assert stream.read(1) == b"x"
    assert _marked(mark)
    connector.close()
    wait_for(lambda: _marked(mark), lambda left: not left, 60)


def _marked(mark: str) -> list[str]:
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.startswith(mark)]
