"""Who is trained on and who is tested on: pure, seeded, and not to be fooled by rows that come sorted.

The streams are those of numpy's RandomState (by scikit-learn), which are the same in every version.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.training.contract import Task
from workbench.training.work import Split

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Deal:
    """Row numbers, ascending: `test` held out, `train` the others; `folds` are (fit, check) in `train`."""

    train: Array
    test: Array
    folds: tuple[tuple[Array, Array], ...]


def rows_needed(split: Split) -> int:
    """Return how many rows a class needs so that training has one a fold, and the test one."""
    return max(math.ceil(split.folds / (1 - split.test)), math.ceil(1 / split.test))


def strata(target: Array, task: Task, split: Split) -> Array | None:
    """Return the group of each row whose shares the split keeps; None when it deals freely.

    Classes are the groups themselves. Numbers are grouped by rank, into tenths, or into fewer
    where ten groups would have too few rows.
    """
    import numpy as np

    if split.method == "random":
        return None
    if task != "regression":
        return target
    groups = max(1, min(10, len(target) // rows_needed(split)))
    ranks = np.empty(len(target), dtype=np.int64)
    ranks[np.argsort(target, kind="stable")] = np.arange(len(target))
    result: Array = ranks * groups // len(target)
    return result


def deal(rows: int, split: Split, groups: Array | None = None) -> Deal:
    """Deal out `rows` rows; the same arguments give the same rows. `groups` has shape (rows,)."""
    import numpy as np

    # 0.6 s to import, which only a training job pays.
    from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

    train, test = train_test_split(
        np.arange(rows), test_size=split.test, random_state=split.seed, stratify=groups
    )
    train, test = np.sort(train), np.sort(test)
    kind = KFold if groups is None else StratifiedKFold
    dealer = kind(n_splits=split.folds, shuffle=True, random_state=split.seed)
    pairs = dealer.split(train, None if groups is None else groups[train])
    return Deal(train, test, tuple((train[fit], train[check]) for fit, check in pairs))
