"""How far a job is on its way, and what it uses: two small files in its folder here.

The runner writes them (`stage.json`, `usage.json`) by rename, at most four times a second; screens and
commands read them. They are news, not records: what is missing or damaged is as if nothing was said.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from workbench.compute.contract import Stage
from workbench.compute.limits import Usage
from workbench.files import write_atomic
from workbench.store.modes import file_mode, make_folder

STAGE, USAGE = "stage.json", "usage.json"
EVERY = 0.25
"""Seconds between two writings of one file."""
WINDOW = 5.0
"""Seconds over which a rate is taken: long enough to be calm, short enough to be of now."""

S = TypeVar("S", bound=msgspec.Struct)


class StageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The newest stage of a job: `done` of `total` in `unit`, `rate` units a second, `at` Unix seconds.

    `total` 0 is not known; `note` says what a `waiting` one waits for. `rate` is None
    where nothing is counted or too little has been seen.
    """

    name: str
    done: int = 0
    total: int = 0
    unit: Literal["", "bytes", "packages"] = ""
    note: str = ""
    rate: float | None = None
    at: float

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None where it cannot be counted."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    def age(self, now: float) -> float:
        """Return how many seconds ago it was said; `now` in Unix seconds."""
        return max(now - self.at, 0.0)


class UsageSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What a job used when it was last looked at, `at` Unix seconds.

    `cpu` in seconds so far, `memory` and `peak` in bytes; `cores` is how many it kept busy lately,
    None while that has not been seen.
    """

    cpu: float
    memory: int
    peak: int
    cores: float | None = None
    at: float


def write_stage(folder: Path, stage: Stage) -> None:
    """Say in a job's `folder` (made when missing) how far it is. OSError passes.

    Called as often as one likes: what comes within a quarter of a second is left out, but for a
    new stage and the end of one.
    """
    now = time.time()
    meter = _meter(folder, STAGE)
    with meter.lock:
        fresh = meter.name != stage.name
        if fresh:
            meter.begin(stage.name)
        complete = stage.total > 0 and stage.done >= stage.total
        if not (fresh or complete or now - meter.written >= EVERY):
            return
        rate = meter.rate(now, stage.done)
        seen = StageSeen(
            name=stage.name,
            done=stage.done,
            total=stage.total,
            unit=stage.unit,
            note=stage.note,
            rate=rate,
            at=now,
        )
        _write(folder, STAGE, seen)
        meter.written = now


def write_usage(folder: Path, usage: Usage) -> None:
    """Say in a job's `folder` (made when missing) what it uses, at most four times a second."""
    now = time.time()
    meter = _meter(folder, USAGE)
    with meter.lock:
        if now - meter.written < EVERY:
            return
        cores = meter.rate(now, usage.cpu)
        seen = UsageSeen(cpu=usage.cpu, memory=usage.memory, peak=usage.peak, cores=cores, at=now)
        _write(folder, USAGE, seen)
        meter.written = now


def read_stage(folder: Path) -> StageSeen | None:
    """Return how far the job is on its way; None when nothing is said, or nothing that can be read."""
    return _read(folder / STAGE, StageSeen)


def read_usage(folder: Path) -> UsageSeen | None:
    """Return what the job used when it was last looked at; None when nothing is known."""
    return _read(folder / USAGE, UsageSeen)


def clear_stage(folder: Path) -> None:
    """Take the stage away: the job is where it was going."""
    _forget(folder, STAGE)
    with suppress(OSError):
        (folder / STAGE).unlink(missing_ok=True)


def end_usage(folder: Path) -> None:
    """Forget what was measured of a job that has ended; what it used last stays."""
    _forget(folder, USAGE)


class _Meter:
    """When a file was last written, and the figures from which its rate is taken."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.written = 0.0
        self.name = ""
        self._figures: deque[tuple[float, float]] = deque()

    def begin(self, name: str) -> None:
        self.name = name
        self._figures.clear()

    def rate(self, now: float, figure: float) -> float | None:
        """Note a figure and return how much it grows a second, over the window."""
        if self._figures and figure < self._figures[-1][1]:
            self._figures.clear()  # it began anew
        self._figures.append((now, figure))
        # One figure from before the window stays: without it a slow rate would never be seen.
        while len(self._figures) > 2 and self._figures[1][0] <= now - WINDOW:
            self._figures.popleft()
        began, before = self._figures[0]
        return (figure - before) / (now - began) if now - began >= EVERY else None


_LOCK = threading.Lock()
_METERS: dict[tuple[str, str], _Meter] = {}


def _meter(folder: Path, name: str) -> _Meter:
    with _LOCK:
        return _METERS.setdefault((str(folder), name), _Meter())


def _forget(folder: Path, name: str) -> None:
    with _LOCK:
        _METERS.pop((str(folder), name), None)


def _write(folder: Path, name: str, value: msgspec.Struct) -> None:
    make_folder(folder)
    data = msgspec.json.encode(value)
    write_atomic(folder / name, data, mode=file_mode(folder), sync=False)


def _read(path: Path, kind: type[S]) -> S | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
