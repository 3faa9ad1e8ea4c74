"""What a filter means, said once more in plain Python: the oracle for the SQL."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

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
from workbench.experiments.rows import RunRow
from workbench.numbers import from_figure

COMPARE = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def keeps(clauses: Sequence[Clause], run: RunRow, models: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether all clauses hold of a run; `models`: ULID → versions registered from it."""
    return all(
        any(_holds(check, run, models.get(run.id, ())) for check in clause.checks)
        is not clause.negated
        for clause in clauses
    )


def _holds(check: Check, run: RunRow, models: Sequence[str]) -> bool:
    if isinstance(check, Words):
        return any(check.text in text.lower() for text in _searched(run, models))
    if isinstance(check, TextIs):
        return any(
            re.fullmatch(".*".join(map(re.escape, pattern)), text, re.DOTALL)
            for text in _texts(check, run, models)
            for pattern in check.values
        )
    if isinstance(check, NumberIs):
        number = _number(check, run)
        return not math.isnan(number) and any(
            COMPARE[check.sign](number, bound) for bound in check.values
        )
    if isinstance(check, Recorded):
        return check.name in run.metrics
    if isinstance(check, Asked):
        return (run.created_at < check.moment) is check.before
    assert isinstance(check, Archived)
    return check.wanted is None or run.archived is check.wanted


def _searched(run: RunRow, models: Sequence[str]) -> list[str]:
    state = "ok succeeded" if run.state == "succeeded" else run.state
    facts = (run.trainer, run.experiment, run.dataset, run.target, run.created_by, run.error)
    return [run.reference, state, *facts, *run.tags, *models]


def _texts(check: TextIs, run: RunRow, models: Sequence[str]) -> list[str]:
    if check.kind == "param":
        return [_as_text(run.params[check.name]).lower()] if check.name in run.params else []
    error = [run.error] if run.error else []
    facts: dict[str, Sequence[str]] = {
        "state": [run.state], "trainer": [run.trainer], "experiment": [run.experiment],
        "data": [run.dataset], "on": [run.target], "who": [run.created_by], "error": error,
        "tag": run.tags, "model": models,
    }  # fmt: skip
    return [text.lower() for text in facts[check.name]]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _number(check: NumberIs, run: RunRow) -> float:
    if check.kind == "metric":
        return from_figure(run.metrics.get(check.name, "NaN"))
    if check.kind == "param":
        value = run.params.get(check.name)
        return float(value) if isinstance(value, int | float) else math.nan
    facts = {"run": run.number, "seed": run.seed, "time": run.seconds}
    value = facts[check.name]
    return math.nan if value is None else float(value)
