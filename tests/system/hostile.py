"""Hostile text, files that carry it, and the judge of what a program may write to a terminal.

The judge knows what is allowed and complains of everything else: printable text without invisible or
reordering characters, line ends, and the few control sequences that Textual and our own progress line
write. A sequence that was planted in the data is none of them.
"""

from __future__ import annotations

import csv
import io
import re

TITLE = "\x1b]0;PWNED\x07"
CLIPBOARD = "\x1b]52;c;UFdORUQ=\x07"
CLICK = "[@click=app.quit]x[/]"

TARGET = f"{TITLE}[/x]kind"
CLASSES = (f"{TITLE}late", f"{CLICK}early", "\u202e\u2066[bold red]\x9b31mnever")
CITY = "[/x]\x9d0;PWNED\x9ccity"
CITIES = ("\x1b[2J\x1b[HOslo", "[bold red]\u200bRome[/]", "\x1bkPWNED\x1b\\Bern", "日本👩‍👩‍👧")
TAIL = f"{CLICK}tail\u202e"
NOTE = "\x1bP1;2|PWNED\x1b\\note"
NUMBER = "e\u0301\u0301\u0301\u0301\U000e0041\x1b[31m[bold red]"
HEADER = (TARGET, CITY, TAIL, NOTE, NUMBER)
ROWS = 60

CELLS = (
    TITLE,
    "\x1b]2;PWNED\x1b\\",
    CLIPBOARD,
    "\x1b]8;;http://PWNED\x07link\x1b]8;;\x07",
    "\x1bkPWNED\x1b\\",
    "\x1bPtmux;\x1b\x1b]52;c;UFdORUQ=\x07\x1b\\",
    "\x1b_PWNED\x1b\\\x1b^PWNED\x1b\\\x1bXPWNED\x1b\\",
    "\x1b[2J\x1b[1;1H\x1b[?25l\x1b[21t\x1b[6n\x1bc",
    "\x1b(0\x0e\x0f\x1b#8",
    "\x9d0;PWNED\x9c\x9b2J\x90PWNED\x9c\x85",
    "PWN\x00ED\x08\x7f",
    "PWN\rED\tPWN\nED",
    "\u202ePWN\u2066ED\u2069\u202c\u200e\u061c",
    "PWN\u200b\u200c\u200d\u2060\ufeff\u00adED\U000e0050\U000e007f",
    "PWN\u2028\u2029\ufff9\ufffe\uffffED",
    "[/x]",
    CLICK,
    "[bold red]",
    "\\[$error]{% x %}%s{0}",
    "日本語" * 40,
    "👩‍👩‍👧‍👦🏳️‍🌈e" + "\u0301" * 200,
    "x" * 100_000,
    "\x1b]0;PWNED" + "字" * 100_000,
)

FILE = f"{TITLE}[bold red]\u202e.csv"
GOAL = f"{CLICK}Know {TITLE}\x9b2J\u202ewhat"
REASON = f"[/x]{CLIPBOARD}\x9d0;PWNED\x9cgood\u2066 enough"


def table(*, nul: bool = True, rows: int = ROWS) -> bytes:
    """Return the hostile CSV as UTF-8: three classes by turns, which TAIL tells apart."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    for row in range(rows):
        kind = row % len(CLASSES)
        cell = CELLS[row % len(CELLS)]
        writer.writerow(
            (
                CLASSES[kind],
                CITIES[row % len(CITIES)],
                kind * 10 + row % 7,
                cell if nul else cell.replace("\0", ""),
                row / 4,
            )
        )
    return stream.getvalue().encode("utf-8", "surrogatepass")


def long_classes() -> bytes:
    """Return a CSV whose class names have 100,000 characters."""
    lines = [f"{row % 7},\x1b[2J{'xy'[row % 2] * 100_000}" for row in range(30)]
    return ("n,kind\n" + "\n".join(lines) + "\n").encode()


RAW = (
    b"\x9d0;PWNED\x9c[/x],\x9b31mnumber\n"
    + b"\xed\xa0\x80\xed\xbf\xbf\xff\xfe\x9b2J\x85[/x],1\n" * 5
)
"""No UTF-8: lone surrogates as bytes and the C1 controls as single bytes, which they are in latin-1."""

SHOWN = re.compile(r"[\u2400-\u2421\ufffd]|\\x1b|\[/x\]|\[@click|\[bold red\]")
"""What hostile text looks like where it is shown: visible marks, and markup that nobody obeyed."""

# Controls but ESC, CR and LF; C1; what reorders, hides or is invisible; non-characters.
_BAD = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_OURS = re.compile(
    r"\x1b\[[0-9;]*m"  # colours and styles
    r"|\x1b\[[0-9]+;[0-9]+H"  # where to draw
    r"|\x1b\[\?(?:1000|1003|1004|1006|1015|1049|2004|2026|7|25)[hl]"  # modes, at start and end
    r"|\x1b\[\?(?:2026|2048)\$p"  # what the terminal can do
    r"|\x1b\[(?:>[0-9]+|<)u"  # the keyboard's protocol
    r"|\x1b\]22;default\x07"  # the mouse pointer
    r"|\r\x1b\[K"  # our progress line
    r"|\r+\n"
    r"|\n"
)


def planted(text: str) -> bool:
    """Tell whether a text, as a program got it, holds something that was planted."""
    return "\x1b" in text or bool(_BAD.search(text)) or bool(SHOWN.search(text))


def complaints(written: bytes) -> list[str]:
    """Return what is in the bytes that no terminal should be given, each with what stands around."""
    try:
        text = written.decode("utf-8")
    except UnicodeDecodeError as error:
        around = written[max(error.start - 40, 0) : error.end + 40]
        return [f"no UTF-8: {around!r}"]
    rest = _OURS.sub(lambda found: " " * len(found[0]), text)
    found = [match.start() for match in re.finditer(r"[\x1b\r]", rest)]
    found += [match.start() for match in _BAD.finditer(rest)]
    return [f"{text[at]!r} in {text[max(at - 40, 0) : at + 40]!r}" for at in sorted(found)[:20]]
