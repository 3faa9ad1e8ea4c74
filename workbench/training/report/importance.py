"""Permutation importance: how much worse a model becomes when it cannot read a column.

On the test rows, by the problem's metric (Breiman, Random Forests, 2001; Fisher, Rudin and Dominici
2019). Columns that say the same hide each other: either can be shuffled without harm.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.numbers import to_figure
from workbench.training.metrics import BY_NAME
from workbench.training.report.record import Importance

if TYPE_CHECKING:
    from workbench.training.fitting import Learning

    Array = np.ndarray[Any, Any]

REPEATS = 5
MOST_ROWS = 1000
"""Of more test rows so many are drawn: the order of columns needs no more."""
MOST_COLUMNS = 200


def importances(
    learner: Learning, model: Any, rows: Array, metric: str, *, seed: int
) -> tuple[tuple[Importance, ...], int]:
    """Return the columns, the most important first, and how many rows were used.

    Of more than MOST_COLUMNS columns the first are looked at. Nothing where the metric is undefined.
    """
    rng = np.random.default_rng(seed)
    if len(rows) > MOST_ROWS:
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    frame, truth = learner.features[rows], learner.target.values[rows]
    score = BY_NAME[metric].function
    sign = 1.0 if BY_NAME[metric].direction == "maximize" else -1.0
    whole = score(learner.score_frame(model, frame, truth))
    if math.isnan(whole):
        return (), len(rows)
    found = []
    for name in frame.columns[:MOST_COLUMNS]:
        losses = []
        for _ in range(REPEATS):
            shuffled = frame.with_columns(frame[name][rng.permutation(len(rows))])
            losses.append(sign * (whole - score(learner.score_frame(model, shuffled, truth))))
        mean, spread = float(np.mean(losses)), float(np.std(losses, ddof=1))
        found.append(Importance(column=name, mean=to_figure(mean), spread=to_figure(spread)))
    return tuple(sorted(found, key=lambda item: -float(item.mean))), len(rows)
