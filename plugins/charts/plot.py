"""plotext behind one lock: it has a single figure for the whole process."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.text import ELLIPSIS, clean

_LOCK = threading.Lock()


@contextmanager
def figure(width: int, height: int, *, colour: bool) -> Iterator[Any]:
    """Give an empty plotext figure of this size to one thread at a time.

    Only numbers and ASCII may be drawn with it: it counts every character as one cell wide.
    """
    import plotext  # 60 ms

    with _LOCK:
        plotext.terminal.limit(False, False)
        drawing = plotext.figure
        drawing.clear()
        drawing.plot_size(width, height)
        drawing.theme("simple" if colour else "colorless")
        try:
            yield drawing
        finally:
            drawing.clear()


def lines_of(drawing: Any, height: int, *, colour: bool) -> list[str]:
    """Build the figure into exactly `height` lines."""
    lines: list[str] = drawing.build().string(colorless=not colour).rstrip("\n").split("\n")
    lines = [line if colour else line.rstrip() for line in lines[:height]]
    return lines + [""] * (height - len(lines))


def cells(text: str) -> int:
    """Return how many cells of a terminal a cleaned text takes."""
    return sum(_cells(sign) for sign in text)


def _cells(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def fit(value: object, width: int) -> str:
    """Return a value as cleaned text of exactly `width` cells, cut with an ellipsis or padded."""
    text = clean(value, max(width, 1) * 4)
    if cells(text) > width:
        kept, used = "", 0
        for sign in text:
            if used + _cells(sign) > width - 1:
                break
            kept, used = kept + sign, used + _cells(sign)
        text = kept + ELLIPSIS if width else ""
    return text + " " * (width - cells(text))
