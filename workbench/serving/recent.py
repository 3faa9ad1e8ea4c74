"""Reading the end of a prediction log: the newest answers, without reading what lies before them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.serving.predictions import Prediction

BYTES = 1024 * 1024
"""How much of the ends of segments is read, all together."""
SEGMENTS = 16
"""Segments that are looked at, those that were written last; each process writes one of its own."""


def newest(folder: Path, most: int = 50) -> list[Prediction]:
    """Return the `most` newest predictions logged in `folder`, the newest first.

    At most 1 MiB of the ends of the last segments is read; a line that is cut or damaged is left out.
    """
    segments = [path for path in folder.glob("*.jsonl") if path.stem.isdecimal()]
    last = sorted(segments, key=_written, reverse=True)[:SEGMENTS]
    found = [each for path in last for each in reversed(_end_of(path, BYTES // len(last)))]
    return sorted(found, key=lambda each: each.at, reverse=True)[:most]


def _written(path: Path) -> tuple[int, str]:
    """Return when a segment was written last; one that was taken away is the oldest."""
    try:
        return path.stat().st_mtime_ns, path.name
    except FileNotFoundError:
        return 0, path.name


def _end_of(path: Path, most: int) -> list[Prediction]:
    """Return the predictions in the last bytes of a segment, in its order."""
    try:
        with path.open("rb") as stream:
            end = stream.seek(0, 2)
            begin = max(end - most, 0)
            stream.seek(begin)
            data = stream.read(most)
    except FileNotFoundError:
        return []
    lines = data.split(b"\n")[:-1]
    if begin:
        lines = lines[1:]  # begun in the middle of a line
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Prediction))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    return found
