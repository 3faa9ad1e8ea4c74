"""Histograms with bins of one width, over numbers, dates, moments and durations."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from workbench.numbers import to_figure

if TYPE_CHECKING:
    import polars as pl

Scalar = bool | int | float | str | None
"""A value of a column as JSON has it: moments in ISO 8601, non-finite numbers as their words."""


def is_ordered(dtype: pl.DataType) -> bool:
    """Tell whether values of the type lie on a line: numbers, dates, moments, durations, times."""
    return dtype.is_numeric() or dtype.is_temporal()


def plain(value: Any) -> Scalar:
    """Return a value as a profile holds it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return to_figure(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def floats(series: pl.Series) -> Any:
    """Return the values as a numpy array of floats: moments by their physical number."""
    import polars as pl

    if series.dtype.is_temporal():
        series = series.to_physical()
    return series.cast(pl.Float64).to_numpy()


def written(dtype: pl.DataType, number: float) -> Scalar:
    """Return the value of a column of `dtype` that has this physical number, as a profile holds it."""
    import polars as pl

    if not dtype.is_temporal():
        return to_figure(number)
    physical = pl.Series([round(number)], dtype=pl.Int64)
    if dtype == pl.Date:
        physical = physical.cast(pl.Int32)
    return plain(physical.cast(dtype).item())


class Bins:
    """An equal-width histogram between two values of a column; moments by their physical number."""

    def __init__(self, dtype: pl.DataType, floor: float, ceiling: float, bins: int) -> None:
        import numpy as np

        self._dtype = dtype
        whole = dtype.is_integer() or dtype.is_temporal()
        self._bins = bins
        if whole and ceiling - floor < bins:
            # A bin a value: whole numbers must not fall into fewer bins than they are.
            self._bins = int(ceiling - floor) + 1
            ceiling = floor + self._bins
        self._floor, self._ceiling = floor, ceiling
        width = (ceiling - floor) / self._bins
        self._scale = 1.0 / width if width > 0 and np.isfinite(1.0 / width) else 0.0
        self._counts = np.zeros(self._bins, np.int64)

    @classmethod
    def over(cls, dtype: pl.DataType, floor: Any, ceiling: Any, bins: int) -> Bins | None:
        """Return bins between two values, None where the column has none or they are no numbers."""
        import polars as pl

        if floor is None or not is_ordered(dtype):
            return None
        low, high = floats(pl.Series([floor, ceiling], dtype=dtype))
        if high - low == float("inf"):
            return None
        return cls(dtype, float(low), float(high), bins)

    def feed(self, series: pl.Series) -> None:
        """Count a batch."""
        import numpy as np

        numbers = floats(series.drop_nulls())
        if self._dtype.is_float():
            numbers = numbers[np.isfinite(numbers)]
        places = ((numbers - self._floor) * self._scale).astype(np.int32)
        np.clip(places, 0, self._bins - 1, out=places)  # the last bin has its end, and rounding
        self._counts += np.bincount(places, minlength=self._bins)

    def edges(self) -> tuple[Scalar, ...]:
        """The bins' edges, one more than there are bins."""
        import numpy as np

        return tuple(
            self.value(float(edge))
            for edge in np.linspace(self._floor, self._ceiling, self._bins + 1)
        )

    def result(self) -> tuple[int, ...]:
        """The bins' counts."""
        return tuple(int(count) for count in self._counts)

    def value(self, number: float) -> Scalar:
        """Turn a number on the bins' line into a value of the column."""
        return written(self._dtype, number)
