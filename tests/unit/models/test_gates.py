from __future__ import annotations

from typing import Any

import pytest

from workbench.models.contract import GateOutcome
from workbench.models.gates import SetGate, judge, overall
from workbench.testing.gates import CANDIDATE


class Gate:
    name = "own"
    title = "A gate of somebody else"
    options = ()

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def judge(self, candidate: object, options: object) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def outcome(word: str) -> GateOutcome:
    return GateOutcome(gate="own", outcome=word, what="it")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ZeroDivisionError("by zero"), "the gate broke: ZeroDivisionError: by zero"),
        (None, "the gate gave no outcome"),
        (True, "the gate gave no outcome"),
        (outcome("maybe"), "the gate gave no outcome"),
    ],
)
def test_a_broken_gate_has_failed(answer: Any, why: str) -> None:
    (found,) = judge([SetGate(Gate(answer), {})], CANDIDATE)
    assert (found.gate, found.outcome, found.why) == ("own", "fail", why)


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ([], "pass"),
        (["pass"], "pass"),
        (["pass", "warn"], "warn"),
        (["fail", "warn", "pass"], "fail"),
    ],
)
def test_the_worst_counts(outcomes: list[str], worst: str) -> None:
    assert overall(map(outcome, outcomes)) == worst
