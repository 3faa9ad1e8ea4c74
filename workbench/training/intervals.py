"""How sure the figures of a run are, and whether one set of predictions beats another on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.statistics.bootstrap import Counted, Interval, interval_counted
from workbench.training.contract import Task
from workbench.training.counted import counted
from workbench.training.metrics import BY_NAME, Scored, metrics_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def intervals(
    task: Task, scored: Scored, *, seed: int = 0, groups: Array | None = None
) -> dict[str, Interval]:
    """Return the 95 % interval of every metric of the task on these rows, by name.

    `groups`, shape (rows,): rows that belong together are drawn together.
    """
    names = [metric.name for metric in metrics_of(task)]
    statistics = [counted(name, scored) for name in names]
    found = interval_counted(statistics, len(scored.truth), seed=seed, groups=groups)
    return dict(zip(names, found, strict=True))


def gains(
    one: Scored, others: Mapping[str, Scored], *, seed: int = 0, groups: Array | None = None
) -> dict[str, Interval]:
    """Return the 95 % interval of how much better `one` is than each metric's other predictions.

    More than 0 is better, whatever the metric's direction. Raises ValueError when they did not predict
    the same rows.
    """
    statistics = [_gain(name, one, other) for name, other in others.items()]
    found = interval_counted(statistics, len(one.truth), seed=seed, groups=groups)
    return dict(zip(others, found, strict=True))


def gain(
    name: str, one: Scored, other: Scored, *, seed: int = 0, groups: Array | None = None
) -> Interval:
    """Return the 95 % interval of how much better `one` is than `other` by one metric.

    Raises ValueError when they did not predict the same rows.
    """
    return gains(one, {name: other}, seed=seed, groups=groups)[name]


def _gain(name: str, one: Scored, other: Scored) -> Counted:
    if len(one.truth) != len(other.truth) or (one.truth != other.truth).any():
        raise ValueError("the two sets of predictions are of different rows")
    first, second = counted(name, one), counted(name, other)
    if BY_NAME[name].direction == "minimize":
        first, second = second, first

    def difference(counts: Array) -> Array:
        result: Array = first(counts) - second(counts)
        return result

    return difference
