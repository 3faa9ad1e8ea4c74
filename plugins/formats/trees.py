"""Trees that cannot lead out of themselves: scikit-learn follows their indices without looking.

A crafted file can pass the check of its types and still crash the process at the first prediction
(https://github.com/scikit-learn/scikit-learn/pull/34558): the nodes of a tree are raw indices of
children, features and bit sets. So each index is compared with what it points into. Children lie
behind their parent in both kinds of tree, which also rules out circles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def check_trees(model: Any) -> None:
    """Raise ValueError when a tree anywhere in `model` points outside itself or its features."""
    for owner, part in parts(model):
        kind = type(part).__name__
        if kind == "TreePredictor":
            _check_predictor(owner, part)
        elif kind == "Tree":
            _check_tree(owner, part)


def parts(model: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Give every object inside `model` with the estimators that it lies in, outermost first."""
    waiting: list[tuple[tuple[Any, ...], Any]] = [((), model)]
    seen: set[int] = set()
    while waiting:
        owners, item = waiting.pop()
        if isinstance(item, str | bytes | int | float | None) or id(item) in seen:
            continue
        seen.add(id(item))
        yield owners, item
        if isinstance(item, dict):
            waiting.extend((owners, value) for value in item.values())
        elif isinstance(item, list | tuple | set) or (
            isinstance(item, np.ndarray) and item.dtype == object
        ):
            flat = item.ravel() if isinstance(item, np.ndarray) else item
            waiting.extend((owners, value) for value in flat)
        elif hasattr(item, "__dict__"):
            waiting.extend(((*owners, item), value) for value in vars(item).values())


def _features(owners: tuple[Any, ...]) -> int:
    """Return how many columns the nearest estimators let through: the fewest that any of them checks."""
    counts = []
    for owner in reversed(owners):
        if type(owner).__module__.startswith(("sklearn.ensemble", "sklearn.tree")):
            count = getattr(owner, "n_features_in_", None)
            if not isinstance(count, int | np.integer):
                raise ValueError(f"a {type(owner).__name__} does not say how many columns it takes")
            counts.append(int(count))
    if not counts:
        raise ValueError("a tree lies outside any estimator")
    return min(counts)


def _inside(values: np.ndarray[Any, Any], limit: int, what: str) -> None:
    if values.size and (int(values.min()) < 0 or int(values.max()) >= limit):
        raise ValueError(f"a tree's {what} points outside ({limit} there)")


def _check_children(
    places: np.ndarray[Any, Any], left: np.ndarray[Any, Any], right: np.ndarray[Any, Any], size: int
) -> None:
    for children in (left.astype(np.int64), right.astype(np.int64)):
        _inside(children, size, "child")
        if (children <= places).any():
            raise ValueError("a tree's child lies before its parent")


def _check_tree(owners: tuple[Any, ...], tree: Any) -> None:
    """Check a `sklearn.tree._tree.Tree`; a leaf's children are both -1."""
    size = int(tree.node_count)
    left, right = tree.children_left, tree.children_right
    if size < 1 or len(left) != size:
        raise ValueError("a tree has no nodes or fewer than it says")
    inner = np.flatnonzero(left != -1)
    _check_children(inner, left[inner], right[inner], size)
    _inside(tree.feature[inner], min(int(tree.n_features), _features(owners)), "feature")


def _check_predictor(owners: tuple[Any, ...], predictor: Any) -> None:
    """Check a `TreePredictor` of histogram gradient boosting."""
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = predictor.nodes
    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE:
        raise ValueError("a tree's nodes are not what scikit-learn writes")
    if nodes.ndim != 1 or not nodes.size:
        raise ValueError("a tree has no nodes")
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    _check_children(inner, nodes["left"][inner], nodes["right"][inner], nodes.size)
    features = nodes["feature_idx"][inner]
    _inside(features, _features_of_boosting(owners), "feature")
    by_category = inner[nodes["is_categorical"][inner] != 0]
    if by_category.size:
        bitsets = (predictor.raw_left_cat_bitsets, predictor.binned_left_cat_bitsets)
        if any(b.ndim != 2 or b.shape[1] != 8 or b.dtype != np.uint32 for b in bitsets):
            raise ValueError("a tree's sets of categories are not what scikit-learn writes")
        fewest = min(len(b) for b in bitsets)
        _inside(nodes["bitset_idx"][by_category], fewest, "set of categories")


def _features_of_boosting(owners: tuple[Any, ...]) -> int:
    """Return the columns of the boosting estimator, once its bin mapper speaks of as many."""
    count = _features(owners)
    for owner in owners:
        mapper = getattr(owner, "_bin_mapper", None)
        if mapper is not None and len(mapper.is_categorical_) != count:
            raise ValueError("a tree's bins and its features differ in number")
    return count
