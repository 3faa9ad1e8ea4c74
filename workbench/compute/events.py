"""What a worker says while it works: one JSON line an event in `events.jsonl`, appended as it happens.

Imports msgspec and the standard library only: the worker on a target carries it. The file is
written by one process, copied byte by byte (perhaps while a line is being written) and read by
several, so a reader takes whole lines only, skips what it cannot read, and counts that.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec

from workbench.numbers import Figure, to_figure

LINE_CAP = 256 * 1024
"""The longest line that is read, in bytes; a longer one is skipped."""

_READ = 1024 * 1024


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t: float = msgspec.field(default_factory=time.time)  # Unix seconds, the worker's clock


class Phase(_Event, frozen=True, kw_only=True, tag="phase"):
    """A stretch of the work is at `done` of `total` steps (`fold` 2 of 5); total 0: not known."""

    name: str
    done: int = 0
    total: int = 0


class Metric(_Event, frozen=True, kw_only=True, tag="metric"):
    """A figure at a step (fold, epoch, iteration) of the work."""

    name: str
    value: Figure
    step: int = 0


class Message(_Event, frozen=True, kw_only=True, tag="message"):
    """A sentence for the person."""

    text: str
    level: Literal["info", "warning", "error"] = "info"


class Failure(_Event, frozen=True, kw_only=True, tag="failure"):
    """The work cannot go on. `error` is WorkbenchError.as_dict(): code, what, where, why, fix."""

    error: dict[str, str]


Event = Phase | Metric | Message | Failure


class EventWriter:
    """Appends events to a file, one write a line, so that a kill leaves at most one half line."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(
            path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
        )
        self._encoder = msgspec.json.Encoder()

    def write(self, event: Event) -> None:
        """Append one event."""
        line = self._encoder.encode(event) + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def phase(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say how far a stretch of the work is."""
        self.write(Phase(name=name, done=done, total=total))

    def metric(self, name: str, value: float, step: int = 0) -> None:
        """Say a figure; it may be infinite or not a number."""
        self.write(Metric(name=name, value=to_figure(value), step=step))

    def message(self, text: str, level: Literal["info", "warning", "error"] = "info") -> None:
        """Say a sentence."""
        self.write(Message(text=text, level=level))

    def failure(self, error: dict[str, str]) -> None:
        """Say why the work cannot go on (WorkbenchError.as_dict())."""
        self.write(Failure(error=error))

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class EventReader:
    """Reads a growing `events.jsonl` from where it stopped.

    `offset` is the byte behind the last whole line read; `skipped` counts lines that no event could
    be made of (damaged, too long, or of a kind that this version does not know).
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Event)
        self._inside_long_line = False

    def read(self) -> list[Event]:
        """Return the events of the lines completed since the last call; none where no file is yet."""
        try:
            stream = self.path.open("rb")
        except FileNotFoundError:
            return []
        found: list[Event] = []
        with stream:
            while True:
                stream.seek(self.offset)
                data = stream.read(_READ)
                used = self._take(data, found)
                self.offset += used
                if used == 0 or len(data) < _READ:
                    return found

    def _take(self, data: bytes, found: list[Event]) -> int:
        """Add the events of the whole lines in `data` to `found`; return how many bytes are used."""
        end = data.rfind(b"\n") + 1
        for line in data[:end].split(b"\n")[:-1]:
            if self._inside_long_line:
                self._inside_long_line = False
            elif len(line) > LINE_CAP:
                self.skipped += 1
            elif line.strip():
                self._decode(line, found)
        if len(data) - end > LINE_CAP:
            # No event is that long: step over what is there so far and over the rest of the line.
            self.skipped += not self._inside_long_line
            self._inside_long_line = True
            return len(data)
        return end

    def _decode(self, line: bytes, found: list[Event]) -> None:
        try:
            found.append(self._decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.skipped += 1
