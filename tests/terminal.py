"""The real program in a real terminal: a tmux of its own, keys in, the grid of the pane and all bytes out.

    with Terminal(workbench(root), columns=80, rows=24) as terminal:
        terminal.wait("0 Home")
        terminal.press("3", "Enter")
        assert b"\\x1b]52" not in terminal.written()

Nothing sleeps for luck: `wait` and its like look for a condition until it holds.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 60.0
"""How long a condition may take; only a failing test ever waits that long."""


class Terminal:
    """A pane of `columns` by `rows` that runs `argv`; leaving the block ends its tmux server.

    Everything that the program writes is recorded from its first byte on (`written`): the pane waits
    for the recorder before it starts the program. After the program the pane shows `EXITED-STATUS`.
    """

    def __init__(
        self,
        argv: list[str],
        *,
        columns: int = 100,
        rows: int = 30,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = "wb" + uuid.uuid4().hex[:8]
        self._folder = tempfile.TemporaryDirectory(prefix="terminal-")
        self._record = Path(self._folder.name) / "record"
        settings = {"TERM": "tmux-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
        pairs = [f"{key}={value}" for key, value in (settings | (env or {})).items()]
        # The size is the pane's: tests that run in several processes are given one in these.
        program = shlex.join(["env", "-u", "COLUMNS", "-u", "LINES", *pairs, *argv])
        command = f"tmux wait-for recorded; {program}; echo EXITED-$?; exec sleep 300"
        size = ["-x", str(columns), "-y", str(rows)]
        place = ["-c", str(cwd)] if cwd else []
        self._tmux("new-session", "-d", "-s", self.name, "-n", "window", *size, *place, command)
        self._obey()
        self._tmux("pipe-pane", "-O", "-t", self.name, f"cat > {shlex.quote(str(self._record))}")
        self.until(self._record.exists, "the recorder")
        self._tmux("wait-for", "-S", "recorded")

    def _obey(self) -> None:
        """No line of tmux's own; and whatever a program may ask of a terminal is done, so that it shows."""
        self._tmux("set-option", "-g", "status", "off")
        self._tmux("set-option", "-g", "allow-rename", "on")
        self._tmux("set-option", "-g", "allow-passthrough", "on")
        self._tmux("set-option", "-s", "set-clipboard", "on")

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

    # In

    def press(self, *keys: str) -> None:
        """Send keys by tmux's names (`Enter`, `Escape`, `a`).

        Escape and a key at once are Alt and that key: let something be seen in between.
        """
        for key in keys:
            self._tmux("send-keys", "-t", self.name, key)

    def type(self, text: str) -> None:
        """Send text as it is."""
        self._tmux("send-keys", "-t", self.name, "-l", "--", text)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))

    # Out

    def text(self) -> str:
        """Return what is in the pane."""
        return self._tmux("capture-pane", "-t", self.name, "-p")

    def ansi(self) -> str:
        """Return what is in the pane, with its colours."""
        return self._tmux("capture-pane", "-t", self.name, "-ep")

    def written(self) -> bytes:
        """Return all bytes that were written to the pane so far (the newest may lag a moment)."""
        return self._record.read_bytes()

    def _tell(self, what: str) -> str:
        return self._tmux("display-message", "-p", "-t", self.name, what).rstrip("\n")

    def title(self) -> str:
        """Return the pane's title."""
        return self._tell("#{pane_title}")

    def window(self) -> str:
        """Return the window's name."""
        return self._tell("#{window_name}")

    def cursor(self) -> bool:
        """Tell whether the cursor is shown."""
        return self._tell("#{cursor_flag}") == "1"

    def buffers(self) -> str:
        """Return tmux's paste buffers: what a program may put there by OSC 52."""
        return self._tmux("list-buffers")

    # Waiting

    def until(self, condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        """Return once `condition` holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what} did not come; the pane:\n{self.text()}"
            time.sleep(0.02)

    def wait(self, *wanted: str, seconds: float = SECONDS) -> str:
        """Return the pane's text once all of `wanted` are in it."""
        shown = ""

        def there() -> bool:
            nonlocal shown
            shown = self.text()
            found = all(word in shown for word in wanted)
            assert found or "EXITED-" not in shown, f"{wanted} never came; the pane:\n{shown}"
            return found

        self.until(there, repr(wanted), seconds)
        return shown

    def wait_gone(self, word: str, seconds: float = SECONDS) -> None:
        """Return once `word` is no longer in the pane."""
        self.until(lambda: word not in self.text(), f"the end of {word!r}", seconds)

    def wait_exit(self, seconds: float = SECONDS) -> int:
        """Return the exit status of the program once it has ended and all it wrote is recorded."""
        ended = b"EXITED-"

        def over() -> bool:
            return b"\n" in self.written().rpartition(ended)[2] and ended in self.written()

        self.until(over, "the end of the program", seconds)
        return int(self.written().rpartition(ended)[2].split()[0])

    # Life

    def close(self) -> None:
        """End the tmux server and everything in it; it leaves its socket behind, which goes too."""
        socket = Path(self._tell("#{socket_path}"))
        self._tmux("kill-server")
        socket.unlink(missing_ok=True)
        self._folder.cleanup()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def workbench(root: Path, *argv: str) -> list[str]:
    """Return the command line of the program on the project at `root`."""
    return [sys.executable, "-P", "-m", "workbench", *(argv or ("ui",)), "--project", str(root)]
