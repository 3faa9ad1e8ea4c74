"""Pictures out of characters: curves in dots of Braille, bars in blocks; for Markdown and terminals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot of a Braille character, by row and column (U+2800 plus these)."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_HEIGHTS = " ▁▂▃▄▅▆▇█"
Points = Sequence[tuple[float, float]]


def unit_square(
    curve: Points, *, width: int, height: int, across: str, up: str, faint: Points = ()
) -> str:
    """Return a curve within the unit square with its axes; `faint` is a line of every third dot.

    `width` and `height` count the cells inside the axes.
    """
    dots: set[tuple[int, int]] = set()
    _trace(dots, faint, width, height, every=3)
    _trace(dots, curve, width, height, every=1)
    lines = [up]
    for row in range(height):
        cells = "".join(_cell(dots, column, row) for column in range(width))
        label = "1" if row == 0 else "0" if row == height - 1 else " "
        lines.append(f"{label} {'┤' if label.strip() else '│'}{cells}".rstrip())
    lines.append("  └" + "─" * width)
    lines.append(f"  0{across:^{max(width - 2, 0)}}1")
    return "\n".join(lines)


def _trace(
    dots: set[tuple[int, int]], points: Points, width: int, height: int, *, every: int
) -> None:
    """Set the dots along the lines between points: `dots` holds (column, row) from the top left."""
    across, down = width * 2 - 1, height * 4 - 1
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, round(abs(x1 - x0) * across), round(abs(y1 - y0) * down))
        for step in range(steps + 1):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            if step % every == 0:
                dots.add((round(x * across), round((1 - y) * down)))


def _cell(dots: set[tuple[int, int]], column: int, row: int) -> str:
    bits = sum(
        _DOTS[y][x]
        for y in range(4)
        for x in range(2)
        if (column * 2 + x, row * 4 + y) in dots
    )  # fmt: skip
    return chr(0x2800 + bits) if bits else " "


def bar(share: float, width: int) -> str:
    """Return a bar of `share` (0 to 1) of `width` cells."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def columns(values: Sequence[float], height: int) -> str:
    """Return one upright bar of `height` cells for each value, the largest filling it."""
    most = max(values, default=0) or 1
    filled = [round(value / most * height * 8) for value in values]
    lines = (
        "".join(_HEIGHTS[max(0, min(8, size - row * 8))] for size in filled).rstrip()
        for row in reversed(range(height))
    )
    return "\n".join(lines)
