"""What was measured of an imported version: its newest evaluation stands where a run's figures would."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from workbench.models.figures import all_figures
from workbench.numbers import Figure, from_figure
from workbench.store.store import View


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a model version on the rows of a dataset version, and by whom and when.

    `metrics` has every figure by its recorded name, bounds too (`low.roc_auc`). `rows` were predicted
    (every `step`-th), `left_out` have no target. `metric` is what the version is judged by: that of the
    problem `experiment`, or where none was named the usual one of its task.
    """

    id: str
    version: str
    dataset: str
    dataset_version: str
    content: str
    target: str
    metric: str
    direction: str
    experiment: str
    positive: str
    rows: int
    left_out: int
    step: int
    metrics: dict[str, float]
    runtime: str
    evaluated_at: datetime
    evaluated_by: str


def newest(view: View, version: str) -> Evaluation | None:
    """Return the newest evaluation of the version with this ULID."""
    sql = "SELECT * EXCLUDE seq FROM model_evaluations WHERE version = ? ORDER BY seq DESC LIMIT 1"
    row = view.one(sql, [version])
    if row is None:
        return None
    kept = msgspec.json.decode(row["metrics"], type=dict[str, Figure])
    metrics = {name: from_figure(value) for name, value in kept.items()}
    return Evaluation(**(row | {"metrics": metrics}))


def figures_of(view: View, version: dict[str, Any]) -> tuple[dict[str, float], Evaluation | None]:
    """Return every figure of a row of `model_versions`: its run's, else those of its newest evaluation."""
    if version["run"]:
        return all_figures(view, version["run"]), None
    found = newest(view, version["id"])
    return (found.metrics if found else {}), found
