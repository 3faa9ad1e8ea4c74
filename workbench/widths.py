"""How wide a text is in a terminal, in cells: a Chinese letter or an emoji takes two, an accent none.

Widths as in Unicode Standard Annex 11 (wide and full-width are two cells), with what terminals do of
combining marks and of the emoji presentation selector.
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

from workbench.text import ELLIPSIS

_NONE = frozenset({"Mn", "Me", "Cf"})
_EMOJI = "\ufe0f"
"""After a sign it asks for the picture, which is two cells wide."""


def width(text: str) -> int:
    """Return how many cells a line of cleaned text takes."""
    return len(text) if text.isascii() else sum(_of(text))


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return `text` as exactly so many cells: filled with spaces, or cut with an ellipsis."""
    text = cut(text, cells)
    gap = " " * (cells - width(text))
    return gap + text if right else text + gap


def cut(text: str, cells: int) -> str:
    """Return `text` in at most so many cells; where something was cut off stands an ellipsis."""
    if width(text) <= cells:
        return text
    room, end = cells - 1, 0
    for sign, wide in zip(text, _of(text), strict=True):
        if wide > room:
            break
        room -= wide
        end += len(sign)
    return text[:end] + ELLIPSIS if cells > 0 else ""


def _of(text: str) -> list[int]:
    """Return the cells of each character."""
    found: list[int] = []
    for sign in text:
        if sign == _EMOJI:
            wide = 1 if found and found[-1] == 1 else 0
        elif category(sign) in _NONE:
            wide = 0
        else:
            wide = 2 if east_asian_width(sign) in "WF" else 1
        found.append(wide)
    return found
