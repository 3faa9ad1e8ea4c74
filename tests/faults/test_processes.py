"""Many real processes on one project, and writers that are killed at any moment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal, workbench

from workbench.project.project import init_project, open_project

HERE = Path(__file__).parent


def script(name: str, *args: str) -> dict[str, Any]:
    """Run one of the scripts beside this file and return what it answers."""
    done = subprocess.run(
        [sys.executable, str(HERE / name), *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_eight_processes_write_while_three_read() -> None:
    counts = script("crowd.py", "--writers", "8", "--readers", "3", "--units", "24")
    assert counts["acknowledged"] >= 8 * 16
    # The project's own first unit is the one that nobody of them wrote.
    assert counts["units"] == counts["acknowledged"] + 1


@pytest.mark.real("tmux")
def test_eight_processes_write_while_the_interface_is_open(tmp_path: Path) -> None:
    root = tmp_path / "p"
    init_project(root, "faults")
    with Terminal(workbench(root)) as terminal:
        terminal.wait("Nothing was done yet")
        counts = script(
            *("crowd.py", "--writers", "8", "--readers", "0", "--units", "24"),
            *("--project", str(root)),
        )
        assert counts["units"] == counts["acknowledged"] + 1
        runs = open_project(root, via="test").store.counts()["runs"]
        assert runs == 8 * 16, "two of three units make a run"
        terminal.wait(f"{runs} runs")  # it saw them all, by itself
        terminal.press("3")
        terminal.wait(f"Runs {runs}")
        terminal.press("q")
        assert terminal.wait_exit() == 0


@pytest.mark.timeout(600)
def test_two_hundred_writers_are_killed() -> None:
    counts = script("kill9.py", "--rounds", "200")
    assert counts["rounds"] == 200
    assert counts["held_a_lock"] > 20, "kills must hit writers at work"
    # A unit may stand without having been acknowledged: its writer was killed in between.
    assert counts["acknowledged"] < counts["units"] <= counts["acknowledged"] + 201
