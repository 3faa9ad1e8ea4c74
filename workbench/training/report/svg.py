"""Small pictures as inline SVG: no script, no font, no address; colours are the page's own variables.

All texts pass `text`, which cleans and escapes; numbers are written by us.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from workbench.text import clean

Points = Sequence[tuple[float, float]]

SIZE, LEFT, BOTTOM, TOP, RIGHT = 240, 44, 36, 10, 12


def text(value: object, cap: int = 80) -> str:
    """Return a text from outside for HTML or SVG: cleaned, cut and escaped."""
    return html.escape(clean(value, cap))


def _svg(width: float, height: float, title: str, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">'
        f"<title>{text(title, 200)}</title>{body}</svg>"
    )


def _label(x: float, y: float, words: str, anchor: str = "middle", extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{extra}>{text(words)}</text>'


def _path(points: Points, kind: str) -> str:
    """Return a line through points of the unit square."""
    if not points:
        return ""
    steps = " L".join(f"{LEFT + x * SIZE:.1f} {TOP + (1 - y) * SIZE:.1f}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}"/>'


def unit_square(
    curve: Points, *, title: str, across: str, up: str, faint: Points = (), dots: bool = False
) -> str:
    """Return a curve within the unit square, with its axes; `dots` marks its points."""
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = LEFT + tick * SIZE, TOP + (1 - tick) * SIZE
        parts.append(
            f'<path class="grid" d="M{x:g} {TOP}V{TOP + SIZE}M{LEFT} {y:g}H{LEFT + SIZE}"/>'
        )
        parts.append(_label(x, TOP + SIZE + 14, f"{tick:g}"))
        parts.append(_label(LEFT - 6, y + 4, f"{tick:g}", "end"))
    parts += [_path(faint, "faint"), _path(curve, "curve")]
    if dots:
        parts += [
            f'<circle class="dot" r="3" cx="{LEFT + x * SIZE:.1f}" cy="{TOP + (1 - y) * SIZE:.1f}"/>'
            for x, y in curve
        ]
    middle = TOP + SIZE / 2
    parts.append(_label(LEFT + SIZE / 2, TOP + SIZE + 30, across))
    parts.append(_label(12, middle, up, extra=f' transform="rotate(-90 12 {middle:g})"'))
    return _svg(LEFT + SIZE + RIGHT, TOP + SIZE + BOTTOM, title, "".join(parts))


Bar = tuple[str, str, float, float, float]
"""Label, value as it is written, value, and the ends of its whisker."""


def bars(
    rows: Sequence[Bar], *, title: str, mark: float | None = None, mark_words: str = ""
) -> str:
    """Return a bar for each row, from 0, with a whisker; `mark` is a line across all.

    Label and value stand over the bar, so that the picture is still to be read in a narrow window.
    """
    width, step = 400, 32
    ends = [0.0, *(end for row in rows for end in row[2:]), *([] if mark is None else [mark])]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return RIGHT + (value - low) / span * width

    parts = []
    for place, (name, written, value, start, end) in enumerate(rows):
        y = TOP + place * step
        left, right = sorted((at(0.0), at(value)))
        parts.append(_label(RIGHT, y + 11, clean(name, 48), "start"))
        parts.append(_label(RIGHT + width, y + 11, written, "end"))
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{y + 16}" width="{right - left:.1f}" height="10"/>'
            f'<path class="whisker" d="M{at(start):.1f} {y + 21}H{at(end):.1f}"/>'
            f'<path class="axis" d="M{at(0.0):.1f} {y + 14}v14"/>'
        )
        if mark is not None:
            parts.append(f'<path class="mark" d="M{at(mark):.1f} {y + 14}v14"/>')
    bottom = TOP + len(rows) * step
    if mark is not None:
        within = min(max(at(mark), RIGHT + 40), RIGHT + width - 40)
        parts.append(_label(within, bottom + 10, mark_words))
    return _svg(RIGHT + width + RIGHT, bottom + (18 if mark_words else 4), title, "".join(parts))


def histogram(edges: Sequence[float], rows: Sequence[int], *, title: str, across: str) -> str:
    """Return upright bars over ranges of a number."""
    width, height, most = 420, 160, max([*rows, 1])
    parts = []
    step = width / max(len(rows), 1)
    for place, count in enumerate(rows):
        tall = count / most * height
        parts.append(
            f'<rect class="bar" x="{LEFT + place * step:.1f}" y="{TOP + height - tall:.1f}" '
            f'width="{max(step - 1, 0.5):.1f}" height="{tall:.1f}"/>'
        )
    parts.append(f'<path class="axis" d="M{LEFT} {TOP + height}H{LEFT + width}"/>')
    low, high = edges[0], edges[-1]
    if low < 0 < high:
        zero = LEFT + (0 - low) / (high - low) * width
        parts.append(f'<path class="mark" d="M{zero:.1f} {TOP}V{TOP + height}"/>')
    parts.append(_label(LEFT, TOP + height + 16, f"{low:.4g}", "start"))
    parts.append(_label(LEFT + width, TOP + height + 16, f"{high:.4g}", "end"))
    parts.append(_label(LEFT + width / 2, TOP + height + 16, across))
    parts.append(_label(LEFT - 6, TOP + 10, f"{most:,}", "end"))
    return _svg(LEFT + width + RIGHT, TOP + height + 24, title, "".join(parts))
