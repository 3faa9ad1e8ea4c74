"""An agent for real: bootstrapped by a shell over pipes, cut off, lied to."""

import ast
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import getsource
from pathlib import Path

import pytest
from real.pipes import Pipes

from workbench.compute import folder as parts
from workbench.compute.contract import Stage, Surroundings
from workbench.errors import BadInput, TargetError
from workbench.ids import new_ulid
from workbench.remote.agent.wire import SMALL, frame, unpack
from workbench.remote.bootstrap import MODULES, command
from workbench.remote.link import Agent
from workbench.remote.results import CHUNK as PIECE
from workbench.remote.results import Keeper, fetch_results
from workbench.remote.sending import CHUNK, send_objects
from workbench.remote.target import RemoteTarget

OBJECTS = "workbench.remote.agent.objects."
JOBS = "workbench.remote.agent.jobs."
FACTS = "workbench.remote.agent.facts.facts"
JOB = "01J0000000000000000000000Z"


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Pipes]:
    (tmp_path / "home").mkdir()
    pipes = Pipes(tmp_path / "home", sys.executable)
    yield pipes
    pipes.close()


@pytest.fixture
def agent(pipes: Pipes) -> Agent:
    return Agent(pipes.open_agent(), "there")


def base(pipes: Pipes) -> Path:
    return pipes.home / ".local/state/workbench"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def made(job: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = job / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_the_far_side_is_python_3_9_and_needs_only_the_standard_library() -> None:
    carried = {*MODULES, *(name.rpartition(".")[0] for name in MODULES)}
    for name in MODULES:
        tree = ast.parse(getsource(import_module(name)), feature_version=(3, 9))
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for found in names:
                top = found.partition(".")[0]
                assert found in carried or top in sys.stdlib_module_names or top == "psutil", found


def test_every_module_comes_after_those_that_it_imports() -> None:
    seen: set[str] = set()
    for name in MODULES:
        for node in ast.parse(getsource(import_module(name))).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench."):
                assert node.module in seen or node.module + "." in "".join(f"{s}." for s in seen)
        seen.add(name)


@pytest.mark.parametrize("shell", ["sh", "bash", "fish", "zsh"])
def test_login_shells_read_the_command_alike(tmp_path: Path, shell: str) -> None:
    pipes = Pipes(tmp_path, sys.executable, (shell, "-c"))
    agent = Agent(pipes.open_agent(), "there")
    assert agent.ask(JOBS + "claimed", job=new_ulid()) is False
    pipes.close()
    assert not {"'", "!", "\\", "\n"} & set(command()[len("exec sh -c '") : -1])


def test_a_banner_is_skipped(pipes: Pipes) -> None:
    pipes.shell = ("sh", "-c", 'echo "Welcome to $0"; printf "\\001\\377"; eval "$1"', "here")
    assert Agent(pipes.open_agent(), "there").ask(JOBS + "claimed", job=new_ulid()) is False


def test_no_python(pipes: Pipes) -> None:
    pipes.python = "python-of-the-moon"
    with pytest.raises(TargetError) as refusal:
        Agent(pipes.open_agent(), "there")
    assert refusal.value.code == "target.python"


def test_a_shell_that_refuses_is_quoted(pipes: Pipes) -> None:
    pipes.shell = ("sh", "-c", "echo This account is closed; exit 1")
    with pytest.raises(TargetError) as refusal:
        Agent(pipes.open_agent(), "there")
    assert (refusal.value.code, refusal.value.why) == (
        "target.connection",
        "This account is closed",
    )


def test_an_object_is_sent_once_and_gone_on_with_after_a_cut(pipes: Pipes, tmp_path: Path) -> None:
    data = os.urandom(3 * CHUNK + 17)
    (tmp_path / "data").write_bytes(data)
    agent = Agent(pipes.open_agent(), "there")
    agent.ask(OBJECTS + "put", data[:CHUNK], digest=digest(data), offset=0)
    pipes.cut()
    stages: list[Stage] = []
    agent = Agent(pipes.open_agent(), "there")
    send_objects(agent, {digest(data): tmp_path / "data"}, "data", stages.append)
    assert (base(pipes) / "objects" / digest(data)).read_bytes() == data
    assert [stage.done for stage in stages] == [2 * CHUNK, 3 * CHUNK, len(data)]
    assert {stage.total for stage in stages} == {len(data)}
    stages.clear()
    send_objects(agent, {digest(data): tmp_path / "data"}, "data", stages.append)
    assert stages == []


def test_an_empty_object_is_one(agent: Agent, pipes: Pipes, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    send_objects(agent, {digest(b""): tmp_path / "empty"}, "data", lambda stage: None)
    assert (base(pipes) / "objects" / digest(b"")).read_bytes() == b""


def test_damage_on_the_way_is_noticed_and_thrown_away(agent: Agent, pipes: Pipes) -> None:
    agent.ask(OBJECTS + "put", b"wrong", digest=digest(b"right"), offset=0)
    with pytest.raises(TargetError) as refusal:
        agent.ask(OBJECTS + "finish", digest=digest(b"right"))
    assert refusal.value.code == "object.digest"
    assert list((base(pipes) / "objects").iterdir()) == []
    with pytest.raises(TargetError) as refusal:
        agent.ask(OBJECTS + "put", b"x", digest=digest(b"right"), offset=5)
    assert refusal.value.code == "object.gap"


def test_results_come_whole_and_nothing_else_is_left(
    agent: Agent, pipes: Pipes, tmp_path: Path
) -> None:
    job, data = new_ulid(), os.urandom(2 * CHUNK + 5)
    made(base(pipes) / "jobs" / job, {"model.skops": data, "deep/er/empty": b""})
    into = tmp_path / "into"
    (into / "deep").mkdir(parents=True)
    (into / "deep" / "stale").write_bytes(b"of an earlier attempt")
    (into / "model.skops").write_bytes(data[:100])
    stages: list[Stage] = []
    fetch_results(agent, job, into, stages.append)
    assert (into / "model.skops").read_bytes() == data
    assert (into / "deep/er/empty").read_bytes() == b""
    assert not (into / "deep" / "stale").exists()
    assert stages[-1] == Stage("results", len(data), len(data), "bytes")
    assert stages[0].done == 100 + CHUNK  # the first hundred bytes did not travel again


def test_a_wrong_beginning_is_noticed_and_fetched_again(
    agent: Agent, pipes: Pipes, tmp_path: Path
) -> None:
    job = new_ulid()
    made(base(pipes) / "jobs" / job, {"model": b"right"})
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "model").write_bytes(b"WR")
    with pytest.raises(TargetError) as refusal:
        fetch_results(agent, job, tmp_path / "into", lambda stage: None)
    assert refusal.value.code == "job.fetch"
    fetch_results(agent, job, tmp_path / "into", lambda stage: None)
    assert (tmp_path / "into" / "model").read_bytes() == b"right"


class Liar:
    """A far side that announces what it likes."""

    broken = False

    def call(self, op: str, **args: object) -> tuple[object, bytes]:
        listed = [{"name": "../../escaped", "size": 1, "digest": digest(b"x")}]
        return None, json.dumps(listed).encode()


def test_a_result_cannot_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    with pytest.raises(BadInput) as refusal:
        fetch_results(Liar(), new_ulid(), tmp_path / "into", lambda stage: None)  # type: ignore[arg-type]  # a stand-in for a hostile target
    assert refusal.value.code == "path.outside"


@pytest.mark.parametrize(
    ("op", "args"),
    [
        (JOBS + "read", {"job": "../../etc", "name": "log", "offset": 0}),
        (JOBS + "remove", {"job": "."}),
        (JOBS + "read", {"job": JOB, "name": "../spec.json", "offset": 0}),
        (JOBS + "read_result", {"job": JOB, "name": "/etc/passwd", "offset": 0, "size": 9}),
        (OBJECTS + "put", {"digest": "../x", "offset": 0}),
        ("os.system", {}),
        (JOBS + "nothing", {}),
    ],
    ids=["folder", "dot", "file", "result", "digest", "foreign", "none"],
)
def test_the_far_side_refuses_names_that_lead_elsewhere(
    agent: Agent, op: str, args: dict[str, object]
) -> None:
    with pytest.raises(TargetError):
        agent.call(op, **args)  # type: ignore[arg-type]  # hostile on purpose
    assert not agent.broken
    assert agent.ask(JOBS + "claimed", job=new_ulid()) is False


def test_what_takes_long_there_can_be_given_up_here(pipes: Pipes, agent: Agent) -> None:
    def enough() -> None:
        raise KeyboardInterrupt

    ticks: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        began = time.monotonic()
        found = agent.ask_while(lambda: ticks.append(time.monotonic()), FACTS, index=index)
        assert found["shown"]["index"] == "not reachable"  # asked for five seconds
        assert len(ticks) >= 5
        with pytest.raises(KeyboardInterrupt):
            agent.ask_while(enough, FACTS, index=index)
        assert time.monotonic() - began < 4 + (ticks[-1] - began)
    assert agent.broken


def test_an_answer_is_cleaned(pipes: Pipes) -> None:
    agent = Agent(pipes.open_agent(), "there")
    with pytest.raises(TargetError) as refusal:
        agent.ask(OBJECTS + "put", digest="\x1b[31m" + "x" * 5000, offset=0)
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 1000


def test_a_cut_is_an_error_and_the_next_call_works(pipes: Pipes, tmp_path: Path) -> None:
    target = RemoteTarget("there", pipes, Surroundings(tmp_path, "test"))
    handle = target.prepare(new_ulid())
    assert target.poll(handle).state == "unknown"
    pipes.cut()
    assert target.poll(handle).state == "unknown"  # by a fresh agent, unnoticed
    assert len(pipes.opened) == 2
    pipes.shell = ("sh", "-c", "exit 1")
    pipes.cut()
    with pytest.raises(TargetError) as refusal:
        target.poll(handle)
    assert refusal.value.code == "target.connection"
    pipes.shell = ("sh", "-c")
    assert target.probe().facts["by"] == "pipes"
    target.close()


def feed(data: bytes) -> Callable[[int], bytes]:
    rest = [data]

    def read(size: int) -> bytes:
        some, rest[0] = rest[0][: min(size, 3)], rest[0][min(size, 3) :]
        return some

    return read


def test_frames() -> None:
    whole = b"".join(frame({"op": "x", "n": 1}, b"\0payload"))
    assert unpack(feed(whole)) == ({"op": "x", "n": 1}, b"\0payload")
    assert unpack(feed(frame({}, b"")[0])) == ({}, b"")
    assert unpack(feed(b"")) is None
    large = bytes(SMALL + 1)
    begin, payload = frame({"op": "x"}, large)
    assert payload is large, "a large payload is not copied"
    assert unpack(feed(begin + payload)) == ({"op": "x"}, large)
    for cut in range(1, len(whole)):
        with pytest.raises(EOFError):
            unpack(feed(whole[:cut]))
    for bad in (b"\xff" * 20, b"\0\0\0\2\0\0\0\0[]", b"\0\0\0\2\0\0\0\0{x"):
        with pytest.raises(ValueError, match=r"frame|property name"):
            unpack(feed(bad))


def keep(path: Path, pieces: list[bytes], cut: bool = False) -> Keeper:
    with Keeper(path) as keeper:
        for piece in pieces:
            keeper.keep(piece)
        if cut:
            raise TimeoutError
    return keeper


def test_what_is_kept_is_there_and_digested(tmp_path: Path) -> None:
    pieces = [bytes([n]) * PIECE for n in range(20)] + [b"the end"]
    keeper = keep(tmp_path / "result", pieces)
    assert (tmp_path / "result").read_bytes() == b"".join(pieces)
    assert keeper.digest == digest(b"".join(pieces))


def test_what_came_before_a_cut_is_kept_in_order(tmp_path: Path) -> None:
    pieces = [bytes([n]) * PIECE for n in range(3)]
    with pytest.raises(TimeoutError):
        keep(tmp_path / "result", pieces, cut=True)
    assert (tmp_path / "result").read_bytes() == b"".join(pieces)


@pytest.mark.parametrize("sizes", [[PIECE], [PIECE] * 30, [PIECE, 10], [10]], ids=str)
def test_a_full_disk_is_told(sizes: list[int]) -> None:
    with pytest.raises(OSError, match="No space left"):
        keep(Path("/dev/full"), [bytes(size) for size in sizes])


def test_a_job_is_filled_again_when_the_answer_was_lost(agent: Agent, pipes: Pipes) -> None:
    data = digest(b"data")
    for content in (b"data", b"code"):
        agent.ask(OBJECTS + "put", content, digest=digest(content), offset=0)
        agent.ask(OBJECTS + "finish", digest=digest(content))
    inputs = {"data": data}
    for _ in range(2):
        agent.ask(JOBS + "fill", b"{}", job=JOB, code=digest(b"code"), inputs=inputs)
    place = base(pipes) / "jobs" / JOB / parts.INPUTS / "data"
    assert place.read_bytes() == b"data"
    place.unlink()
    place.symlink_to("/etc/passwd")
    with pytest.raises(TargetError, match="leads out of its folder"):
        agent.ask(JOBS + "fill", b"{}", job=JOB, code=digest(b"code"), inputs=inputs)
