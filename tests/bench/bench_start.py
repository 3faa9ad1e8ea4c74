"""From the start of the process to the first frame with Home's real counts, against an empty Textual app.

    python tests/bench/bench_start.py [--runs 10000] [--times 7]

Both are started on a pseudo-terminal of 100x30 and their bytes are fed to a terminal emulator; the
clock stops when the emulator's screen shows the text waited for. Medians, taken turn by turn.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte
from bench_store import fill

from workbench.project.project import init_project

COLUMNS, ROWS = 100, 30
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("ready")
Empty().run()
"""


def until(command: list[str], text: str, cwd: Path) -> float:
    """Return the seconds from starting `command` until its screen shows `text`."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=cwd,
        env=environment,
        start_new_session=True,
    )
    os.close(child)
    try:
        while time.perf_counter() - began < 30:
            if select.select([parent], [], [], 0.05)[0]:
                stream.feed(os.read(parent, 65536))
                if any(text in line for line in screen.display):
                    return time.perf_counter() - began
        raise TimeoutError("\n".join(screen.display))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(parent)


def main() -> None:
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
