"""The threshold gate: a table of candidates, options and outcomes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from plugins.gates.threshold import GATE
from workbench.models.contract import Candidate
from workbench.options import settle
from workbench.testing.gates import CANDIDATE

NOTHING_LIVE = replace(CANDIDATE, live_reference=None, live_metrics=None)
MINIMISED = replace(CANDIDATE, metric="rmse", direction="minimize", threshold=2.0)


def with_auc(value: float, live: float | None = None) -> Candidate:
    if live is None:
        return replace(NOTHING_LIVE, metrics={"roc_auc": value})
    return replace(CANDIDATE, metrics={"roc_auc": value}, live_metrics={"roc_auc": live})


CASES: list[tuple[Candidate, dict[str, Any], str, Any, Any]] = [
    (with_auc(0.80), {}, "pass", 0.80, 0.75),
    (with_auc(0.75), {}, "pass", 0.75, 0.75),
    (with_auc(0.7499), {}, "fail", 0.7499, 0.75),
    (with_auc(0.80), {"limit": 0.9}, "fail", 0.80, 0.9),
    (with_auc(0.60), {"limit": 0.5}, "pass", 0.60, 0.5),
    (with_auc(math.nan), {}, "fail", None, 0.75),
    (with_auc(math.inf), {}, "pass", "Infinity", 0.75),
    (replace(NOTHING_LIVE, metrics={}), {}, "fail", None, 0.75),
    (replace(with_auc(0.8), threshold=None), {}, "warn", 0.8, None),
    (replace(with_auc(0.8), threshold=None), {"limit": 0.7}, "pass", 0.8, 0.7),
    (with_auc(0.80, live=0.78), {}, "pass", 0.80, 0.75),
    (with_auc(0.80, live=0.80), {}, "pass", 0.80, 0.75),
    (with_auc(0.80, live=0.81), {}, "warn", 0.80, 0.75),
    (with_auc(0.80, live=0.81), {"live": "fail"}, "fail", 0.80, 0.75),
    (with_auc(0.80, live=0.81), {"live": "ignore"}, "pass", 0.80, 0.75),
    (with_auc(0.70, live=0.81), {"live": "warn"}, "fail", 0.70, 0.75),
    (with_auc(0.80, live=math.nan), {}, "pass", 0.80, 0.75),
    (replace(MINIMISED, metrics={"rmse": 1.9}), {}, "pass", 1.9, 2.0),
    (replace(MINIMISED, metrics={"rmse": 2.1}), {}, "fail", 2.1, 2.0),
    (
        replace(MINIMISED, metrics={"rmse": 1.9}, live_metrics={"rmse": 1.8}),
        {},
        "warn",
        1.9,
        2.0,
    ),
    (CANDIDATE, {"metric": "log_loss", "limit": 0.5}, "pass", 0.4, 0.5),
    (CANDIDATE, {"metric": "log_loss", "limit": 0.3}, "fail", 0.4, 0.3),
    (CANDIDATE, {"metric": "log_loss", "limit": 0.3, "direction": "maximize"}, "warn", 0.4, 0.3),
    (replace(CANDIDATE, metrics={"own": 1.0}), {"metric": "own", "limit": 0}, "fail", 1.0, 0.0),
    (
        replace(NOTHING_LIVE, metrics={"own": 1.0}),
        {"metric": "own", "limit": 0, "direction": "maximize"},
        "pass",
        1.0,
        0.0,
    ),
]


@pytest.mark.parametrize(("candidate", "given", "outcome", "measured", "required"), CASES)
def test_cases(
    candidate: Candidate, given: dict[str, Any], outcome: str, measured: Any, required: Any
) -> None:
    found = GATE.judge(candidate, settle(GATE.options, given, owner="threshold"))
    assert (found.outcome, found.measured, found.required) == (outcome, measured, required)


@pytest.mark.parametrize(
    ("candidate", "given", "why"),
    [
        (with_auc(0.8), {}, "0.8 reaches at least 0.75"),
        (with_auc(0.7, live=0.6), {}, "0.7 misses at least 0.75; better than delay@1 with 0.6"),
        (replace(MINIMISED, metrics={"rmse": 2.0}), {}, "2 reaches at most 2; delay@1 has no rmse"),
        (with_auc(math.nan), {}, "roc_auc is not a number"),
        (CANDIDATE, {"metric": "f1"}, "the run has no f1 (it has log_loss, roc_auc)"),
        (replace(NOTHING_LIVE, threshold=None), {}, "the problem sets no threshold"),
        (
            replace(NOTHING_LIVE, metrics={"own": 1.0}),
            {"metric": "own"},
            "nobody said whether more of it is better: set direction",
        ),
    ],
)
def test_says_why(candidate: Candidate, given: dict[str, Any], why: str) -> None:
    assert GATE.judge(candidate, settle(GATE.options, given, owner="threshold")).why == why
