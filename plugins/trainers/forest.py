"""Random forests by scikit-learn: trees on drawn rows and drawn features, averaged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.trainers.shared import CLASS_WEIGHT, MAX_DEPTH, MAX_FEATURES, class_weight
from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Forest:
    """RandomForestClassifier and -Regressor.

    One thread: several would add up the trees in another order each time, and so predict other last
    digits for the same seed.
    """

    name = "forest"
    title = "Random forest"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=False, missing="native", categories="codes")
    options = (
        Option("n_estimators", "int", 100, "Number of trees.", minimum=1, maximum=10_000),
        MAX_DEPTH,
        Option(
            "min_samples_leaf", "int", 1, "Fewest rows in a leaf.", minimum=1, maximum=1_000_000
        ),
        Option(
            MAX_FEATURES.name,
            "float",
            None,
            "Share of the features looked at for each split; left out: the root of their number for "
            "classes, a third of them for numbers.",
            minimum=0.0,
            maximum=1.0,
            open_minimum=True,
        ),
        Option(
            "max_samples",
            "float",
            None,
            "Share of the rows that a tree is grown on; left out: as many as there are, drawn.",
            minimum=0.0,
            maximum=1.0,
            open_minimum=True,
        ),
        CLASS_WEIGHT,
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator; codes are numbers to it."""
        del categorical
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        named = dict(params) | {"random_state": seed}
        weight = class_weight(named.pop("class_weight"))
        if task == "regression":
            # A third: Breiman 2001, section 11.
            named["max_features"] = named["max_features"] or 1 / 3
            return RandomForestRegressor(**named)
        named["max_features"] = named["max_features"] or "sqrt"
        return RandomForestClassifier(class_weight=weight, **named)


TRAINER = Forest()
