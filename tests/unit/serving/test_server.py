"""The real server process: swap under load, damage, ports, signals; its log counts every request."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.compute.identity import identify
from workbench.serving.client import Client
from workbench.serving.folder import Desired

from .conftest import Running, Shelf, wait_for

Run = Callable[[Desired], Running]
ROW = {"n": 1, "x": 2.5, "flag": True, "kind": "a", "day": "2024-01-02", "at": None}
PORTS = (28700, 28799)


def client(running: Running) -> Client:
    return Client("127.0.0.1", running.told().port, running.folder.read_token())


def serving(running: Running, number: int = 1) -> Running:
    running.until(lambda told: told.reference == f"late@{number}")
    return running


def test_swap_under_load_loses_no_request(shelf: Shelf, run_server: Run) -> None:
    """Four clients call all the while; every answer is a whole one of either version, old ones first."""
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    stop, failures = threading.Event(), []
    seen: list[list[str]] = [[] for _ in range(4)]

    def load(answers: list[str]) -> None:
        try:
            with client(running) as caller:
                while not stop.is_set():
                    answers.append(caller.infer("late", [ROW]).version)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=load, args=(answers,)) for answers in seen]
    for thread in threads:
        thread.start()
    wait_for(lambda: failures or all(len(answers) > 20 for answers in seen))
    running.folder.write_desired(shelf.desired(2, ports=PORTS))
    wait_for(lambda: failures or all(answers.count("2") > 20 for answers in seen))
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert all(answers == sorted(answers) for answers in seen)
    assert running.stop() == 0

    total = Counter(version for answers in seen for version in answers)
    told = running.told()
    segments = sorted(running.folder.predictions.glob("*.jsonl"))
    logged = [json.loads(line) for s in segments for line in s.read_text().splitlines()]
    assert (told.phase, told.requests, told.logged) == ("stopped", total.total(), total.total())
    assert (told.errors, told.dropped) == (0, 0)
    assert Counter(line["model"][-1] for line in logged) == total
    assert len({line["id"] for line in logged}) == total.total()


def test_a_version_that_cannot_be_loaded_leaves_the_old_one(
    shelf: Shelf, run_server: Run, tmp_path: Path
) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    damaged = tmp_path / "damaged.skops"
    damaged.write_bytes(Path(shelf.desired(2).path).read_bytes()[:-1] + b"?")
    running.folder.write_desired(shelf.desired(2, ports=PORTS, path=str(damaged)))
    told = running.until(lambda told: bool(told.refused))
    assert (told.phase, told.reference) == ("serving", "late@1")
    assert told.error.startswith("late@2 cannot be served: The model file is not the one")
    with client(running) as caller:
        assert caller.infer("late", [ROW]).version == "1"
        health = caller.get("/healthz").decode()
    assert "late@2 cannot be served" in health
    assert str(tmp_path) not in health
    # the right file, and all is well again
    running.folder.write_desired(shelf.desired(2, ports=PORTS))
    told = running.until(lambda told: told.reference == "late@2")
    assert (told.refused, told.error) == ("", "")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"object": "0" * 64}, "The model file is not the one that was registered"),
        ({"path": "/nowhere/model.skops"}, "The model file is missing"),
        ({"format": "plugins.formats.none:FORMAT"}, "plugins.formats.none:FORMAT does not load"),
    ],
)
def test_a_first_version_that_cannot_be_loaded_ends_it(
    shelf: Shelf, run_server: Run, changes: dict[str, str], error: str
) -> None:
    running = run_server(shelf.desired(1, ports=PORTS, **changes))
    assert running.process.wait(60) == 1
    told = running.told()
    assert told.phase == "failed"
    assert error in told.error


def test_a_model_that_is_not_what_its_signature_says(shelf: Shelf, run_server: Run) -> None:
    regression = shelf.desired(3).signature
    running = run_server(shelf.desired(1, ports=PORTS, signature=regression))
    assert running.process.wait(60) == 1
    assert "late@1 does not do what its signature says" in running.told().error


def test_a_port_in_use(shelf: Shelf, run_server: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        running = run_server(shelf.desired(1, port=port))
        assert running.process.wait(60) == 1
    error = f"Port {port} is in use (127.0.0.1:{port}): another process listens there."
    assert error in running.told().error
    assert error in running.folder.last_log_line()
    assert running.told().phase == "failed"


def test_port_zero_takes_the_next_free_one(shelf: Shelf, run_server: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        running = run_server(shelf.desired(1, ports=(port, port)))
        assert running.process.wait(60) == 1
        assert "No port is free" in running.told().error


def test_a_hang_up_does_not_end_it_and_a_second_server_is_refused(
    shelf: Shelf, run_server: Run
) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    assert running.folder.read_pid() == identify(running.process.pid)
    assert os.getsid(running.process.pid) == running.process.pid
    running.process.send_signal(signal.SIGHUP)
    second = Running.__new__(Running)
    Running.__init__(second, running.folder, shelf.desired(1, ports=PORTS, token=False))
    assert second.process.wait(60) == 1
    assert "This deployment has a server already" in running.folder.last_log_line()
    with client(running) as caller:
        assert caller.ready()
    assert running.stop() == 0


def test_a_head_without_end_is_cut_off(shelf: Shelf, run_server: Run) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    with socket.create_connection(("127.0.0.1", running.told().port), 30) as connection:
        connection.sendall(b"GET /v2 HTTP/1.1\r\n")
        answer = b""
        try:
            for number in range(20_000):
                connection.sendall(b"x-%d: %s\r\n" % (number, b"y" * 100))
            answer = connection.recv(1000)
        except (BrokenPipeError, ConnectionResetError):
            answer = answer or b"reset"
    assert answer == b"reset" or b"400" in answer
    with client(running) as caller:
        assert caller.ready()


def test_what_was_counted_goes_on_in_the_next_process(shelf: Shelf, run_server: Run) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    with client(running) as caller:
        caller.infer("late", [ROW])
    running.process.kill()
    running.process.wait(30)
    running.folder.serving.unlink()
    second = Running.__new__(Running)
    Running.__init__(second, running.folder, shelf.desired(1, ports=PORTS, token=False))
    second.until(lambda told: told.phase == "serving")
    with Client("127.0.0.1", second.told().port) as caller:
        caller.infer("late", [ROW])
        caller.infer("late", [ROW])
    assert second.stop() == 0
    assert second.told().requests in {
        2,
        3,
    }  # what is told four times a second may be lost by a kill
    assert second.folder.read_metrics() is not None


def test_a_server_whose_project_is_gone_ends(shelf: Shelf, run_server: Run) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    with client(running) as caller:
        caller.infer("late", [ROW])
        # Moved away and then removed: at once, whatever the server is writing.
        gone = running.folder.root.rename(running.folder.root.with_name("gone"))
        assert running.process.wait(60) == 0
    assert not running.folder.root.exists(), "it made nothing anew"
    shutil.rmtree(gone)


def test_the_token_file_must_be_private(shelf: Shelf, run_server: Run) -> None:
    running = serving(run_server(shelf.desired(1, ports=PORTS)))
    assert running.folder.token.stat().st_mode & 0o777 == 0o600
    assert len(running.folder.read_token()) >= 43
    running.stop()
    running.folder.token.chmod(0o644)
    from workbench.errors import BadInput

    with pytest.raises(BadInput, match="others may read it"):
        running.folder.read_token()
