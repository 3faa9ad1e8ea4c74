"""A version's figures on the test rows as the card shows them: with intervals, baseline and thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from workbench.models.contract import Candidate
from workbench.store.store import View
from workbench.training.metrics import DUMMY, HIGH, LOW, direction_of

Figures = Mapping[str, float]
"""Recorded name → figure: `roc_auc`, `low.roc_auc`, `dummy.roc_auc`."""


class MetricLine(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on the test rows: of the candidate and of what is promoted now.

    `low` and `high` bound the candidate's figure (95 %, by bootstrap), `live_low` and `live_high` the
    other's; None where the run recorded none. `baseline` is what predicting without looking reaches on
    the candidate's rows. `difference` is candidate minus live; `better` tells whether that is for the
    better, None when they are equal or cannot be compared. `threshold` is the problem's, or that of a
    `guardrail`.
    """

    name: str
    direction: str | None
    candidate: float | None
    live: float | None
    difference: float | None
    better: bool | None
    threshold: float | None
    low: float | None = None
    high: float | None = None
    live_low: float | None = None
    live_high: float | None = None
    baseline: float | None = None
    guardrail: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the threshold is reached; None without one."""
        if self.threshold is None:
            return None
        return reaches(self.candidate, self.threshold, self.direction)


def reaches(value: float | None, threshold: float, direction: str | None) -> bool:
    """Tell whether a figure reaches what is asked; what is missing or not a number does not."""
    if value is None or math.isnan(value):
        return False
    return value >= threshold if direction != "minimize" else value <= threshold


def all_figures(view: View, run: str) -> dict[str, float]:
    """Return every recorded figure of a run by its name; an imported version has none."""
    rows = view.query(
        "SELECT name, last FROM run_metrics"
        " WHERE run_number = (SELECT number FROM runs WHERE id = ?) ORDER BY name",
        [run],
    )
    return {row["name"]: math.nan if row["last"] is None else row["last"] for row in rows}


def on_test_rows(figures: Figures) -> dict[str, float]:
    """Return the figures on the test rows; those over folds, bounds and baseline have a dot in them."""
    return {name: value for name, value in figures.items() if "." not in name}


def metric_lines(
    candidate: Candidate, figures: Figures | None = None, live: Figures | None = None
) -> tuple[MetricLine, ...]:
    """Return a line a metric, the problem's own first, then guardrails, then by name.

    `figures` and `live` hold what was recorded beside the metrics: bounds and baseline.
    """
    other = candidate.live_metrics or {}

    def order(name: str) -> tuple[bool, bool, str]:
        return name != candidate.metric, name not in candidate.guardrails, name

    names = sorted({*candidate.metrics, *other, *candidate.guardrails}, key=order)
    return tuple(
        _line(candidate, name, other.get(name), figures or {}, live or {}) for name in names
    )


def _line(
    candidate: Candidate, name: str, live: float | None, figures: Figures, beside: Figures
) -> MetricLine:
    own = name == candidate.metric
    direction = candidate.direction if own else direction_of(name)
    mine = candidate.metrics.get(name)
    difference = None if mine is None or live is None else mine - live
    better = None
    if difference and direction and not math.isnan(difference):
        better = (difference > 0) == (direction == "maximize")
    bounds: dict[str, Any] = {
        "low": figures.get(LOW + name),
        "high": figures.get(HIGH + name),
        "live_low": beside.get(LOW + name),
        "live_high": beside.get(HIGH + name),
        "baseline": figures.get(DUMMY + name),
    }
    return MetricLine(
        name=name,
        direction=direction,
        candidate=mine,
        live=live,
        difference=difference,
        better=better,
        threshold=candidate.threshold if own else candidate.guardrails.get(name),
        guardrail=not own and name in candidate.guardrails,
        **bounds,
    )
