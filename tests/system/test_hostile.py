"""A hostile CSV through the whole program: nothing that was planted reaches the terminal.

Everything that the program writes to a real terminal is recorded and judged (`hostile.complaints`),
while the visible form of the text must be there; and the terminal must be as it was before.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
from hostile_commands import Said, answered, heard, refused, run_all
from hostile_project import Answering, Stage, staged
from hostile_walk import walk
from terminal import Terminal
from terminal import workbench as workbench_words

pytestmark = pytest.mark.real("tmux")


@pytest.fixture(scope="module")
def stage(workbench: Answering) -> Iterator[Stage]:
    # A short path, the same however the tests are run: the screens wrap it where they show it.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        staged(Path(folder), workbench) as made,
    ):
        yield made


def unharmed(terminal: Terminal) -> None:
    """The terminal is as it was and was given nothing that it should not be given."""
    assert hostile.complaints(terminal.written()) == []
    assert (terminal.window(), terminal.buffers()) == ("window", "")
    assert "PWNED" not in terminal.title()


# The judge itself


@pytest.mark.parametrize("cell", [cell for cell in hostile.CELLS if not cell.isprintable()])
def test_the_judge_knows_each_cell(cell: str) -> None:
    assert hostile.complaints(b"before " + cell.encode("utf-8") + b" after")


def test_a_program_that_writes_the_file_as_it_is_is_caught(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(hostile.table())
    with Terminal(["cat", str(file)]) as terminal:
        terminal.until(lambda: "PWNED" in terminal.title(), "the title")
        assert terminal.window() == "PWNED"
        assert terminal.buffers()
        assert hostile.complaints(terminal.written())
    with Terminal(["printf", r"\033[?25l"]) as terminal:
        terminal.until(lambda: not terminal.cursor(), "the end of the cursor")


# The command line


def test_commands(stage: Stage, tmp_path: Path) -> None:
    answers, refusals = answered(stage, tmp_path), refused(stage)
    by_people = answers + refusals
    by_programs = answers + refusals[::4]  # every refusal becomes JSON in one place
    with (
        run_all(stage, by_people, tmp_path / "people") as people,
        run_all(stage, by_programs, tmp_path / "programs", "--json") as programs,
    ):
        for terminal in (people, programs):
            assert terminal.wait_exit(280) == 0
        for said in heard(by_people, people.written()):
            told_to_people(said)
        for said in heard(by_programs, programs.written()):
            told_to_programs(said)
        for terminal in (people, programs):
            unharmed(terminal)
            assert terminal.cursor()


def told_to_people(said: Said) -> None:
    assert said.status == said.command.status, said
    assert hostile.complaints(said.text.encode()) == [], said.command
    assert "cli/main.py" not in said.text, said  # a traceback of ours
    assert bool(hostile.SHOWN.search(said.text)) or not said.command.shows, said


def told_to_programs(said: Said) -> None:
    """All of it is JSON, and what was hostile is in it unchanged."""
    assert said.status == said.command.status, said
    assert hostile.complaints(said.text.encode()) == [], said.command
    found = [text for line in said.text.splitlines() if line for text in strings(json.loads(line))]
    assert any(hostile.planted(text) for text in found) or not said.command.shows, said


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


# The interface


@pytest.mark.parametrize(("columns", "rows"), [(100, 30), (80, 24)])
def test_screens(stage: Stage, columns: int, rows: int) -> None:
    # Fresh: each size walks the same way, wherever the one before it left off.
    program = workbench_words(stage.root, "ui", "--fresh")
    with Terminal(program, columns=columns, rows=rows, env=stage.environment) as terminal:
        title = terminal.title()
        walk(terminal, stage.root.parent, wide=columns >= 100)
        assert not terminal.cursor()
        unharmed(terminal)
        assert terminal.title() == title
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.cursor()
        unharmed(terminal)
