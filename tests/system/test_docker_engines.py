"""Reaching engines: every way there is, and one clear error for each way it can fail."""

from __future__ import annotations

import hashlib
import http.server
import os
import random
import signal
import socket
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from real.docker import BASE, Dockerd, Jobs, docker, dockerd_with_tls, make_target, sending

from plugins.compute.docker import KIND, dial, names
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.lane import Lane
from plugins.compute.docker.options import read_options
from plugins.compute.docker.pump import Unframed
from workbench.errors import TargetError, TargetRefused, WorkbenchError
from workbench.options import settle

pytestmark = [pytest.mark.real("dockerd"), pytest.mark.timeout(300)]


def refusal(cache: Path, **options: str) -> WorkbenchError:
    """Return what probing such a target raises; it is whole, and says what to do."""
    target = make_target(cache, **options)
    with pytest.raises(WorkbenchError) as caught:
        target.probe()
    target.close()
    assert caught.value.what
    assert caught.value.why
    assert caught.value.fix
    return caught.value


@contextmanager
def engine_that(answer: bytes, folder: Path) -> Iterator[str]:
    """Serve `answer` (none: hang up) to every request on a socket, as a broken engine would."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answer:
                self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

        def get_request(self) -> tuple[object, tuple[str, int]]:  # type: ignore[override]
            return self.socket.accept()[0], ("local", 0)

    path = folder / "engine.sock"
    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()


def reply(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_docker_host_counts_where_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")
    assert refusal(tmp_path).where == f"unix://{tmp_path}/nowhere.sock"
    monkeypatch.delenv("DOCKER_HOST")
    target = make_target(tmp_path)
    assert target.probe().ok
    target.close()


def test_no_engine(tmp_path: Path) -> None:
    error = refusal(tmp_path, engine=f"unix://{tmp_path}/none.sock")
    assert error.code == "target.connection"
    assert type(error) is TargetError  # it may come up
    assert "No Docker engine answers" in str(error)


@pytest.mark.root
def test_no_permission_on_the_socket(tmp_path: Path) -> None:
    os.seteuid(65534)
    try:
        error = refusal(tmp_path)
    finally:
        os.seteuid(0)
    assert error.code == "target.permission"
    assert isinstance(error, TargetRefused)
    assert "usermod -aG docker" in error.fix


def test_an_image_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be pulled either: that name leads nowhere."""
    with sending(tmp_path, monkeypatch, base="127.0.0.1:9/none:1") as jobs:
        found = jobs.target.probe()
        assert not found.ok
        assert "127.0.0.1:9/none:1" in found.missing[0].why
        with pytest.raises(TargetRefused) as caught:
            jobs.start("pass")
    assert caught.value.code == "target.image"
    assert "docker pull 127.0.0.1:9/none:1" in caught.value.fix


def test_an_engine_that_is_too_old(tmp_path: Path) -> None:
    with engine_that(reply(b'{"ApiVersion":"1.40","Version":"19.03.15"}'), tmp_path) as where:
        error = refusal(tmp_path, engine=where)
    assert error.code == "target.version"
    assert "1.40" in error.why
    assert "1.41" in error.why


def test_an_engine_that_hangs_up(tmp_path: Path) -> None:
    with engine_that(b"", tmp_path) as where:
        assert refusal(tmp_path, engine=where).code == "target.connection"


def test_something_else_that_answers(tmp_path: Path) -> None:
    with engine_that(reply(b"<html>"), tmp_path) as where:
        assert refusal(tmp_path, engine=where).code == "target.engine"
    (tmp_path / "engine.sock").unlink()
    with engine_that(
        reply(b'{"message":"no space left on device \\u001b[31m"}', "500 No"), tmp_path
    ) as where:
        error = refusal(tmp_path, engine=where)
    assert error.code == "target.disk"
    assert "\x1b" not in str(error)


def test_an_engine_that_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "ANSWER_LIMIT", 0.5)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf.sock"))
        deaf.listen()
        error = refusal(tmp_path, engine=f"unix://{tmp_path}/deaf.sock")
    assert error.code == "target.connection"
    assert "in time" in error.what


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a CA (`ca`), what it signed (`server`, `client`), and a stranger's (`other`)."""
    from real.certificates import make_certificates

    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls_dockerd(certificates: Path) -> Iterator[tuple[Dockerd, int]]:
    """Run an engine that takes whom the CA signed; return it and its port."""
    with dockerd_with_tls(certificates) as found:
        yield found


@pytest.fixture
def tls_engine(tls_dockerd: tuple[Dockerd, int]) -> int:
    """Return the port of that engine."""
    return tls_dockerd[1]


def with_tls(folder: Path, ca: str = "ca", mine: str = "client") -> dict[str, str]:
    found = {"tls_ca": f"{folder / ca}.pem"}
    if mine:
        found |= {"tls_cert": f"{folder / mine}.pem", "tls_key": f"{folder / mine}-key.pem"}
    return found


@pytest.mark.root
def test_a_job_over_tls(
    tls_engine: int, certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that needs a stream: a helper, its stdin and stdout, and a log beyond one piece."""
    options = with_tls(certificates)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")  # not for an engine
    with sending(tmp_path, monkeypatch, engine=f"tcp://127.0.0.1:{tls_engine}", **options) as jobs:
        check_all(jobs, tmp_path)


@pytest.mark.root
@pytest.mark.parametrize(
    ("ca", "mine", "why"),
    [
        ("other", "client", "not signed by that authority"),
        ("ca", "", "asks for a certificate"),
        ("ca", "other", "does not accept the certificate"),
    ],
    ids=["unknown engine", "no certificate", "certificate of a stranger"],
)
def test_tls_that_is_wrong(
    tls_engine: int, certificates: Path, tmp_path: Path, ca: str, mine: str, why: str
) -> None:
    options = with_tls(certificates, ca, mine)
    error = refusal(tmp_path, engine=f"tcp://127.0.0.1:{tls_engine}", **options)
    assert error.code == "target.tls"
    assert isinstance(error, TargetRefused)
    assert why in error.why


@pytest.mark.root
def test_tls_for_another_host(tls_engine: int, certificates: Path, tmp_path: Path) -> None:
    error = refusal(tmp_path, engine=f"tcp://localhost:{tls_engine}", **with_tls(certificates))
    assert (error.code, error.why) == ("target.tls", "its certificate is for another host")


@pytest.mark.root
def test_plain_tcp_to_an_engine_with_tls(tls_engine: int, tmp_path: Path) -> None:
    error = refusal(tmp_path, engine=f"tcp://127.0.0.1:{tls_engine}")
    assert error.code == "target.tls"
    assert "tls_ca" in error.fix


def check_all(jobs: Jobs, tmp_path: Path) -> None:
    """A job with data, a log that an agent reads, and results."""
    (tmp_path / "data").write_bytes(b"content")
    source = """
print((folder / "in" / "data").read_text() * 60_000, flush=True)
(folder / "out" / "made").write_text("made there")
"""
    assert jobs.target.probe().ok
    handle = jobs.start(source, {"data": tmp_path / "data"})
    assert jobs.ended(handle).exit_code == 0
    assert jobs.log(handle) == b"content" * 60_000 + b"\n"
    jobs.target.fetch(handle, tmp_path / "into")
    assert (tmp_path / "into" / "made").read_text() == "made there"


# Into a container, over the engine's own connection

ECHO = """
import socketserver
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        while piece := self.request.recv(65536):
            if piece == b"hang up":
                return
            self.request.sendall(piece)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True
with Server(("127.0.0.1", 8700), Handler) as server:
    print("listens", flush=True)
    server.serve_forever()
"""


@contextmanager
def echoing(host: str, monkeypatch: pytest.MonkeyPatch, **options: str) -> Iterator[Lane]:
    """Lend a lane to a server in a container that has no network; the client's `host` is the engine."""
    monkeypatch.setattr(names, "PYTHON", "/usr/bin/python3")
    words = ["--detach", "--network", "none", BASE, "python3", "-uc", ECHO]
    container = docker("run", *words, host=host)
    while "listens" not in docker("logs", container, host=host):
        assert docker("inspect", "--format", "{{.State.Running}}", container, host=host) == "true"
    settled = settle(KIND.options, {"base": BASE, **options}, owner="boxes")
    engine = Engine(read_options("boxes", settled).address)
    lane = Lane(engine, container, 8700)
    try:
        yield lane
    finally:
        lane.close()
        engine.close()
        docker("rm", "--force", container, host=host)


def through(lane: Lane, sent: bytes) -> bytes:
    """Send all while what comes back is read; return that."""
    with socket.create_connection(("127.0.0.1", lane.port), 30) as line:
        thread = threading.Thread(target=line.sendall, args=(sent,))
        thread.start()
        got = bytearray()
        while len(got) < len(sent) and (piece := line.recv(65536)):
            got += piece
        thread.join()
        return bytes(got)


def half_closed(lane: Lane) -> None:
    """Who has said all is still answered, however much that is."""
    for sent in (b"all of it", b"", os.urandom(3_000_000)):
        with socket.create_connection(("127.0.0.1", lane.port), 30) as line:

            def say(line: socket.socket = line, sent: bytes = sent) -> None:
                line.sendall(sent)
                line.shutdown(socket.SHUT_WR)

            speaks = threading.Thread(target=say)
            speaks.start()
            with closing(line.makefile("rb")) as answer:
                assert answer.read() == sent
            speaks.join()


def hangs_up(lane: Lane) -> None:
    """What the server ends is at its end here."""
    with socket.create_connection(("127.0.0.1", lane.port), 30) as line:
        line.sendall(b"hang up")
        assert line.recv(100) == b""


def left_there(lane: Lane, host: str) -> int:
    """Return how many processes are in the container beside the server."""
    return len(docker("top", lane.container, "-eo", "pid", host=host).splitlines()) - 2


def carries(lane: Lane, host: str) -> None:
    """Many at once, each with its own bytes; what is over leaves no process there."""
    large = [os.urandom(2_000_000) for _ in range(4)]
    with ThreadPoolExecutor(4) as callers:
        back = list(callers.map(lambda sent: through(lane, sent), large))
    assert [len(each) for each in back] == [len(each) for each in large]
    assert back == large, "bytes came as others"
    hangs_up(lane)
    for _ in range(100):
        if not left_there(lane, host):
            break
        threading.Event().wait(0.1)
    assert left_there(lane, host) == 0
    docker("kill", lane.container, host=host)
    with socket.create_connection(("127.0.0.1", lane.port), 30) as line:
        assert line.recv(100) == b"", "a container that is gone is a port that closes"


def test_a_lane_into_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    with echoing("", monkeypatch) as lane:
        half_closed(lane)
        carries(lane, "")


@pytest.mark.root
def test_a_lane_over_tls(
    tls_dockerd: tuple[Dockerd, int], certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, port = tls_dockerd
    options = with_tls(certificates)
    with echoing(engine.host, monkeypatch, engine=f"tcp://127.0.0.1:{port}", **options) as lane:
        half_closed(lane)
        carries(lane, engine.host)


EXCHANGES = int(os.environ.get("WORKBENCH_TEST_ROUNDS", "24"))
"""How many bodies go through a lane over TLS; more by the environment variable."""


def exchange(lane: Lane, seed: int) -> None:
    """Send a body in pieces of random sizes, half-close, and read it back in other pieces."""
    dice = random.Random(seed)
    body = dice.randbytes(dice.choice((0, 1, 16_384, 16_385, dice.randrange(5_000_000))))
    with socket.create_connection(("127.0.0.1", lane.port), 60) as line:

        def say(line: socket.socket = line) -> None:
            at = 0
            while at < len(body):
                piece = dice.choice((1, 7, 1000, 16_384, 70_000, 300_000))
                line.sendall(body[at : at + piece])
                at += piece
                if dice.random() < 0.02:
                    threading.Event().wait(0.01)
            line.shutdown(socket.SHUT_WR)

        speaks = threading.Thread(target=say)
        speaks.start()
        own, back, length = random.Random(seed + 1), hashlib.sha256(), 0
        while piece := line.recv(own.choice((1, 100, 16_384, 200_000))):
            back.update(piece)
            length += len(piece)
            if own.random() < 0.01:
                threading.Event().wait(0.01)  # who reads slowly holds the sender back
        speaks.join()
    assert length == len(body), seed
    assert back.digest() == hashlib.sha256(body).digest(), seed


@pytest.mark.root
def test_many_exchanges_at_once_over_tls(
    tls_dockerd: tuple[Dockerd, int], certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, port = tls_dockerd
    options = with_tls(certificates)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    where = f"tcp://127.0.0.1:{port}"
    with echoing(engine.host, monkeypatch, engine=where, **options) as lane:
        with ThreadPoolExecutor(6) as callers:
            list(callers.map(lambda n: exchange(lane, seed + 2 * n), range(EXCHANGES)))
        for _ in range(100):
            if not left_there(lane, engine.host):
                break
            threading.Event().wait(0.1)
        assert left_there(lane, engine.host) == 0


@pytest.mark.root
def test_a_lane_over_tls_whose_engine_goes_away(
    tls_dockerd: tuple[Dockerd, int], certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, port = tls_dockerd
    options = with_tls(certificates)
    where = f"tcp://127.0.0.1:{port}"
    with echoing(engine.host, monkeypatch, engine=where, **options) as lane:
        with socket.create_connection(("127.0.0.1", lane.port), 30) as line:
            line.sendall(b"still there")
            assert line.recv(100) == b"still there"
            engine.end(signal.SIGKILL)
            assert line.recv(100) == b"", "a connection that is cut is at its end"
        with socket.create_connection(("127.0.0.1", lane.port), 30) as line:
            assert line.recv(100) == b"", "an engine that is gone is a port that closes"
        engine.start()


@pytest.mark.parametrize("size", [1, 3, 8, 11, 4096])
def test_frames_come_in_whatever_pieces(size: int) -> None:
    dice = random.Random(size)
    told = [(dice.choice((1, 1, 2)), dice.randbytes(dice.randrange(50))) for _ in range(200)]
    stream = b"".join(bytes([kind, 0, 0, 0]) + len(data).to_bytes(4) + data for kind, data in told)
    frames = Unframed()
    pieces = [frames.take(stream[at : at + size]) for at in range(0, len(stream), size)]
    assert b"".join(pieces) == b"".join(data for kind, data in told if kind == 1)
