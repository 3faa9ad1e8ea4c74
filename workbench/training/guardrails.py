"""Guardrails: metrics beside the main one that must hold as well."""

from __future__ import annotations

import math

from workbench.errors import BadInput
from workbench.training.metrics import BY_NAME, metric_for
from workbench.training.work import Guardrail, Problem


def parse_guardrail(text: str) -> Guardrail:
    """Read `recall=0.6`. Raises BadInput (`experiment.guardrail`) for what is none."""
    name, _, value = text.partition("=")
    try:
        threshold = float(value)
    except ValueError:
        threshold = math.nan
    if not name.strip().isidentifier() or not math.isfinite(threshold):
        raise BadInput(
            f"{text.strip()[:60]} is no guardrail",
            where="--guardrail",
            why="expected METRIC=VALUE, such as recall=0.6",
            fix="Write it so",
            code="experiment.guardrail",
        )
    return Guardrail(metric=name.strip(), threshold=threshold)


def check_guardrails(problem: Problem) -> None:
    """Raise BadInput for a guardrail of no metric of the task, of the main one, or named twice."""
    seen = {problem.metric}
    for place, guardrail in enumerate(problem.guardrails):
        where = f"key guardrail[{place}].metric"
        try:
            metric_for(problem.task, guardrail.metric)
        except BadInput as refusal:
            refusal.where = where
            raise
        if guardrail.metric in seen:
            main = guardrail.metric == problem.metric
            raise BadInput(
                f"{guardrail.metric} is asked for twice",
                where=where,
                why="it is the metric that runs are judged by" if main else "there is one already",
                fix="Set `threshold` for it" if main else "Leave one of them out",
                code="experiment.guardrail",
            )
        seen.add(guardrail.metric)


def bound_words(name: str, threshold: float) -> str:
    """Return a bound as it is read: `recall ≥ 0.6`, `log_loss ≤ 0.4`."""
    sign = "≤" if name in BY_NAME and BY_NAME[name].direction == "minimize" else "≥"
    return f"{name} {sign} {threshold:g}"


def holds(name: str, threshold: float, value: float) -> bool:
    """Tell whether a metric's value is at least, or at most, its threshold; NaN never is."""
    if BY_NAME[name].direction == "minimize":
        return value <= threshold
    return value >= threshold
