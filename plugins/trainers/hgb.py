"""Histogram gradient boosting by scikit-learn: takes missing values and category codes as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.trainers.shared import CLASS_WEIGHT, MAX_DEPTH, class_weight
from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class HistogramBoosting:
    """HistGradientBoostingClassifier and -Regressor."""

    name = "hgb"
    title = "Histogram gradient boosting"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=False, missing="native", categories="codes")
    options = (
        Option(
            "learning_rate",
            "float",
            0.1,
            "How much each tree corrects.",
            minimum=0.0,
            maximum=1.0,
            open_minimum=True,
        ),
        Option("max_iter", "int", 100, "Number of trees (a class).", minimum=1, maximum=100_000),
        Option("max_leaf_nodes", "int", 31, "Most leaves of a tree.", minimum=2, maximum=65_536),
        MAX_DEPTH,
        Option(
            "min_samples_leaf", "int", 20, "Fewest rows in a leaf.", minimum=1, maximum=1_000_000
        ),
        Option(
            "l2_regularization", "float", 0.0, "L2 penalty on leaves.", minimum=0.0, maximum=1e12
        ),
        Option(
            "max_features",
            "float",
            1.0,
            "Share of the features looked at for each split.",
            minimum=0.0,
            maximum=1.0,
            open_minimum=True,
        ),
        Option(
            "early_stopping",
            "bool",
            False,
            "Stop when a tenth of the training rows, held out, no longer gain.",
        ),
        CLASS_WEIGHT,
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        named = dict(params)
        weight = class_weight(named.pop("class_weight"))
        codes = [place for place, coded in enumerate(categorical) if coded]
        common = named | {
            "categorical_features": codes or None,
            "random_state": seed,
        }
        if task == "regression":
            return HistGradientBoostingRegressor(**common)
        return HistGradientBoostingClassifier(class_weight=weight, **common)


TRAINER = HistogramBoosting()
