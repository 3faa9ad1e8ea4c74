"""What `/` understands over runs: words, and conditions on figures, parameters and facts.

    hgb failed              both words occur in the run's facts
    auc>0.9 lr<=0.1         metric or parameter, by its name or a unique part of it
    state=failed trainer=hgb

Between a name and its sign there is no space; everything must hold.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping

from workbench.errors import BadInput
from workbench.experiments.runs import RunRow
from workbench.numbers import from_figure

_CONDITION = re.compile(r"([^<>=!\s]+)(<=|>=|!=|=|<|>)(\S*)")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Test = Callable[[RunRow], bool]


def matcher(runs: Mapping[str, RunRow], models: Mapping[str, str]) -> Callable[[str, str], bool]:
    """Return `matches(key, filter)` for these runs (by reference); `models`: ULID → versions."""
    kept: dict[str, Test] = {}

    def matches(key: str, text: str) -> bool:
        if text not in kept:
            kept.clear()
            kept[text] = compile_filter(text, models)
        return kept[text](runs[key])

    return matches


def compile_filter(text: str, models: Mapping[str, str]) -> Test:
    """Return the test that a run passes when all of `text` holds. Raises BadInput."""
    tests = [_test(word, models) for word in text.split()]
    return lambda run: all(test(run) for test in tests)


def _test(word: str, models: Mapping[str, str]) -> Test:
    found = _CONDITION.fullmatch(word)
    if found is None:
        sought = word.casefold()
        return lambda run: sought in _words(run, models)
    name, sign, value = found.groups()
    if sign in _COMPARE:
        return _number_test(name.casefold(), sign, value)
    value = "ok" if name == "state" and value == "succeeded" else value
    return _text_test(name.casefold(), value.casefold(), wanted=sign == "=")


def _number_test(name: str, sign: str, value: str) -> Test:
    try:
        limit = float(value)
    except ValueError:
        raise BadInput(
            f"{value or 'Nothing'} is not a number to compare with",
            where=name + sign + value,
            why="after < and > comes a number",
            fix=f"Write it like {name}{sign}0.5",
            code="runs.filter",
        ) from None
    compare = _COMPARE[sign]

    def test(run: RunRow) -> bool:
        number = _number(run, name)
        return not math.isnan(number) and compare(number, limit)

    return test


def _text_test(name: str, value: str, *, wanted: bool) -> Test:
    def same(run: RunRow) -> bool:
        found = _value(run, name)
        if found is None:
            return False
        if isinstance(found, int | float) and not isinstance(found, bool):
            try:
                return float(found) == float(value)
            except ValueError:
                return False
        return str(found).casefold() == value

    return lambda run: same(run) is wanted


def _number(run: RunRow, name: str) -> float:
    value = _value(run, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def _value(run: RunRow, name: str) -> object:
    """Return what a run has under a name, or under the one name that has it as a part."""
    known = _known(run)
    if name in known:
        return known[name]
    near = [key for key in known if name in key]
    return known[near[0]] if len(near) == 1 else None


def _known(run: RunRow) -> dict[str, object]:
    facts: dict[str, object] = {
        "run": run.reference,
        "state": "ok" if run.state == "succeeded" else run.state,
        "trainer": run.trainer,
        "experiment": run.experiment,
        "data": run.dataset,
        "on": run.target,
        "who": run.created_by,
        "seed": run.seed,
        "time": run.seconds,
    }
    facts |= {name.casefold(): value for name, value in run.params.items()}
    facts |= {name.casefold(): from_figure(value) for name, value in run.metrics.items()}
    return facts


def _words(run: RunRow, models: Mapping[str, str]) -> str:
    state = "ok succeeded" if run.state == "succeeded" else run.state
    words = (
        run.reference, state, run.trainer, run.experiment, run.dataset, run.target,
        run.created_by, run.error, models.get(run.id, ""),
    )  # fmt: skip
    return "\n".join(words).casefold()
