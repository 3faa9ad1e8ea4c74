"""Linear models: logistic regression for classes, ridge, lasso or least squares for numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from plugins.trainers.shared import CLASS_WEIGHT, class_weight
from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Linear:
    """Logistic regression, and linear regression, with an L2, L1 or mixed penalty, or with none."""

    name = "linear"
    title = "Logistic or linear regression"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=True, missing="impute", categories="onehot", text="words")
    options = (
        Option(
            "penalty",
            "choice",
            "l2",
            "What is charged for large coefficients; l1 sets many of them to 0.",
            choices=("l2", "l1", "elasticnet", "none"),
        ),
        Option(
            "c",
            "float",
            1.0,
            "Classification: inverse strength of the penalty; smaller is simpler.",
            minimum=0.0,
            maximum=1e12,
            open_minimum=True,
        ),
        Option(
            "alpha",
            "float",
            1.0,
            "Regression: strength of the penalty; 0 is ordinary least squares.",
            minimum=0.0,
            maximum=1e12,
        ),
        Option(
            "l1_ratio",
            "float",
            0.5,
            "With elasticnet: the share of L1 in the penalty.",
            minimum=0.0,
            maximum=1.0,
        ),
        Option("max_iter", "int", 1000, "Most steps of the solver.", minimum=1, maximum=1_000_000),
        Option("fit_intercept", "bool", True, "Whether the line may leave the origin."),
        CLASS_WEIGHT,
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator."""
        del categorical
        mixed = params["penalty"] == "elasticnet"
        share = params["l1_ratio"] if mixed else float(params["penalty"] == "l1")
        common = {"fit_intercept": params["fit_intercept"], "random_state": seed}
        if task == "regression":
            return _number(params, share, common)
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(
            C=math.inf if params["penalty"] == "none" else params["c"],
            l1_ratio=share,
            # lbfgs is the faster one, and knows no L1.
            solver="saga" if share else "lbfgs",
            max_iter=params["max_iter"],
            class_weight=class_weight(params["class_weight"]),
            **common,
        )


def _number(params: Mapping[str, Value], share: Value, common: dict[str, Any]) -> Any:
    from sklearn.linear_model import ElasticNet, LinearRegression, Ridge

    if params["penalty"] == "none" or params["alpha"] == 0:
        return LinearRegression(fit_intercept=params["fit_intercept"])
    if not share:
        return Ridge(alpha=params["alpha"], **common)
    return ElasticNet(alpha=params["alpha"], l1_ratio=share, max_iter=params["max_iter"], **common)


TRAINER = Linear()
