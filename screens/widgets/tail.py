"""Reading a growing file from its end, by offset, in pieces: no widget, no thread of its own."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from workbench.text import clean

PIECE = 256 * 1024
"""Bytes of one read."""
BEGIN = 1024 * 1024
"""How much of a long file is read at first."""
KEPT = 20_000
"""Lines that are kept."""


class Tail:
    """The last lines of `path`, cleaned. Call `read` until it returns False; then again later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.cut = False
        """Whether the file is longer than what is kept."""
        self.gone = 0
        """How many lines that were kept have been let go."""
        self._offset = -1
        self._rest = b""

    @property
    def partial(self) -> str:
        """The last line, while it has no end yet."""
        return self._line(self._rest) if self._rest else ""

    def read(self) -> bool:
        """Read the next piece; False when there was nothing new. A file that shrank is read anew."""
        try:
            with self.path.open("rb") as stream:
                end = stream.seek(0, 2)
                if self._offset < 0 or end < self._offset:
                    self._begin(end)
                stream.seek(self._offset)
                piece = stream.read(PIECE)
        except FileNotFoundError:
            return False
        if not piece:
            return False
        self._offset += len(piece)
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if self.cut and not self.lines and whole:
            whole = whole[1:]  # begun in the middle of a line
        over = max(len(self.lines) + len(whole) - KEPT, 0)
        self.cut, self.gone = self.cut or over > 0, self.gone + over
        self.lines.extend(self._line(line) for line in whole)
        if len(self._rest) > PIECE:  # a line without end is shown in pieces
            self.lines.append(self._line(self._rest))
            self._rest = b""
        return True

    def _begin(self, end: int) -> None:
        self.lines.clear()
        self.gone = 0
        self._rest = b""
        self._offset = max(end - BEGIN, 0)
        self.cut = self._offset > 0

    @staticmethod
    def _line(raw: bytes) -> str:
        # A progress bar redraws its line by carriage returns: its last state is the line.
        text = raw.decode("utf-8", "replace").rstrip("\r")
        return clean(text.rpartition("\r")[2], 2000).expandtabs(4)
