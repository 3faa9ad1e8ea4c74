"""One decision tree by scikit-learn: the model that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.trainers.shared import CLASS_WEIGHT, MAX_DEPTH, MAX_FEATURES, class_weight
from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Tree:
    """DecisionTreeClassifier and -Regressor, with cost-complexity pruning."""

    name = "tree"
    title = "Decision tree"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=False, missing="native", categories="codes")
    options = (
        MAX_DEPTH,
        Option(
            "min_samples_leaf", "int", 5, "Fewest rows in a leaf.", minimum=1, maximum=1_000_000
        ),
        Option("max_leaf_nodes", "int", None, "Most leaves.", minimum=2, maximum=1_000_000),
        Option(
            "ccp_alpha",
            "float",
            0.0,
            "Prune what gains less than this in impurity for each leaf.",
            minimum=0.0,
            maximum=1e12,
        ),
        MAX_FEATURES,
        CLASS_WEIGHT,
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator; codes are numbers to it."""
        del categorical
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        named = dict(params) | {"random_state": seed}
        weight = class_weight(named.pop("class_weight"))
        if task == "regression":
            return DecisionTreeRegressor(**named)
        return DecisionTreeClassifier(class_weight=weight, **named)


TRAINER = Tree()
