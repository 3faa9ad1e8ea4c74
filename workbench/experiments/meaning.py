"""What the terms of a filter mean: each becomes a check of one kind, with its values read. Pure.

Names are those of facts (FACTS), then those of the metrics and parameters that some run has
(`naming.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn, get_args

from workbench.experiments.filters import Condition, Term, Value, Word, wrong
from workbench.experiments.naming import Known, resolve
from workbench.links import parse_numbered
from workbench.states import RunState

FACTS: dict[str, str] = {
    "run": "number",
    "state": "state",
    "trainer": "text",
    "experiment": "text",
    "data": "text",
    "on": "text",
    "who": "text",
    "error": "text",
    "seed": "number",
    "time": "number",
    "tag": "text",
    "model": "text",
    "since": "moment",
    "until": "moment",
    "archived": "choice",
}
"""What a run has beside metrics and parameters, and of which kind it is.

`data` is a version (`flights@2`) or every version of a dataset; `time` is how long a run took
(`90`, `5m`); `model` a version registered from it; `since` and `until` when it was asked for.
"""

Sign = Literal["=", "<", "<=", ">", ">="]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_STATES: tuple[str, ...] = get_args(RunState)
_LONGEST = 200
"""Characters of a filter's own words that an error repeats."""


@dataclass(frozen=True, slots=True)
class Words:
    """`text`, without case, occurs in one of the run's facts."""

    text: str


@dataclass(frozen=True, slots=True)
class TextIs:
    """A fact or parameter (`kind` param) is one of these patterns, without case."""

    kind: Literal["fact", "param"]
    name: str
    values: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NumberIs:
    """A fact, parameter or metric stands so to one of these numbers; NaN and what is missing never do."""

    kind: Literal["fact", "param", "metric"]
    name: str
    sign: Sign
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A metric was recorded at all (`auc:*`)."""

    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The run was asked for at this moment or later; earlier, with `before`."""

    moment: datetime
    before: bool


@dataclass(frozen=True, slots=True)
class Archived:
    """The run is archived or not; None: either."""

    wanted: bool | None


Check = Words | TextIs | NumberIs | Recorded | Asked | Archived


@dataclass(frozen=True, slots=True)
class Clause:
    """Checks of which one must hold, or none, when `negated`."""

    checks: tuple[Check, ...]
    negated: bool = False


def understand(terms: Sequence[Term], known: Known, now: datetime) -> tuple[Clause, ...]:
    """Return what must hold, clause by clause; spans of time count back from `now`.

    Archived runs are left out unless the filter speaks of them. Raises BadInput with the column.
    """
    clauses = [_clause(term, known, now) for term in terms]
    if not any(isinstance(check, Archived) for clause in clauses for check in clause.checks):
        clauses.append(Clause((Archived(False),)))
    return tuple(clauses)


def needs_names(terms: Sequence[Term]) -> bool:
    """Whether the names of metrics and parameters must be known to understand these terms."""
    return any(isinstance(term, Condition) and term.name.lower() not in FACTS for term in terms)


def _clause(term: Term, known: Known, now: datetime) -> Clause:
    if isinstance(term, Word):
        return Clause((Words(term.text.lower()),), term.negated)
    fact = term.name.lower()
    negated = term.negated != (term.sign == "!=")
    if fact not in FACTS:
        return Clause(_of_figures(term, known), negated)
    reader = {
        "text": _text, "state": _state, "number": _number, "moment": _moment, "choice": _choice,
    }[FACTS[fact]]  # fmt: skip
    return Clause(reader(term, fact, now), negated)


# Facts


def _text(term: Condition, fact: str, now: datetime) -> tuple[Check, ...]:
    del now
    _only_equal(term, "it is a text and has no order")
    patterns = [tuple(part.lower() for part in value.parts) for value in term.values]
    if fact in {"data", "model"}:  # a name alone is every version of it
        patterns += [
            (value[0] + "@", "") for value in patterns if len(value) == 1 and "@" not in value[0]
        ]
    return (TextIs("fact", fact, tuple(patterns)),)


def _state(term: Condition, fact: str, now: datetime) -> tuple[Check, ...]:
    del now
    _only_equal(term, "it is a word and has no order")
    found = []
    for value in term.values:
        word = {"ok": "succeeded"}.get(value.text.lower(), value.text.lower())
        if word not in _STATES:
            _unknown_value(value, "state", ("ok", *_STATES))
        found.append((word,))
    return (TextIs("fact", fact, tuple(found)),)


def _choice(term: Condition, fact: str, now: datetime) -> tuple[Check, ...]:
    del now
    _only_equal(term, "it is yes or no")
    words: dict[str, bool | None] = {"yes": True, "no": False, "all": None}
    for value in term.values:
        if value.text.lower() not in words:
            _unknown_value(value, fact, tuple(words))
    return tuple(Archived(words[value.text.lower()]) for value in term.values)


def _number(term: Condition, fact: str, now: datetime) -> tuple[Check, ...]:
    del now
    read = {"run": _run_number, "time": _seconds}.get(fact, _plain_number)
    return (NumberIs("fact", fact, _sign(term), tuple(read(v, term) for v in term.values)),)


def _moment(term: Condition, fact: str, now: datetime) -> tuple[Check, ...]:
    _only_equal(term, f"{fact} has its direction in its name")
    return tuple(Asked(_when(value, term, now), fact == "until") for value in term.values)


def _when(value: Value, term: Condition, now: datetime) -> datetime:
    span = _SPAN.fullmatch(value.text)
    try:
        if span:
            return now - timedelta(seconds=float(span[1]) * _UNITS[span[2]])
        moment = datetime.fromisoformat(value.text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong(
            f"{_shown(value)} is no moment",
            value.column,
            why="expected a span back from now (30m, 12h, 2d, 3w) or a date (2026-01-31, UTC)",
            fix=f"Write it like {term.name}:2d",
        ) from None


def _run_number(value: Value, term: Condition) -> float:
    number = parse_numbered(value.text, "r")
    return float(number) if number is not None else _plain_number(value, term)


def _seconds(value: Value, term: Condition) -> float:
    span = _SPAN.fullmatch(value.text)
    return float(span[1]) * _UNITS[span[2]] if span else _plain_number(value, term)


def _plain_number(value: Value, term: Condition) -> float:
    number = _as_number(value)
    if number is None:
        sign = ":" if term.sign == "=" else term.sign
        raise wrong(
            f"{_shown(value)} is not a number to compare {term.name[:40]} with",
            value.column,
            why=f"{term.name[:40]} is a number",
            fix=f"Write it like {term.name[:40]}{sign}5",
        )
    return number


def _as_number(value: Value) -> float | None:
    try:
        number = float(value.text)
    except ValueError:
        return None
    return None if math.isnan(number) or "_" in value.text else number


# Metrics and parameters


def _of_figures(term: Condition, known: Known) -> tuple[Check, ...]:
    kind, name = resolve(term, known, FACTS)
    sign = _sign(term)
    if kind == "metric":
        if sign == "=" and any(value.text == "*" and not value.literal for value in term.values):
            return (Recorded(name),)
        numbers = tuple(_plain_number(value, term) for value in term.values)
        return (NumberIs("metric", name, sign, numbers),)
    if sign != "=":
        numbers = tuple(_plain_number(value, term) for value in term.values)
        return (NumberIs("param", name, sign, numbers),)
    texts = tuple(tuple(part.lower() for part in value.parts) for value in term.values)
    equal = tuple(n for value in term.values if (n := _as_number(value)) is not None)
    checks: tuple[Check, ...] = (TextIs("param", name, texts),)
    return (*checks, NumberIs("param", name, "=", equal)) if equal else checks


def _unknown_value(value: Value, fact: str, known: Sequence[str]) -> NoReturn:
    raise wrong(
        f"{_shown(value)} is no {fact}" if fact == "state" else f"{_shown(value)} is not yes or no",
        value.column,
        why="known: " + ", ".join(known),
        fix="Choose one of these",
    )


def _only_equal(term: Condition, why: str) -> None:
    if term.sign in {"<", "<=", ">", ">="}:
        raise wrong(
            f"{term.name[:40]} cannot be compared by {term.sign}",
            term.column,
            why=why,
            fix=f"Write it like {term.name[:40]}:{_shown(term.values[0])}",
        )


def _sign(term: Condition) -> Sign:
    signs: dict[str, Sign] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return signs.get(term.sign, "=")


def _shown(value: Value) -> str:
    return value.text[:_LONGEST] or '""'
