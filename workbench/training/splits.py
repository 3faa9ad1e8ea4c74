"""Who is trained on and who is tested on: pure, seeded, and not to be fooled by rows that come sorted.

The streams are those of numpy's RandomState (by scikit-learn), which are the same in every version.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.training.contract import Task
from workbench.training.work import Split

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Deal:
    """Row numbers, ascending: `test` held out, `train` the others; `folds` are (fit, check) in `train`.

    By time, every row that is fitted on is older than every row that is checked with it, and the test
    rows are the newest; the first part of the training rows is never checked. By group, no group has
    rows on both sides; `test_groups` then tells the test rows' groups.
    """

    train: Array
    test: Array
    folds: tuple[tuple[Array, Array], ...]
    test_groups: Array | None = None


def rows_needed(split: Split) -> int:
    """Return how many rows a class needs so that training has one a fold, and the test one."""
    return max(math.ceil(split.folds / (1 - split.test)), math.ceil(1 / split.test))


def strata(target: Array, task: Task, split: Split) -> Array | None:
    """Return the group of each row whose shares the split keeps; None when it deals freely.

    Classes are the groups themselves. Numbers are grouped by rank, into tenths, or into fewer
    where ten groups would have too few rows.
    """
    import numpy as np

    if split.method in {"random", "time"}:
        return None
    if task != "regression":
        return target
    groups = max(1, min(10, len(target) // rows_needed(split)))
    ranks = np.empty(len(target), dtype=np.int64)
    ranks[np.argsort(target, kind="stable")] = np.arange(len(target))
    result: Array = ranks * groups // len(target)
    return result


def deal(rows: int, split: Split, groups: Array | None = None, column: Array | None = None) -> Deal:
    """Deal out `rows` rows; the same arguments give the same rows.

    `groups`, shape (rows,), are strata whose shares are kept as well as may be. `column`, shape
    (rows,), tells the time or the group of each row, for those methods. Raises ValueError where there
    are too few times or groups (`parts_needed`).
    """
    if split.method == "time":
        assert column is not None
        return _by_time(column, split)
    if split.method == "group":
        assert column is not None
        return _by_group(column, split, groups)
    return _freely(rows, split, groups)


def parts_needed(split: Split) -> int:
    """Return how many different times, or groups, a split by these needs at least."""
    return split.folds + (2 if split.method == "time" else 1)


def _freely(rows: int, split: Split, groups: Array | None) -> Deal:
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


def _by_time(times: Array, split: Split) -> Deal:
    """Cut between different times only: rows of one moment are never torn apart."""
    import numpy as np

    moments, place, sizes = np.unique(times, return_inverse=True, return_counts=True)
    if len(moments) < parts_needed(split):
        raise ValueError(f"{len(moments)} times, needed are {parts_needed(split)}")
    before = np.cumsum(sizes)  # rows of a moment and all before it
    first = _cuts(before, [(1 - split.test) * before[-1]], split.folds + 1, len(moments))[0]
    # Of the training moments, as many parts of about as many rows as there are folds, and one more.
    shares = [before[first - 1] * n / (split.folds + 1) for n in range(1, split.folds + 1)]
    cuts = [*_cuts(before, shares, 1, first), first]
    folds = tuple(
        (np.flatnonzero(place < start), np.flatnonzero((place >= start) & (place < end)))
        for start, end in pairwise(cuts)
    )
    return Deal(np.flatnonzero(place < first), np.flatnonzero(place >= first), folds)


def _cuts(before: Array, wanted: Sequence[float], lowest: int, end: int) -> list[int]:
    """Return the moments at which parts begin: near to the wanted numbers of rows, none of them empty."""
    import numpy as np

    cuts: list[int] = []
    for left, rows in enumerate(reversed(wanted)):
        at = int(np.abs(before - rows).argmin()) + 1
        highest = (cuts[-1] if cuts else end) - 1
        cuts.append(max(min(at, highest), lowest + len(wanted) - 1 - left))
    return cuts[::-1]


def _by_group(names: Array, split: Split, strata: Array | None) -> Deal:
    import numpy as np
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    known, groups, sizes = np.unique(names, return_inverse=True, return_counts=True)
    if len(known) < parts_needed(split):
        raise ValueError(f"{len(known)} groups, needed are {parts_needed(split)}")
    order = np.random.RandomState(split.seed).permutation(len(known))
    filled = np.cumsum(sizes[order])
    held = int(np.abs(filled - split.test * len(names)).argmin()) + 1
    held = min(held, len(known) - split.folds)
    mine = np.isin(groups, order[:held])
    train, test = np.flatnonzero(~mine), np.flatnonzero(mine)
    kind = GroupKFold if strata is None else StratifiedGroupKFold
    dealer = kind(n_splits=split.folds, shuffle=True, random_state=split.seed)
    pairs = dealer.split(train, None if strata is None else strata[train], groups[train])
    folds = tuple((train[fit], train[check]) for fit, check in pairs)
    return Deal(train, test, folds, groups[test])
