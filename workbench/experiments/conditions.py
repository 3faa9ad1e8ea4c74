"""A filter as a condition in SQL over the projection, its values as parameters. Pure.

The runs are `r`; nothing of what a person typed stands in the text of the question.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, get_args

from workbench.experiments.meaning import (
    Archived,
    Asked,
    Check,
    Clause,
    NumberIs,
    Recorded,
    TextIs,
    Words,
)
from workbench.states import RunState

SECONDS = "((epoch_us(r.ended_at) - epoch_us(r.started_at)) / 1e6)"
"""How long a run took; NULL while it has not ended."""
_COLUMNS = {
    "run": "r.number",
    "seed": "r.seed",
    "time": SECONDS,
    "state": "r.state",
    "trainer": "r.trainer",
    "experiment": "r.experiment",
    "data": "r.dataset",
    "on": "r.target",
    "who": "r.created_by",
    "error": "nullif(r.error, '')",
}
_SEARCHED = tuple(
    f"lower({_COLUMNS[name]})" for name in ("trainer", "experiment", "data", "on", "who", "error")
)
"""Where a word is looked for, beside number, state, tags and model versions."""
_SAID = {"succeeded": "ok succeeded"}
"""States that people also call by another word."""
_OF_NUMBER = re.compile(r"(?:r_|_)?[0-9]*|r")
"""What may occur in a run's number as people write it (`r_12`)."""
_MODEL = "v.model || '@' || v.number"
_Part = tuple[str, list[Any]]


def condition(clauses: Sequence[Clause]) -> tuple[str, list[Any]]:
    """Return what must hold as SQL, and its parameters in order."""
    parts = [_clause(clause) for clause in clauses]
    text = " AND ".join(text for text, _ in parts)
    return text or "true", [value for _, values in parts for value in values]


def _clause(clause: Clause) -> _Part:
    params = [check for check in clause.checks if _is_of_param(check)]
    parts = [_BY_KIND[type(check)](check) for check in clause.checks if check not in params]
    parts += [_param(params)] if params else []
    text = "(" + " OR ".join(text for text, _ in parts) + ")"
    # What is missing makes NULL: no check holds of it, and so what is denied does.
    text = f"coalesce({text}, false)" if not clause.negated else f"NOT coalesce({text}, false)"
    return text, [value for _, values in parts for value in values]


def _is_of_param(check: Check) -> bool:
    return isinstance(check, TextIs | NumberIs) and check.kind == "param"


def _param(checks: Sequence[Any]) -> _Part:
    """What one parameter may be, as a text or as a number: asked in one pass over its values."""
    parts = [
        _any_of("lower(value)", check.values)
        if isinstance(check, TextIs)
        else _bounds("number", check)
        for check in checks
    ]
    matches = " OR ".join(text for text, _ in parts)
    values = [value for _, part in parts for value in part]
    return _runs_of("run_params", f"name = ? AND ({matches})"), [checks[0].name, *values]


def _bounds(column: str, check: NumberIs) -> _Part:
    text = "(" + " OR ".join(f"{column} {check.sign} ?" for _ in check.values) + ")"
    return text, list(check.values)


def _runs_of(table: str, where: str) -> str:
    return f"r.number IN (SELECT run_number FROM {table} WHERE {where})"  # noqa: S608  # ours


def _runs_of_models(where: str) -> str:
    of = "model_versions v JOIN runs o ON o.id = v.run"
    return f"r.number IN (SELECT o.number FROM {of} WHERE {where})"  # noqa: S608  # ours


def _words(check: Words) -> _Part:
    places = [f"coalesce(contains({place}, ?), false)" for place in _SEARCHED]
    places.append(_runs_of("run_tags", "present AND contains(lower(tag), ?)"))
    places.append(_runs_of_models(f"contains(lower({_MODEL}), ?)"))
    values: list[Any] = [check.text] * len(places)
    # A hundred thousand numbers are written out only for a word that may stand in one.
    if _OF_NUMBER.fullmatch(check.text):
        places.append("contains('r_' || r.number, ?)")
        values.append(check.text)
    states = [state for state in get_args(RunState) if check.text in _SAID.get(state, state)]
    if states:
        places.append("list_contains(?, r.state)")
        values.append(states)
    return "(" + " OR ".join(places) + ")", values


def _text_is(check: TextIs) -> _Part:
    if check.name == "tag":
        matches, values = _any_of("lower(tag)", check.values)
        return _runs_of("run_tags", f"present AND {matches}"), values
    if check.name == "model":
        matches, values = _any_of(f"lower({_MODEL})", check.values)
        return _runs_of_models(matches), values
    return _any_of(f"lower({_COLUMNS[check.name]})", check.values)


def _any_of(column: str, patterns: Sequence[tuple[str, ...]]) -> _Part:
    parts, values = [], []
    for pattern in patterns:
        if len(pattern) == 1:
            parts.append(f"{column} = ?")
            values.append(pattern[0])
        else:
            parts.append(f"{column} LIKE ? ESCAPE '\\'")
            values.append("%".join(_escaped(part) for part in pattern))
    return "(" + " OR ".join(parts) + ")", values


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _number_is(check: NumberIs) -> _Part:
    if check.kind == "fact":
        return _bounds(_COLUMNS[check.name], check)
    matches, values = _bounds("last", check)
    # NaN is greater than every number to DuckDB; here it is no figure.
    where = f"name = ? AND NOT isnan(last) AND {matches}"
    return _runs_of("run_metrics", where), [check.name, *values]


def _recorded(check: Recorded) -> _Part:
    return _runs_of("run_metrics", "name = ?"), [check.name]


def _asked(check: Asked) -> _Part:
    return f"r.created_at {'<' if check.before else '>='} ?", [check.moment]


def _archived(check: Archived) -> _Part:
    return ("true", []) if check.wanted is None else ("r.archived = ?", [check.wanted])


_BY_KIND: dict[type[Check], Callable[[Any], _Part]] = {
    Words: _words,
    TextIs: _text_is,
    NumberIs: _number_is,
    Recorded: _recorded,
    Asked: _asked,
    Archived: _archived,
}
