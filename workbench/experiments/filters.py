r"""The filter language over runs, as text: read into terms, with the column of whatever is wrong. Pure.

    hgb "two words"          both occur in the run's facts, without case
    auc>0.9 lr<=0.1          a metric or a parameter, by its name or a part that only one name has
    trainer:hgb,linear       one of these; * stands for anything
    since:2d state:failed    facts have names of their own
    -tag:old                 what does not hold

Terms stand apart by spaces and must all hold. Between a name and its sign there is no space. What is
in double quotes is taken as it stands (\" and \\ inside). What names mean is in `meaning.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import BadInput

_SIGN = re.compile(r"<=|>=|!=|=|<|>|:")


@dataclass(frozen=True, slots=True)
class _Char:
    """A character, whether it was quoted, and where it stood. `""` leaves an empty one."""

    char: str
    quoted: bool
    at: int


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind a sign: its literal parts, between which anything may stand (`*`)."""

    parts: tuple[str, ...]
    column: int

    @property
    def text(self) -> str:
        """The value as it was typed, without quotes."""
        return "*".join(self.parts)

    @property
    def literal(self) -> bool:
        """Whether it has no `*`."""
        return len(self.parts) == 1


@dataclass(frozen=True, slots=True)
class Word:
    """Text that must occur somewhere in a run's facts."""

    text: str
    column: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """`name sign value,value`; `column` is where the name begins, the first column being 1."""

    name: str
    sign: str
    values: tuple[Value, ...]
    column: int
    negated: bool = False


Term = Word | Condition


def parse(text: str) -> tuple[Term, ...]:
    """Read a filter; raises BadInput with the column of what cannot be read."""
    terms: list[Term] = []
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return tuple(terms)
        term, at = _term(text, at)
        terms.append(term)


def wrong(what: str, column: int, *, why: str, fix: str) -> BadInput:
    """Return the refusal of a filter, with the column of the text that it is about."""
    return BadInput(what, where=f"filter, column {column}", why=why, fix=fix, code="run.filter")


def _term(text: str, at: int) -> tuple[Term, int]:
    negated = text[at] == "-"
    begin = at + negated
    if begin == len(text) or text[begin].isspace():
        raise wrong(
            "A lone - denies nothing",
            at + 1,
            why="- stands right before what must not hold",
            fix="Write it like -tag:old",
        )
    head, at = _chunk(text, begin, signs=True)
    found = _SIGN.match(text, at)
    if found is None:
        return Word(_text(head), begin + 1, negated), at
    if not head:
        raise wrong(
            f"Nothing stands before {found[0]}",
            at + 1,
            why="before a sign comes the name of a fact, a metric or a parameter, without a space",
            fix=f"Write it like lr{found[0]}0.1",
        )
    name = _text(head)
    body, end = _chunk(text, found.end(), signs=False)
    return Condition(name, found[0], _values(body, name, found), begin + 1, negated), end


def _text(chars: list[_Char]) -> str:
    return "".join(one.char for one in chars)


def _chunk(text: str, at: int, *, signs: bool) -> tuple[list[_Char], int]:
    """Read up to a space (or, with `signs`, a sign); return the characters and where they end."""
    found: list[_Char] = []
    while at < len(text) and not text[at].isspace():
        if text[at] == '"':
            quoted, end = _quoted(text, at)
            found += [_Char(char, True, at) for char in quoted or [""]]
            at = end
        elif signs and _SIGN.match(text, at):
            break
        else:
            found.append(_Char(text[at], False, at))
            at += 1
    return found, at


def _quoted(text: str, at: int) -> tuple[list[str], int]:
    """Read what is in quotes from `at`, where the first one stands."""
    found, here = [], at + 1
    while here < len(text) and text[here] != '"':
        here += text[here] == "\\" and text[here + 1 : here + 2] in {'"', "\\"}
        found.append(text[here])
        here += 1
    if here == len(text):
        raise wrong(
            "A quote is not closed",
            at + 1,
            why='what begins with " ends with "',
            fix='Write the second " as well; inside, \\" is a quote',
        )
    return found, here + 1


def _values(body: list[_Char], name: str, sign: re.Match[str]) -> tuple[Value, ...]:
    values: list[Value] = []
    begin, given, parts = sign.end(), False, [""]
    for one in [*body, None]:
        if one is None or (one.char == "," and not one.quoted):
            if not given:
                raise wrong(
                    f"After {name[:40]}{sign[0]} comes a value",
                    begin + 1,
                    why="nothing stands there",
                    fix=f'Write it like {name[:40]}{sign[0]}1, or "" for an empty text',
                )
            values.append(Value(tuple(parts), begin + 1))
            begin, given, parts = (one.at + 1 if one else begin), False, [""]
            continue
        given = True
        if one.char == "*" and not one.quoted:
            parts.append("")
        else:
            parts[-1] += one.char
    return tuple(values)
