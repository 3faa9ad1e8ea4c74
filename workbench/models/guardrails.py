"""Guardrails: metrics that a problem does not judge by, but that must not fall below what it says.

They are asked wherever an environment has gates, beside these, each as a line with both numbers.
"""

from __future__ import annotations

import math

from workbench.errors import WorkbenchError
from workbench.experiments.problem import CODE
from workbench.models.contract import Candidate
from workbench.models.figures import reaches
from workbench.numbers import to_figure
from workbench.project.project import Project
from workbench.project.toml import parse_toml
from workbench.records.models import GateOutcome
from workbench.training.metrics import direction_of
from workbench.training.work import Problem

NAME = "guardrail"


def guardrails_of(project: Project, digest: str) -> tuple[dict[str, float], str]:
    """Return a problem's guardrails (metric → threshold) from its file's digest, and what is in the way.

    A file that cannot be read gives none and the reason: what is not known lets nothing through.
    """
    if not digest:
        return {}, ""
    try:
        text = project.store.objects.read(digest).decode("utf-8", errors="replace")
        problem = parse_toml(text, Problem, where="the problem file", code=CODE)
    except WorkbenchError as error:
        return {}, f"the problem file of the record: {error.what}: {error.why}"
    return {item.metric: item.threshold for item in problem.guardrails}, ""


def judge_guardrails(candidate: Candidate, lost: str = "") -> tuple[GateOutcome, ...]:
    """Return a line a guardrail; `lost` says why they are not known. Pure."""
    if lost:
        what = "the problem's guardrails"
        return (GateOutcome(gate=NAME, outcome="fail", what=what, why=lost),)
    return tuple(_judge(candidate, metric, limit) for metric, limit in candidate.guardrails.items())


def _judge(candidate: Candidate, metric: str, limit: float) -> GateOutcome:
    measured = candidate.metrics.get(metric)
    direction = direction_of(metric)
    if measured is None or math.isnan(measured):
        good, why = False, f"the run has no {metric}"
    else:
        good = reaches(measured, limit, direction)
        bound = "at most" if direction == "minimize" else "at least"
        why = f"{measured:.6g} {'reaches' if good else 'misses'} {bound} {limit:.6g}"
    return GateOutcome(
        gate=NAME,
        outcome="pass" if good else "fail",
        what=f"{metric} on the test rows",
        measured=None if measured is None else to_figure(measured),
        required=to_figure(limit),
        why=why,
    )
