"""What is told of a log that ends in a crash: tracebacks that Python itself wrote."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.experiments.crash import TAIL, last_words, telling
from workbench.experiments.runs import Run, get_run
from workbench.project.project import Project
from workbench.records.runs import RunEnded

Queue = Callable[..., Run]

PROGRAM = """\
def outer(depth):
    return inner(depth)

def inner(depth):
    if depth:
        return inner(depth - 1)
    table = {}
    return table["body_mass_g"] + 1

print("read")
try:
    outer(DEPTH)
except KeyError as error:
    raise ValueError("no such column\\nbody_mass_g") from error
"""


@pytest.fixture
def log(tmp_path: Path) -> Callable[[str], bytes]:
    """Run a program that crashes and return what it wrote, stdout and stderr together."""

    def crash(program: str) -> bytes:
        file = tmp_path / "crashing.py"
        file.write_text(program)
        done = subprocess.run(
            [sys.executable, "-u", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
        assert done.returncode == 1
        return done.stdout

    return crash


def test_the_innermost_frames_and_the_error(log: Callable[[str], bytes]) -> None:
    plain = PROGRAM.split("try:")[0].replace("DEPTH", "0") + "outer(0)\n"
    lines = log(plain).decode().splitlines()
    assert telling(lines) == [
        "in <module> (crashing.py, line 11): outer(0)",
        "in outer (crashing.py, line 2): return inner(depth)",
        'in inner (crashing.py, line 8): return table["body_mass_g"] + 1',
        "KeyError: 'body_mass_g'",
    ]
    assert telling(lines, 2) == [
        'in inner (crashing.py, line 8): return table["body_mass_g"] + 1',
        "KeyError: 'body_mass_g'",
    ]


def test_of_several_tracebacks_the_last_and_its_whole_message(log: Callable[[str], bytes]) -> None:
    told = log(PROGRAM.replace("DEPTH", "30")).decode().splitlines()
    told += ["failed: The training ended in an error: no such column", "left over"]
    assert telling(told) == [
        "in <module> (crashing.py, line 14): raise ValueError("
        '"no such column\\nbody_mass_g") from error',
        "ValueError: no such column",
        "body_mass_g",
    ]


def test_a_deep_recursion_is_cut(log: Callable[[str], bytes]) -> None:
    lines = log("def f():\n    return f()\n\nf()\n").decode().splitlines()
    told = telling(lines)
    assert len(told) <= 8
    assert told[-1].startswith("RecursionError: ")
    assert told[0] in {
        "in <module> (crashing.py, line 4): f()",
        "in f (crashing.py, line 2): return f()",
    }
    assert not any("Previous line" in line for line in told)


def test_a_file_that_does_not_compile(log: Callable[[str], bytes]) -> None:
    told = telling(log("x = (\n").decode().splitlines())
    assert told[-1].startswith("SyntaxError: ")


def test_without_a_traceback_the_last_lines() -> None:
    assert telling(["", "one", "  two ", "", "three\x1b[31m", ""], 2) == ["two", "three␛[31m"]
    assert telling([]) == []
    assert telling(["Traceback (most recent call last):"]) == []
    assert telling(["Traceback (most recent call last):", '  File "x", line']) == []


def test_the_log_of_a_run_that_failed(
    project: Project, queued: Queue, log: Callable[[str], bytes]
) -> None:
    run = queued()
    folder = project.paths.job(run.job)
    folder.mkdir(parents=True, exist_ok=True)
    body = log(PROGRAM.replace("DEPTH", "1"))
    (folder / "log").write_bytes(b"noise \xff\n" * TAIL + body)
    assert last_words(project, run) == []  # it is queued
    project.store.append(RunEnded(id=run.id, state="failed", error="exit status 1"))
    failed = get_run(project, run.id)
    assert last_words(project, failed)[-2:] == ["ValueError: no such column", "body_mass_g"]
    (folder / "log").unlink()
    assert last_words(project, failed) == []
