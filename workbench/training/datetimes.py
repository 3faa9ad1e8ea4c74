"""Numbers from dates and times: the one preparing step that scikit-learn does not have.

Part of fitted models, and so imported wherever one is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

DATE_PARTS = ("days", "year", "month", "day", "weekday")
"""`days` since 1970-01-01; `weekday` 1 (Monday) to 7."""
TIME_PARTS = ("hour", "minute")


def parts_of(kind: str) -> tuple[str, ...]:
    """Return the parts that a field of type `date` or `datetime` gives."""
    return DATE_PARTS if kind == "date" else DATE_PARTS + TIME_PARTS


class DatetimeParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turn date and datetime columns of a Polars frame into numbers; null becomes NaN.

    Fitting notes only the columns' names and whether each has a time of day.
    """

    def fit(self, X: pl.DataFrame, y: object = None) -> DatetimeParts:  # noqa: N803  # scikit-learn's name
        """Note the columns of `X`."""
        del y
        import polars as pl

        self.columns_ = list(X.columns)
        self.kinds_ = [
            "date" if X.schema[name] == pl.Date else "datetime" for name in self.columns_
        ]
        return self

    def transform(self, X: pl.DataFrame) -> np.ndarray[Any, Any]:  # noqa: N803  # scikit-learn's name
        """Return an array of shape (rows, parts of all columns)."""
        check_is_fitted(self)
        import polars as pl

        expressions = []
        for name, kind in zip(self.columns_, self.kinds_, strict=True):
            column = pl.col(name)
            for part in parts_of(kind):
                value = column.dt.epoch("d") if part == "days" else getattr(column.dt, part)()
                expressions.append(value.cast(pl.Float64).alias(f"{name}_{part}"))
        numbers: np.ndarray[Any, Any] = X.select(expressions).fill_null(float("nan")).to_numpy()
        return numbers

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray[Any, Any]:
        """Return `COLUMN_PART` for each column of the result."""
        del input_features
        import numpy as np

        return np.array(
            [
                f"{name}_{part}"
                for name, kind in zip(self.columns_, self.kinds_, strict=True)
                for part in parts_of(kind)
            ],
            dtype=object,
        )
