"""From the start of the process to the first frame with Home's real counts, against an empty Textual app.

    python tests/bench/bench_start.py [--runs 10000] [--times 7]

The clock stops when the screen shows the text waited for. Medians, taken turn by turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from bench_store import fill
from ptys import Pty

from workbench.project.project import init_project

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("ready")
Empty().run()
"""


def until(command: list[str], text: str, folder: Path) -> float:
    """Return the seconds from starting `command` until its screen shows `text`."""
    with Pty(command, folder) as terminal:
        return terminal.wait(text)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        project = init_project(folder / "p")
        fill(project.store, asked.runs)
        assert project.store.counts()["runs"] == asked.runs
        workbench = [str(Path(sys.executable).with_name("workbench"))]
        shown = f"{asked.runs:,}"
        empty, ours = [], []
        for _ in range(asked.times):
            empty.append(until([sys.executable, "-c", EMPTY], "ready", folder))
            ours.append(until(workbench, shown, project.root))
    limit, first = statistics.median(empty), statistics.median(ours)
    print(f"{'an empty Textual app':<44} {limit * 1000:9.1f} ms")
    print(
        f"{f'Home with the counts of {shown} runs':<44} {first * 1000:9.1f} ms  {first / limit:6.2f} x"
    )


if __name__ == "__main__":
    main()
