"""The real program in a real terminal: a tmux of its own, keys in, the grid of the pane out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]


class Terminal:
    """A pane of `columns` by `rows` that runs `argv`; leaving the block ends its tmux server."""

    def __init__(
        self,
        argv: list[str],
        *,
        columns: int = 100,
        rows: int = 30,
        env: dict[str, str] | None = None,
    ) -> None:
        self.name = "wb" + uuid.uuid4().hex[:8]
        settings = {"TERM": "tmux-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        pairs = [f"{key}={value}" for key, value in (settings | (env or {})).items()]
        command = shlex.join(["env", *pairs, *argv]) + "; echo EXITED-$?; exec sleep 300"
        self._tmux(
            "new-session", "-d", "-s", self.name, "-x", str(columns), "-y", str(rows), command
        )
        self._tmux("set-option", "-g", "status", "off")

    def _tmux(self, *argv: str) -> str:
        # An empty TMUX, so that the test may itself be run inside of tmux.
        done = subprocess.run(
            ["tmux", "-L", self.name, "-f", "/dev/null", *argv],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"TMUX": "", "LC_ALL": "C.UTF-8"},
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names (`Enter`, `Escape`, `a`)."""
        for key in keys:
            self._tmux("send-keys", "-t", self.name, key)

    def type(self, text: str) -> None:
        """Send text as it is."""
        self._tmux("send-keys", "-t", self.name, "-l", text)

    def text(self) -> str:
        """Return what is in the pane."""
        return self._tmux("capture-pane", "-t", self.name, "-p")

    def ansi(self) -> str:
        """Return what is in the pane, with its colours."""
        return self._tmux("capture-pane", "-t", self.name, "-ep")

    def title(self) -> str:
        """Return the pane's title."""
        return self._tmux("display-message", "-p", "-t", self.name, "#{pane_title}").strip()

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))

    def wait(self, *wanted: str, seconds: float = 60) -> str:
        """Return the pane's text once all of `wanted` are in it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.text()
            if all(word in shown for word in wanted):
                return shown
            time.sleep(0.05)
        raise AssertionError(f"{wanted} did not come; the pane:\n{self.text()}")

    def wait_gone(self, word: str, seconds: float = 60) -> None:
        """Return once `word` is no longer in the pane."""
        end = time.monotonic() + seconds
        while word in self.text():
            assert time.monotonic() < end, f"{word} stays; the pane:\n{self.text()}"
            time.sleep(0.05)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")


def workbench(root: Path, *argv: str) -> list[str]:
    """Return the command line of the program on the project at `root`."""
    return [sys.executable, "-P", "-m", "workbench", *(argv or ("ui",)), "--project", str(root)]
