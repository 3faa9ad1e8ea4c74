"""Reading the end of a prediction log: the newest answers, without reading what lies before them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.serving.predictions import Prediction

BYTES = 1024 * 1024
"""How much of the end of a segment is read."""


def newest(folder: Path, most: int = 50) -> list[Prediction]:
    """Return the `most` newest predictions logged in `folder`, the newest first.

    At most 1 MiB of each of the last two segments is read; a line that is cut or damaged is left out.
    """
    segments = sorted(path for path in folder.glob("*.jsonl") if path.stem.isdecimal())
    found: list[Prediction] = []
    for path in reversed(segments[-2:]):
        found += reversed(_end_of(path))
        if len(found) >= most:
            break
    return found[:most]


def _end_of(path: Path) -> list[Prediction]:
    """Return the predictions in the last bytes of a segment, in its order."""
    try:
        with path.open("rb") as stream:
            end = stream.seek(0, 2)
            begin = max(end - BYTES, 0)
            stream.seek(begin)
            data = stream.read(BYTES)
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
