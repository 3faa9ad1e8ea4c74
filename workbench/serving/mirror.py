"""What a deployment elsewhere wrote, copied into its folder here byte for byte: logs, figures, news."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from workbench.compute.serving import Looked, SeatSeen
from workbench.files import write_atomic
from workbench.serving.folder import Folder, Told
from workbench.serving.metrics import SLOT_SECONDS, Metrics
from workbench.store.modes import file_mode, make_folder

READS_A_TURN = 8
"""Pieces of 1 MiB that are copied between two looks."""

_SEGMENT = re.compile(r"predictions/[0-9]{6,9}\.jsonl")

S = TypeVar("S", bound=msgspec.Struct)
Read = Callable[[str, int], bytes]
"""Reads from a file there: its name and an offset."""


class Mirror:
    """Copies into `folder`. The target's clock may go otherwise than ours: what it says is set right."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._metrics: dict[int, bytes] = {}
        self._told: dict[int, Told] = {}

    def copy(self, looked: Looked, read: Read, *, everything: bool = False) -> bool:
        """Copy what has been appended to each file; True when nothing is left to copy.

        A segment that is gone there goes here, too: the server made room.
        """
        left = READS_A_TURN
        names = [name for name in looked.files if name == "log" or _SEGMENT.fullmatch(name)]
        for name in names:
            path = self._folder.root / name
            make_folder(path.parent)
            have = path.stat().st_size if path.exists() else 0
            while have < looked.files[name]:
                if not everything and not left:
                    return False
                piece = read(name, have)
                if not piece:
                    break
                _append(path, piece[: looked.files[name] - have])
                have += len(piece)
                left -= 1
        self._make_room({Path(name).name for name in names})
        return True

    def told(self, seen: SeatSeen, shift: float, port: int) -> Told | None:
        """Return what a process there tells, its times by the clock here and its port the one here.

        What it says is also written where everybody looks. `shift` is the clock here minus there.
        """
        folder = self._folder.at(seen.number)
        told = _decoded(seen.told, Told)
        if told is None:
            return None
        told = msgspec.structs.replace(
            told,
            at=told.at and told.at + shift,
            since=told.since and told.since + shift,
            port=told.port and port,
        )
        if told != self._told.get(seen.number):
            self._told[seen.number] = told
            folder.make_own()
            folder.write_told(told)
        if seen.metrics != self._metrics.get(seen.number):
            self._metrics[seen.number] = seen.metrics
            metrics = _decoded(seen.metrics, Metrics)
            if metrics is not None:
                folder.make_own()
                folder.write_metrics(_shifted(metrics, shift))
        return told

    def _make_room(self, there: set[str]) -> None:
        with contextlib.suppress(FileNotFoundError):
            here = sorted(path for path in self._folder.predictions.iterdir())
            segments = [path for path in here if path.suffix == ".jsonl"]
            if not any(path.name in there for path in segments):
                return  # nothing is there any more: what was copied is all that is left
            for path in segments:
                if path.name not in there:
                    path.unlink()


def _decoded(data: bytes, kind: type[S]) -> S | None:
    try:
        return msgspec.json.decode(data, type=kind) if data else None
    except msgspec.MsgspecError:
        return None  # a damaged file there is as good as none


def _shifted(metrics: Metrics, shift: float) -> Metrics:
    """Return the figures with their times by our clock: without a shift, as they came."""
    slots = round(shift / SLOT_SECONDS)
    moved = {place + slots: series for place, series in metrics.slots.items()}
    return msgspec.structs.replace(metrics, at=metrics.at + shift, slots=moved)


def _append(path: Path, data: bytes) -> None:
    if not path.exists():
        write_atomic(path, b"", mode=file_mode(path.parent), sync=False)
    with path.open("ab") as stream:
        stream.write(data)
