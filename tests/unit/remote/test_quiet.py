"""Nobody is left over there when this side goes without a word, and nobody who left is asked again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.pipes import Pipes

from workbench.compute.place import digest
from workbench.ids import new_ulid
from workbench.remote import results
from workbench.remote.agent.serve import QUIET
from workbench.remote.agent.wire import frame, unpack
from workbench.remote.link import Agent
from workbench.remote.pool import REST, Pool

KEEP = "from workbench.remote.agent.serve import main; main({folder!r}, quiet={quiet})"
FACTS = "workbench.remote.agent.facts.facts"


def serve(folder: Path, quiet: float) -> subprocess.Popen[bytes]:
    """Start an agent's loop that was not sent there, so that its patience can be short."""
    # Its requests may name what is loaded there alone.
    words = "import workbench.remote.agent.facts; " + KEEP.format(folder=str(folder), quiet=quiet)
    return subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize("half", [False, True])
def test_an_agent_ends_once_nobody_speaks_to_it(tmp_path: Path, half: bool) -> None:
    """Its stdin stays open as that of a line which swallows packets does, also in the middle of a frame."""
    asked = b"".join(frame({"op": FACTS, "index": ""}, b""))
    with serve(tmp_path, 5) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            time.sleep(2)  # within its patience, which begins anew with every byte
            process.stdin.write(asked)
            process.stdin.flush()
            assert unpack(process.stdout.read) is not None
        if half:
            process.stdin.write(asked[: len(asked) // 2])
            process.stdin.flush()
        heard = time.monotonic()
        assert process.wait(30) == 0
        assert time.monotonic() - heard > 4
        assert process.stdout.read() == b""


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Pipes]:
    pipes = Pipes(tmp_path, sys.executable)
    yield pipes
    pipes.close()


def test_who_rested_too_long_is_let_go(pipes: Pipes) -> None:
    """Before it ends by itself, so that no question goes to somebody who has just left."""
    assert REST < QUIET
    opened: list[Agent] = []

    def open_one() -> Agent:
        opened.append(Agent(pipes.open_agent(), "there"))
        return opened[-1]

    pool = Pool(open_one, rest=2)
    for _ in range(2):
        pool.use(lambda agent: agent.ask(FACTS, index=""))
    assert len(opened) == 1
    time.sleep(2.1)
    pool.use(lambda agent: agent.ask(FACTS, index=""))
    assert len(opened) == 2
    assert opened[0].broken
    assert not opened[1].broken
    pool.close()
    assert all(agent.broken for agent in opened)


def test_nobody_is_asked_once_what_was_there_before_is_read(
    pipes: Pipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes longer than an agent waits, if it is large: here it is gone at the first of it."""
    job, into = new_ulid(), tmp_path / "into"
    there = pipes.home / ".local/state/workbench/jobs" / job / "out"
    for folder, size in ((there, 3000), (into, 1000)):
        folder.mkdir(parents=True)
        for name in ("first", "second"):
            (folder / name).write_bytes(name.encode() * size)
    agent = Agent(pipes.open_agent(), "there")

    def slowly(path: Path) -> str:
        agent.close()
        return digest(path)

    monkeypatch.setattr(results, "digest", slowly)
    results.fetch_results(agent, job, into, lambda _: None)
    assert agent.broken
    for name in ("first", "second"):
        assert (into / name).read_bytes() == name.encode() * 3000
