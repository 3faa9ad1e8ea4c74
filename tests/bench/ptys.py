"""A program on a pseudo-terminal of 100x30, fed to a terminal emulator: what a person sees, timed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pyte

COLUMNS, ROWS = 100, 30


class Pty:
    """`command` started in `folder`; `began` is when. Leaving the block kills it."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._end, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=child,
            stdout=child,
            stderr=child,
            cwd=folder,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(child)

    def __enter__(self) -> Pty:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._end)

    def send(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._end, keys.encode())

    def read(self, seconds: float) -> bool:
        """Take what comes within `seconds`; False when nothing did."""
        if not select.select([self._end], [], [], seconds)[0]:
            return False
        self._stream.feed(os.read(self._end, 65536))
        return True

    def wait(self, text: str, seconds: float = 60) -> float:
        """Return the seconds from the start of the program until its screen shows `text`."""
        while time.perf_counter() - self.began < seconds:
            if self.read(0.05) and any(text in line for line in self.screen.display):
                return time.perf_counter() - self.began
        raise TimeoutError(f"{text!r} did not come\n" + "\n".join(self.screen.display))

    def still(self, calm: float = 0.3) -> None:
        """Take everything until nothing has come for `calm` seconds."""
        while self.read(calm):
            pass

    def answer(self, keys: str) -> float:
        """Return the seconds from typing `keys` to the first bytes of the frame that answers."""
        typed = time.perf_counter()
        self.send(keys)
        if not self.read(10):
            raise TimeoutError(f"{keys!r} changed nothing")
        return time.perf_counter() - typed
