"""Nearest neighbours by scikit-learn: the answer of the training rows that are most alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Neighbors:
    """KNeighborsClassifier and -Regressor over standardised features, each row compared with all.

    The model holds the training rows' features. Without a search tree, which a model file could not
    hold safely, and which does not help beyond some ten features.
    """

    name = "knn"
    title = "Nearest neighbours"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=True, missing="impute", categories="onehot")
    options = (
        Option("n_neighbors", "int", 15, "How many rows are asked.", minimum=1, maximum=10_000),
        Option(
            "weights",
            "choice",
            "uniform",
            "Whether all of them count alike, or near ones more.",
            choices=("uniform", "distance"),
        ),
        Option(
            "metric",
            "choice",
            "euclidean",
            "How far two rows are apart.",
            choices=("euclidean", "manhattan"),
        ),
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator; nothing in it is drawn."""
        del seed, categorical
        from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

        kind = KNeighborsRegressor if task == "regression" else KNeighborsClassifier
        return kind(algorithm="brute", **params)


TRAINER = Neighbors()
