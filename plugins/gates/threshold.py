"""The threshold gate: a metric on the test rows against what the problem asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench.models.contract import Candidate, GateOutcome
from workbench.numbers import Figure, to_figure
from workbench.options import Option, Value
from workbench.training.metrics import direction_of


class ThresholdGate:
    """Fails below the threshold; can warn or fail where the candidate is worse than what is live."""

    name = "threshold"
    title = "Metric against the threshold"
    options = (
        Option("metric", "str", None, "Metric on the test rows; left out: the problem's."),
        Option("limit", "float", None, "What it must reach; left out: the problem's threshold."),
        Option(
            "direction",
            "choice",
            None,
            "Whether more is better; left out: as the metric is known.",
            choices=("maximize", "minimize"),
        ),
        Option(
            "live",
            "choice",
            "warn",
            "What it means to be worse than the version that is there now.",
            choices=("ignore", "warn", "fail"),
        ),
    )

    def judge(self, candidate: Candidate, options: Mapping[str, Value]) -> GateOutcome:
        """Compare; a figure that is missing or not a number fails, a missing threshold warns."""
        metric = str(options.get("metric") or candidate.metric)
        own = metric == candidate.metric
        direction = (
            options.get("direction")
            or (candidate.direction if own else None)
            or direction_of(metric)
        )
        limit = options.get("limit")
        if limit is None and own:
            limit = candidate.threshold
        measured = candidate.metrics.get(metric)
        if measured is None or math.isnan(measured):
            return self._say("fail", metric, None, limit, _missing(candidate, metric, measured))
        if direction is None:
            why = "nobody said whether more of it is better: set direction"
            return self._say("fail", metric, measured, limit, why)
        more = direction == "maximize"
        outcome, sentences = "pass", []
        if limit is None:
            outcome = "warn"
            sentences.append("the problem sets no threshold")
        else:
            reached = measured >= float(limit) if more else measured <= float(limit)
            outcome = "pass" if reached else "fail"
            sentences.append(
                f"{measured:.6g} {'reaches' if reached else 'misses'}"
                f" {'at least' if more else 'at most'} {float(limit):.6g}"
            )
        worse, sentence = _against_live(candidate, metric, measured, more=more)
        if sentence:
            sentences.append(sentence)
        if worse and outcome != "fail" and options.get("live") in {"warn", "fail"}:
            outcome = str(options["live"])
        return self._say(outcome, metric, measured, limit, "; ".join(sentences))

    def _say(
        self, outcome: str, metric: str, measured: float | None, limit: Value, why: str
    ) -> GateOutcome:
        return GateOutcome(
            gate=self.name,
            outcome=outcome,
            what=f"{metric or 'a metric'} on the test rows",
            measured=_figure(measured),
            required=_figure(None if limit is None else float(limit)),
            why=why,
        )


def _figure(value: float | None) -> Figure | None:
    return None if value is None else to_figure(value)


def _missing(candidate: Candidate, metric: str, measured: float | None) -> str:
    if measured is not None:
        return f"{metric} is not a number"
    if not candidate.measured:
        return "the model was imported and not measured: workbench model evaluate does that"
    known = ", ".join(sorted(candidate.metrics)) or "none"
    return f"the run has no {metric} (it has {known})"


def _against_live(
    candidate: Candidate, metric: str, measured: float, *, more: bool
) -> tuple[bool, str]:
    """Return whether the candidate is worse than what is live, and the sentence with both numbers."""
    if candidate.live_metrics is None:
        return False, ""
    live = candidate.live_metrics.get(metric)
    if live is None or math.isnan(live):
        return False, f"{candidate.live_reference} has no {metric}"
    worse = measured < live if more else measured > live
    word = "worse than" if worse else "equal to" if measured == live else "better than"
    return worse, f"{word} {candidate.live_reference} with {live:.6g}"


GATE = ThresholdGate()
