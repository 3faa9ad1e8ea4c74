"""The one door through which text from outside reaches a terminal, a report or a log line.

A cell, a name or an error message may hold escape sequences, other control characters or
bidirectional overrides. `clean` turns each into one visible mark, so that a width stays a width
and nothing is obeyed. Markup of any kind is left as it is: what draws must never parse it.
"""

from __future__ import annotations

import re

CAP = 10_000
"""The longest text that a screen or a log line is given, in characters."""

MARK = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"

# C0 and DEL have pictures of their own in Unicode; what is MARKED becomes MARK: C1, surrogates, the
# bidirectional controls (U+061C, 200E-F, 202A-E, 2066-9), line and paragraph separators, zero-width
# and interlinear marks, the plane of tags and their like (U+E0000-E0FFF) and non-characters.
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
MARKED = re.compile(
    "[\x80-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters above ASCII that are obeyed, reorder what stands around them, or cannot be seen."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_STACKED = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def clean(value: object, cap: int = CAP, *, lines: bool = False) -> str:
    """Return `value` as text that is safe to draw, at most `cap` characters long.

    With `lines` true, line feeds stay (and a carriage return before one goes); otherwise the result
    is a single line. What was cut off is shown by an ellipsis.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > cap:
        text = text[: max(cap - 1, 0)] + ELLIPSIS
    if text.isascii() and text.isprintable():
        return text
    text = _STACKED.sub(r"\1", MARKED.sub(MARK, text))
    if not lines:
        return text.translate(_PICTURES)
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return _CONTROL.sub(lambda m: m[0] if m[0] == "\n" else _PICTURES[ord(m[0])], text)


def visible(text: str) -> str:
    """Return `text` with one visible mark for each character that must not be drawn; as long as it was.

    For what a person edits, where a place in the text must be that place in what is drawn.
    """
    return (
        text
        if text.isascii() and text.isprintable()
        else MARKED.sub(MARK, text).translate(_PICTURES)
    )


def whole(text: str) -> str:
    """Return `text` as UTF-8 can carry it: lone surrogates, which bytes that are none become, marked."""
    return _SURROGATE.sub(MARK, text)
