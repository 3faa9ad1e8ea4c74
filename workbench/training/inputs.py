"""The one form in which a model meets its columns, in training and when it serves.

Types: int → Int64, float → Float64 (NaN and infinities become null), bool → Boolean, str → String,
date → Date, datetime → Datetime in microseconds, UTC, without a zone. Durations are floats of seconds,
times of day of seconds since midnight; a field says so by its unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from workbench.errors import BadInput
from workbench.text import clean
from workbench.training.signature import Field

if TYPE_CHECKING:
    import polars as pl


def field_type(dtype: pl.DataType) -> str | None:
    """Return the signature's type for a Polars type, None when no feature can be made of it."""
    import polars as pl

    if dtype.is_integer():
        return "int"
    if dtype.is_float() or dtype.is_decimal():
        return "float"
    if dtype == pl.Boolean:
        return "bool"
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return "str"
    if dtype == pl.Date:
        return "date"
    return "datetime" if isinstance(dtype, pl.Datetime) else None


_UNITS = {"Duration": "seconds", "Time": "seconds since midnight"}


def unit_of(dtype: pl.DataType) -> str:
    """Return in which unit a feature of this type is a number, empty where it is one as it stands."""
    return _UNITS.get(dtype.base_type().__name__, "")


def feature_type(dtype: pl.DataType) -> str | None:
    """Return the signature's type for a feature: as `field_type`, and float for what has a unit."""
    return "float" if unit_of(dtype) else field_type(dtype)


def conform(frame: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """Return the columns of `fields`, in their order and types; other columns are left out.

    Text is read as a number, date or time where the field is one. Raises BadInput naming the
    column that is absent, or that holds a value which is not of its type.
    """
    import polars as pl

    absent = [field.name for field in fields if field.name not in frame.columns]
    if absent:
        raise BadInput(
            "A column is missing" if len(absent) == 1 else f"{len(absent)} columns are missing",
            where=", ".join(clean(name, 60) for name in absent[:5]),
            why="the model was trained with it",
            fix="Give it, with null where a value is not known",
            code="input.column",
        )
    columns = []
    for field in fields:
        try:
            columns.append(frame.select(_cast(frame.schema[field.name], field)).to_series())
        except (pl.exceptions.PolarsError, OverflowError) as error:
            raise BadInput(
                f"The column {clean(field.name, 60)} holds a value that is not of its type",
                where=f"column {clean(field.name, 60)}",
                why=f"expected {field.type}: {clean(str(error).splitlines()[0], 120)}",
                fix="Correct the value, or give null",
                code="input.value",
            ) from None
    return pl.DataFrame(columns)


def _cast(dtype: pl.DataType, field: Field) -> pl.Expr:
    import polars as pl

    column = pl.col(field.name)
    if field.type == "float":
        number = _number(column, dtype)
        return pl.when(number.is_finite()).then(number).alias(field.name)
    if field.type == "bool" and dtype == pl.String:
        text = column.str.to_lowercase()
        return text.replace_strict({"true": True, "false": False, None: None}).cast(pl.Boolean)
    if field.type == "date":
        return column.str.to_date() if dtype == pl.String else column.cast(pl.Date)
    if field.type == "datetime":
        return _moment(column, dtype)
    kinds: dict[str, pl.DataType] = {"int": pl.Int64(), "bool": pl.Boolean(), "str": pl.String()}
    return column.cast(kinds[field.type])


def _number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    import polars as pl

    if dtype == pl.Duration:
        return column.dt.total_microseconds() / 1e6
    if dtype == pl.Time:
        return column.to_physical() / 1e9  # nanoseconds since midnight
    return column.cast(pl.Float64)


def _moment(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    import polars as pl

    if dtype == pl.String:
        # Text with an offset is that moment; without one it is taken as UTC.
        column = column.str.to_datetime(time_unit="us", time_zone="UTC")
        return column.dt.replace_time_zone(None)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return column.cast(pl.Datetime("us"))


def as_labels(values: pl.Series) -> pl.Series:
    """Return a target's values as class names: `true`, `false`, `3`, or the text itself."""
    import polars as pl

    return values.cast(pl.String)


def few_values(values: pl.Series, most: int = 50) -> tuple[str, ...]:
    """Return the distinct values as text, sorted, when there are at most `most`, else nothing."""
    distinct = values.drop_nulls().unique()
    if distinct.len() > most:
        return ()
    return tuple(sorted(as_labels(distinct).to_list()))


def named(fields: Iterable[Field], kinds: frozenset[str]) -> list[str]:
    """Return the names of the fields whose type is one of `kinds`."""
    return [field.name for field in fields if field.type in kinds]
