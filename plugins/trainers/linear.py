"""Linear models: logistic regression for classes, ridge or ordinary least squares for numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Linear:
    """Logistic regression (L2, lbfgs), ridge regression, or least squares where alpha is 0."""

    name = "linear"
    title = "Logistic or linear regression"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=True, missing="impute", categories="onehot")
    options = (
        Option(
            "c",
            "float",
            1.0,
            "Classification: inverse strength of the L2 penalty; smaller is simpler.",
            minimum=0.0,
            maximum=1e12,
            open_minimum=True,
        ),
        Option(
            "alpha",
            "float",
            1.0,
            "Regression: strength of the L2 penalty; 0 is ordinary least squares.",
            minimum=0.0,
            maximum=1e12,
        ),
        Option(
            "max_iter",
            "int",
            1000,
            "Classification: most steps of the solver.",
            minimum=1,
            maximum=1_000_000,
        ),
        Option("fit_intercept", "bool", True, "Whether the line may leave the origin."),
        Option(
            "class_weight",
            "choice",
            "none",
            "Classification: balanced gives rare classes more weight.",
            choices=("none", "balanced"),
        ),
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator."""
        del categorical
        from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

        intercept = params["fit_intercept"]
        if task != "regression":
            return LogisticRegression(
                C=params["c"],
                max_iter=params["max_iter"],
                fit_intercept=intercept,
                class_weight=None if params["class_weight"] == "none" else "balanced",
                random_state=seed,
            )
        if params["alpha"] == 0:
            return LinearRegression(fit_intercept=intercept)
        return Ridge(alpha=params["alpha"], fit_intercept=intercept, random_state=seed)


TRAINER = Linear()
