"""A column of very many categories as numbers: what the target is on average where it has each.

Part of fitted models, and so imported wherever one is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from workbench.training.contract import Task

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

FOLDS = 5
_NULL = "\0null"
"""Null is a category of its own; no text of a table is this."""


class TargetMeans(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Encode text columns by the target's shrunken mean, a number a column (of many classes: each).

    Training rows get what the *other* folds say (cross fitting), so that a category of one row does
    not tell the model its answer; a category never seen gets the mean of all. By scikit-learn's
    TargetEncoder, whose own folds would be other ones at every fit.
    """

    def __init__(self, task: Task = "regression", seed: int = 0) -> None:
        self.task = task
        self.seed = seed

    def fit(self, X: pl.DataFrame, y: Array) -> TargetMeans:  # noqa: N803  # scikit-learn's name
        """Learn the means; what `fit_transform` learns as well."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pl.DataFrame, y: Array) -> Array:  # noqa: N803  # scikit-learn's name
        """Learn the means and return those of the other folds for each row."""
        import numpy as np
        from sklearn.model_selection import KFold, StratifiedKFold
        from sklearn.preprocessing import TargetEncoder

        self.columns_ = list(X.columns)
        if self.task == "regression":
            dealer = KFold(min(FOLDS, len(y)), shuffle=True, random_state=self.seed)
        else:
            fewest = int(np.unique(y, return_counts=True)[1].min())
            kind, folds = (StratifiedKFold, min(FOLDS, fewest)) if fewest > 1 else (KFold, 2)
            dealer = kind(folds, shuffle=True, random_state=self.seed)
        kinds = {"binary": "binary", "multiclass": "multiclass", "regression": "continuous"}
        self.encoder_ = TargetEncoder(target_type=kinds[self.task], cv=dealer)
        encoded: Array = self.encoder_.fit_transform(_labels(X), y)
        self.encoder_.cv = FOLDS  # how the folds were dealt is no part of the model
        return encoded

    def transform(self, X: pl.DataFrame) -> Array:  # noqa: N803  # scikit-learn's name
        """Return an array of shape (rows, columns), or (rows, columns × classes) of many classes."""
        check_is_fitted(self)
        encoded: Array = self.encoder_.transform(_labels(X))
        return encoded

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return `COLUMN_mean`, or `COLUMN_CLASS_mean`."""
        del input_features
        import numpy as np

        classes = [""] if self.task != "multiclass" else [f"_{c}" for c in self.encoder_.classes_]
        return np.array(
            [f"{name}{label}_mean" for name in self.columns_ for label in classes], dtype=object
        )


def _labels(frame: pl.DataFrame) -> Array:
    import polars as pl

    array: Array = frame.select(pl.all().cast(pl.String).fill_null(_NULL)).to_numpy()
    return array.astype(object)
