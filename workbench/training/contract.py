"""What a trainer plugin is: it makes an unfitted estimator. Contract tests: `workbench.testing.trainers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from workbench.options import Option, Value

Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class FeatureNeeds:
    """How a trainer wants its features: the features module builds them accordingly.

    `scale`: numbers standardised. `missing`: whether the estimator takes NaN itself. `categories`:
    `onehot` columns or `codes` (whole numbers; a value that training did not have is NaN, and so is
    null unless training had it: then it has a code of its own), with their positions handed to
    `build`. `text`: `words`, a sparse column each, or `topics`, some dense numbers for a text; with
    those all features are dense.
    """

    scale: bool
    missing: Literal["impute", "native"]
    categories: Literal["onehot", "codes"]
    text: Literal["words", "topics"] = "topics"


class Trainer(Protocol):
    """Makes estimators of one family.

    Guarantees: `build` is pure and cheap, returns an unfitted scikit-learn estimator (classifier
    with `predict_proba` for binary and multiclass, regressor for regression) that is deterministic
    for a seed. Imports scikit-learn inside `build`, never at import time.
    """

    name: str
    title: str
    tasks: frozenset[Task]
    needs: FeatureNeeds
    options: tuple[Option, ...]

    def build(
        self, task: Task, params: Mapping[str, Value], seed: int, categorical: list[bool]
    ) -> Any:
        """Return the estimator; `categorical` tells for the first feature columns whether they hold codes.

        Those behind them do not. It is empty for trainers that need one-hot columns.
        """
        ...
