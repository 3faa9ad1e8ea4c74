"""Columns as numbers on an axis, and what one pass over a table tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.explore.axes import Axis, Kind, kind_of, read
from workbench.options import Option, Value

if TYPE_CHECKING:
    import polars as pl

LOW = Option("low", "str", "", "where the axis begins (empty: at the lowest value)")
BEYOND = 1e150
"""The largest size of a number that is drawn."""

HIGH = Option("high", "str", "", "where the axis ends (empty: at the highest value)")


@dataclass(frozen=True, slots=True)
class Measured:
    """A column in figures: rows, missing values, NaN or infinite ones, and the axis of the rest.

    `axis` is None where there is no value on it.
    """

    rows: int
    missing: int
    odd: int
    axis: Axis | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not on the axis, in words."""
        notes = missing_note(self.missing, self.rows)
        return (*notes, f"{self.odd:,} NaN or infinite") if self.odd else notes


def missing_note(missing: int, rows: int) -> tuple[str, ...]:
    """Say how many values are missing; nothing where none is."""
    return (f"{missing:,} missing ({missing / rows:.1%})",) if missing else ()


def types_of(table: pl.LazyFrame) -> dict[str, str]:
    """Return name → type, as Polars writes it."""
    return {name: str(dtype) for name, dtype in table.collect_schema().items()}


def number(name: str, dtype: Any) -> pl.Expr:
    """Return a column as floats on its axis; NaN and infinite become null.

    So do those beyond BEYOND, which count as infinite: the sums of their squares would be.
    """
    import polars as pl

    column = pl.col(name)
    if dtype.is_float():
        value = column.cast(pl.Float64)
        return pl.when(value.abs() <= BEYOND).then(value)
    if dtype == pl.Duration:
        return column.dt.total_microseconds() / 1e6
    if dtype == pl.Time:
        return column.to_physical() / 1e9
    if dtype.is_temporal():
        return column.dt.timestamp("us") / 1e6
    return column.cast(pl.Float64)


def measure(table: pl.LazyFrame, *names: str) -> list[Measured]:
    """Return the facts of some columns, in one streaming pass."""
    import polars as pl

    schema = table.collect_schema()
    wanted = [pl.len().alias("rows")]
    for at, name in enumerate(names):
        value = number(name, schema[name])
        wanted += [
            pl.col(name).count().alias(f"{at} there"),
            value.count().alias(f"{at} finite"),
            value.min().alias(f"{at} low"),
            value.max().alias(f"{at} high"),
        ]
    row = table.select(wanted).collect(engine="streaming").row(0, named=True)
    return [_measured(row, at, name, str(schema[name])) for at, name in enumerate(names)]


def _measured(row: Mapping[str, Any], at: int, name: str, dtype: str) -> Measured:
    low, high = row[f"{at} low"], row[f"{at} high"]
    axis = None if low is None else Axis(kind_of(dtype), float(low), float(high), name)
    there = int(row[f"{at} there"])
    return Measured(int(row["rows"]), int(row["rows"]) - there, there - row[f"{at} finite"], axis)


def seen(
    axis: Axis | None, options: Mapping[str, Value], low: str = "low", high: str = "high"
) -> Axis | None:
    """Return the part of an axis that the options ask for; the whole where they ask for none.

    An end that lies behind the other is moved to it.
    """
    if axis is None:
        return None
    kind: Kind = axis.kind
    start = read(kind, str(options.get(low) or ""), option=low)
    end = read(kind, str(options.get(high) or ""), option=high)
    begin = axis.low if start is None else start
    return Axis(kind, begin, max(axis.high if end is None else end, begin), axis.name)


def within(value: pl.Expr, axis: Axis) -> pl.Expr:
    """Return the values that are seen; null outside."""
    import polars as pl

    return pl.when(value.is_between(axis.low, axis.high)).then(value)


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one width over an axis; whole numbers and dates get a bin a value where these are few."""

    axis: Axis
    count: int
    width: float

    @classmethod
    def over(cls, axis: Axis, count: int) -> Bins:
        """Return `count` bins over an axis, fewer where it has fewer values."""
        unit = {"whole": 1.0, "date": 86400.0}.get(axis.kind, 0.0)
        if unit and axis.span / unit < count and axis.low % unit == 0:
            return cls(axis, int(axis.span // unit) + 1, unit)
        return cls(axis, count, axis.span / count)

    def code(self, value: pl.Expr) -> pl.Expr:
        """Return in which bin a value lies, from 0; the last bin has its end; null outside."""
        import polars as pl

        scale = 1.0 / self.width if self.width > 1e-300 else 0.0
        inside = within(value, self.axis)
        return ((inside - self.axis.low) * scale).floor().cast(pl.Int32).clip(0, self.count - 1)

    def edges(self) -> list[float]:
        """Return the bins' edges, one more than there are bins."""
        return [self.axis.low + self.width * at for at in range(self.count)] + [
            max(self.axis.high, self.axis.low + self.width * self.count)
        ]
