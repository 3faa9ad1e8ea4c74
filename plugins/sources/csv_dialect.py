"""How a CSV file is written: delimiter, quote, decimal sign and whether it has a header. Pure guesses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

DELIMITERS = (",", "\t", ";", "|")
_USUAL = r"NA N/A n/a #N/A NaN nan NULL null None none NIL nil - ? . \N"
NULLS = frozenset(_USUAL.split(" "))
"""What people write for a missing value. Read as one only where a column is not text."""

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_SAMPLE_LINES = 200


def guess_quote(head: str) -> str:
    """Return the double quote, or the single one where only that stands around whole values."""
    if '"' in head:
        return '"'
    around = re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", head, re.MULTILINE)
    return "'" if len(around) >= 2 else '"'


def guess_delimiter(head: str, quote: str) -> tuple[str, int]:
    """Return the delimiter and how many columns it makes.

    That is the candidate which cuts the largest share of the lines into one and the same number of
    values, more than one; a comma and one column when none does.
    """
    best: tuple[float, int, str] = (0.0, 1, ",")
    for delimiter in DELIMITERS:
        counts = Counter(_widths(head, delimiter, quote))
        width, times = max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        if width > 1 and (times / counts.total(), width) > best[:2]:
            best = (times / counts.total(), width, delimiter)
    return best[2], best[1]


def count_columns(head: str, delimiter: str, quote: str) -> int:
    """Return the number of values that most lines have."""
    counts = Counter(_widths(head, delimiter, quote))
    return max(counts.items(), key=lambda item: (item[1], item[0]), default=(1, 0))[0]


def _widths(head: str, delimiter: str, quote: str) -> list[int]:
    bare = head
    if quote:
        sign = re.escape(quote)
        bare = re.sub(f"{sign}(?:[^{sign}]|{sign}{sign})*{sign}", "q", head)
    lines = [line for line in bare.splitlines() if line]
    return [line.count(delimiter) + 1 for line in lines[:_SAMPLE_LINES]]


def _kind(value: str) -> str:
    value = value.strip()
    if _NUMBER.fullmatch(value):
        return "number"
    if _DATE.fullmatch(value):
        return "date"
    return "boolean" if value.lower() in {"true", "false"} else "text"


def guess_header(rows: Sequence[Sequence[str | None]]) -> bool:
    """Tell whether the first row names the columns.

    It does when a column goes on with another kind of value than it starts with, and it does not
    when it holds numbers, dates or booleans otherwise. Words over words are taken as names.
    """
    first, rest = rows[0], rows[1:]
    for place, name in enumerate(first):
        values = [row[place] for row in rest]
        kinds = {_kind(value) for value in values if value and value not in NULLS}
        if name and _kind(name) == "text" and kinds and "text" not in kinds:
            return True
    return all(value is None or _kind(value) == "text" for value in first)


def guess_decimal(rows: Sequence[Sequence[str | None]], delimiter: str) -> str:
    """Return the decimal sign: a comma where a column of numbers has commas and no points."""
    if delimiter == ",":
        return "."
    for column in zip(*rows, strict=True):
        values = [value for value in column if value and value not in NULLS]
        if any(_COMMA.fullmatch(value) for value in values) and all(
            _NUMBER.fullmatch(value) and "." not in value for value in values
        ):
            return ","
    return "."
