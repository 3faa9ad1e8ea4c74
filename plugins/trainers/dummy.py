"""The trainer that does not look: what every other one has to beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.options import Option, Value
from workbench.training.contract import FeatureNeeds, Task


class Dummy:
    """Predicts from the target alone, by scikit-learn's DummyClassifier and DummyRegressor."""

    name = "dummy"
    title = "Baseline that does not look at the features"
    tasks: frozenset[Task] = frozenset({"binary", "multiclass", "regression"})
    needs = FeatureNeeds(scale=False, missing="native", categories="codes")
    options = (
        Option(
            "classes",
            "choice",
            "prior",
            "Classification: the class shares, the commonest class, or drawn by shares or evenly.",
            choices=("prior", "most_frequent", "stratified", "uniform"),
        ),
        Option(
            "number",
            "choice",
            "mean",
            "Regression: which figure of the training rows is always predicted.",
            choices=("mean", "median"),
        ),
    )

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the unfitted estimator."""
        del categorical
        from sklearn.dummy import DummyClassifier, DummyRegressor

        if task == "regression":
            return DummyRegressor(strategy=params["number"])
        return DummyClassifier(strategy=params["classes"], random_state=seed)


TRAINER = Dummy()
