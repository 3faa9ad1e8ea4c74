"""Text on its way to a widget: the screens' side of the boundary that `workbench.text.clean` guards.

Everything that a widget shows is made here or by `clean`: never markup, never a raw cell.
Tones are the few meanings that a colour may have; the theme says which colour that is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from textual.content import Content

from workbench.text import clean

Tone = Literal["plain", "muted", "strong", "key", "good", "busy", "warn", "bad"]
"""What a colour means. Plain and muted carry most of a screen; the others are used sparingly."""

STYLES: dict[Tone, str] = {
    "plain": "",
    "muted": "$text-muted",
    "strong": "bold",
    "key": "$primary",
    "good": "$success",
    "busy": "$secondary",
    "warn": "$warning",
    "bad": "$error",
}
"""Tone → style in a Content, by theme variable."""

CELL = 200
"""The longest text of one cell or label, in characters."""


class Styled(NamedTuple):
    """A text with a tone, as a cell of a table or a value of a detail; cleaned when it is drawn."""

    text: str
    tone: Tone = "plain"


def said(text: object, tone: Tone = "plain", *, cap: int = CELL) -> Content:
    """Return one cleaned line in a tone."""
    return Content.styled(clean(text, cap), STYLES[tone])


def lines(text: object, tone: Tone = "plain") -> Content:
    """Return cleaned text that keeps its line feeds."""
    return Content.styled(clean(text, lines=True), STYLES[tone])


def folded(text: object, tone: Tone, room: int, *, cap: int = CELL) -> list[Content]:
    """Return one cleaned text as lines of at most `room` cells, wide characters counted as they are."""
    words = clean(text, cap).strip()
    rows = Content(words).wrap(room) if words else []
    return [said(row.plain.strip(), tone, cap=cap) for row in rows]


def join(parts: Iterable[Content | str], gap: str = " ") -> Content:
    """Put pieces side by side; a plain `str` must be our own words."""
    return Content(gap).join(
        [part if isinstance(part, Content) else Content(part) for part in parts]
    )


def count(number: int) -> str:
    """Write a whole number with thin groups: `1 234 567` as `1,234,567`."""
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """Write a count with its noun: `1 run`, `1,204 runs`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def number(value: float, digits: int = 4) -> str:
    """Write a figure with `digits` significant digits."""
    return f"{value:.{digits}g}"


def size(octets: int) -> str:
    """Write a number of bytes with a binary unit."""
    amount = float(octets)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def duration(seconds: float) -> str:
    """Write a length of time in at most two units: `41s`, `3m 20s`, `2h 05m`, `4d 03h`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02}h"


def clock(seconds: float) -> str:
    """Write elapsed time as a clock: `0:41`, `12:03`, `1:02:03`."""
    whole = max(int(seconds), 0)
    minutes = f"{whole // 60 % 60}:{whole % 60:02}"
    return f"{whole // 3600}:{minutes.rjust(5, '0')}" if whole >= 3600 else minutes


def ago(moment: datetime | None, now: datetime) -> str:
    """Write how long ago something was, in its largest unit; a dash for what has not been."""
    if moment is None:
        return "–"
    seconds = max((now - moment).total_seconds(), 0)
    if seconds < 45:
        return "now"
    for length, unit in ((60, "m"), (3600, "h"), (86400, "d")):
        if seconds < length * (60 if unit == "m" else 24 if unit == "h" else 30):
            return f"{max(round(seconds / length), 1)}{unit} ago"
    return moment.strftime("%Y-%m-%d")


def bar(share: float, width: int) -> str:
    """Draw a share from 0 to 1 as a bar of `width` cells."""
    full = round(min(max(share, 0.0), 1.0) * width)
    return "━" * full + "╌" * (width - full)
