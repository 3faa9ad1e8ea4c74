"""The prediction log: append-only JSONL segments, written by a thread off the path of a request.

A line is one answered request: `{"id","at","version","model","rows","inputs","outputs","ms"}`, with
`client_id` when the client gave one. What waits to be written is bounded in lines and in values;
what finds no room, or no space on the disk, is counted as dropped and never slows an answer. So are the
bytes on the disk: beyond them the oldest full segments go, and their lines are counted as expired.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec

from workbench.store.modes import file_mode, make_folder

SEGMENT_BYTES = 64 * 2**20
MOST_BYTES = 2 * 2**30
MOST_LINES = 20_000
MOST_VALUES = 2_000_000
LINES_A_WRITE = 512

logger = logging.getLogger("workbench.serving")


class Prediction(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answered request; `inputs` and `outputs` map a column to its values, `ms` is the latency."""

    id: str
    at: datetime
    version: str
    model: str
    rows: int
    inputs: Mapping[str, Sequence[Any]]
    outputs: Mapping[str, Sequence[Any]]
    ms: float
    client_id: str = ""

    @property
    def values(self) -> int:
        """How many values the line holds: what it weighs in the queue."""
        return self.rows * (len(self.inputs) + len(self.outputs))


class PredictionLog:
    """Writes predictions to `folder`. `add` belongs to one thread; it never blocks.

    Guarantees: each line is whole or absent; a process starts a segment of its own, so that a line
    that a crash cut short stays the last of its file; after `close` everything accepted is on disk.
    """

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        most_bytes: int = MOST_BYTES,
        most_lines: int = MOST_LINES,
        most_values: int = MOST_VALUES,
    ) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._most_bytes = most_bytes
        self._most_lines = most_lines
        self._most_values = most_values
        self._queue: SimpleQueue[Prediction | None] = SimpleQueue()
        # Each counter has one writer: the first four the caller of add, the others the thread.
        self._accepted = self._accepted_values = self._refused = 0
        self._taken = self._taken_values = self.logged = self._lost = self.expired = 0
        self._descriptor = -1
        self._size = 0
        self._encoder = msgspec.json.Encoder()
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Answers that are not in the log: no room in the queue or no space on the disk."""
        return self._refused + self._lost

    def add(self, prediction: Prediction) -> bool:
        """Accept a prediction to be written; False when there is no room for it."""
        waiting = self._accepted - self._taken
        values = self._accepted_values - self._taken_values
        if waiting >= self._most_lines or (waiting and values > self._most_values):
            self._refused += 1
            return False
        self._accepted += 1
        self._accepted_values += prediction.values
        self._queue.put(prediction)
        return True

    def close(self) -> None:
        """Write what was accepted, flush it to disk and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            batch, last = self._collect()
            if batch:
                self._write(batch)
            if last:
                self._end_segment()
                return

    def _collect(self) -> tuple[list[Prediction], bool]:
        """Wait for a prediction and take those behind it, at most LINES_A_WRITE."""
        batch: list[Prediction] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == LINES_A_WRITE or self._queue.empty():
                return batch, False
            item = self._queue.get()
        return batch, True

    def _write(self, batch: list[Prediction]) -> None:
        lines = b"".join(self._encoder.encode(prediction) + b"\n" for prediction in batch)
        try:
            self._append(lines)
            self.logged += len(batch)
        except OSError as error:
            self._lost += len(batch)
            logger.warning("The prediction log cannot be written: %s", error.strerror)
            time.sleep(0.1)  # a full disk stays full for a while; the queue bounds what gathers
        self._taken += len(batch)
        self._taken_values += sum(prediction.values for prediction in batch)

    def _append(self, lines: bytes) -> None:
        """Write whole lines at the end of the segment, or leave the segment as it was."""
        if self._descriptor < 0 or self._size >= self._segment_bytes:
            self._next_segment()
        view = memoryview(lines)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(lines)

    def _make_room(self) -> None:
        """Remove the oldest full segments beyond the bound; one that is not full may be written yet."""
        found = sorted(path for path in self._folder.glob("*.jsonl") if path.stem.isdecimal())
        sizes = {path: path.stat().st_size for path in found}
        total = sum(sizes.values())
        for path in found:
            if total <= self._most_bytes:
                return
            if sizes[path] < self._segment_bytes:
                continue
            with path.open("rb") as stream:
                lines = sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
            path.unlink()
            self.expired += lines
            total -= sizes[path]
            logger.info("prediction log: %s is removed to make room, %d lines", path.name, lines)

    def _next_segment(self) -> None:
        self._end_segment()
        make_folder(self._folder)
        with contextlib.suppress(FileNotFoundError):  # another process makes room, too
            self._make_room()
        taken = [int(p.stem) for p in self._folder.glob("*.jsonl") if p.stem.isdecimal()]
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        for number in range(max(taken, default=0) + 1, 10**9):
            path = self._folder / f"{number:06d}.jsonl"
            try:
                self._descriptor = os.open(path, flags, file_mode(self._folder))
            except FileExistsError:
                continue  # another process of this deployment was quicker
            self._size = 0
            return

    def _end_segment(self) -> None:
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.fsync(descriptor)
        except OSError as error:
            logger.warning("The prediction log cannot be flushed: %s", error.strerror)
        finally:
            os.close(descriptor)
