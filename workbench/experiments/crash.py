"""The last lines of a run's log that tell why it failed: the end of its traceback, else of the log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.text import clean

if TYPE_CHECKING:
    from workbench.experiments.rows import RunRow
    from workbench.project.project import Project

TAIL = 64 * 1024
"""Bytes at the log's end that are looked through."""
MOST = 8
"""Lines that are told."""
_HEAD = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(?P<file>[^"]*)", line (?P<line>\d+)(?:, in (?P<where>.*))?')
_MARKS = re.compile(r"[\s^~]+")
_WORDS = 200
"""Characters of a line."""


def last_words(project: Project, run: RunRow, most: int = MOST) -> list[str]:
    """Return what the log of a run that failed ends with, cleaned; empty for others and without a log."""
    if run.state != "failed":
        return []
    path = project.paths.job(run.job) / "log"
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - TAIL))
            tail = stream.read()
    except OSError:  # it never started, or its folder was cleared
        return []
    return telling(tail.decode("utf-8", "replace").splitlines(), most)


def telling(lines: Sequence[str], most: int = MOST) -> list[str]:
    """Return the lines that matter of a log that ends in a crash: innermost frames, then the error. Pure.

    A frame is one line, `in fit (hgb.py, line 12): model.fit(x)`. Without a traceback these are the
    last lines that are not blank.
    """
    starts = [at for at, line in enumerate(lines) if line.rstrip() == _HEAD]
    if not starts:
        return [clean(line.strip(), _WORDS) for line in lines if line.strip()][-most:]
    frames, rest = _frames(lines[starts[-1] + 1 :])
    error: list[str] = []
    for line in rest:
        # Our worker says the reason once more below the traceback, as it says everything else.
        if not line.strip() or line.startswith("failed: "):
            break
        error.append(clean(line.strip(), _WORDS))
    error = error[: max(most // 2, 1)]
    return [*frames[len(frames) - min(most - len(error), len(frames)) :], *error]


def _frames(lines: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """Return the frames of a traceback, each as one line, and what follows them."""
    frames: list[str] = []
    for at, line in enumerate(lines):
        frame = _FRAME.fullmatch(line.rstrip())
        if frame is not None:
            name = frame["file"].replace("\\", "/").rpartition("/")[2]
            within = f"in {frame['where']} " if frame["where"] else ""
            frames.append(clean(f"{within}({name}, line {frame['line']})", _WORDS))
        elif not line.startswith(" "):
            return frames, lines[at:]
        elif frames and not _MARKS.fullmatch(line) and not line.lstrip().startswith("[Previous"):
            joint = " " if ": " in frames[-1] else ": "
            frames[-1] = clean(frames[-1] + joint + line.strip(), _WORDS)
    return frames, []
