"""The features of one row without the frame: what a fitted ColumnTransformer does, part by part.

scikit-learn spends milliseconds on checking a frame of one row and no time on its values. Here the
encoders are asked once, when the model is loaded, for what they make of each value that they know, of
null and of a value that they do not know; filling, scaling and the parts of a date are plain
arithmetic on the fitted figures; any other part is given its own columns and nothing around it. The
result must be the same to the last bit: that is tried on rows of all kinds before it is used, and
whatever differs, or is not understood, is left to scikit-learn as before.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from workbench.training.datetimes import DatetimeParts
from workbench.training.signature import Field

Row = Mapping[str, Any]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Part = Callable[[Row], Floats]
Step = Callable[[Floats], Floats]

TRIED = 64
"""Rows on which the two ways must agree."""
WIDEST = 4000
"""Features of one row, beyond which nothing is gained."""
UNSEEN = "\x1fa value that no training table holds"
EPOCH = date(1970, 1, 1).toordinal()


def prepare(transformer: Any, fields: Sequence[Field], schema: Mapping[str, Any]) -> Part | None:
    """Return what makes the features of one row, None where that cannot be done alike.

    `transformer` is a fitted ColumnTransformer, `schema` maps a column to its Polars type.
    """
    import polars as pl
    from sklearn.compose import ColumnTransformer

    if not isinstance(transformer, ColumnTransformer):
        return None
    kinds = {field.name: field.type for field in fields}
    parts: list[Part] = []
    for _, part, columns in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        if not all(isinstance(name, str) for name in columns):
            return None
        parts.append(_part(part, list(columns), kinds, schema))

    def features(row: Row) -> Floats:
        return np.concatenate([part(row) for part in parts])[None, :]

    rows = samples(fields, TRIED)
    slow = transformer.transform(pl.DataFrame(rows, schema=dict(schema)))
    if slow.shape[1] > WIDEST or not _agree(slow, features, rows):
        return None
    if isinstance(slow, np.ndarray):
        return features
    matrix = type(slow)  # sparse: a model multiplies these in another order
    return lambda row: matrix(features(row))


def _part(
    fitted: Any, columns: list[str], kinds: Mapping[str, str], schema: Mapping[str, Any]
) -> Part:
    """Return how one part is made; by its own transformer where there is no shorter way."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

    first, *rest = [step for _, step in fitted.steps] if isinstance(fitted, Pipeline) else [fitted]
    begin: Part | None = None
    if isinstance(first, DatetimeParts):
        begin = _moments(first)
    elif isinstance(first, OneHotEncoder | OrdinalEncoder):
        if all(kinds[name] in {"str", "bool"} for name in columns):
            begin = _codes(first, columns, schema)
    elif all(kinds[name] in {"int", "float"} for name in columns):
        plain = isinstance(first, FunctionTransformer) and first.func is None
        begin = _numbers(columns)
        rest = rest if plain else [first, *rest]
    steps = [_step(step) for step in rest]
    if begin is None or None in steps:
        return _itself(fitted, columns, schema)
    known: list[Step] = [step for step in steps if step is not None]

    def made(row: Row) -> Floats:
        values = begin(row)
        for step in known:
            values = step(values)
        return values

    return made


def _numbers(columns: Sequence[str]) -> Part:
    def made(row: Row) -> Floats:
        return np.array([math.nan if (v := row[name]) is None else v for name in columns], float)

    return made


def _moments(parts: DatetimeParts) -> Part:
    plan = list(zip(parts.columns_, parts.kinds_, strict=True))

    def made(row: Row) -> Floats:
        values: list[float] = []
        for name, kind in plan:
            at = row[name]
            if at is None:
                values += [math.nan] * (5 if kind == "date" else 7)
                continue
            values += [at.toordinal() - EPOCH, at.year, at.month, at.day, at.isoweekday()]
            if kind != "date":
                values += [at.hour, at.minute]
        return np.array(values, float)

    return made


def _codes(encoder: Any, columns: list[str], schema: Mapping[str, Any]) -> Part:
    """Ask the encoder for each value alone; the others are null meanwhile."""
    import polars as pl

    tables: list[tuple[str, dict[Any, Floats], Floats]] = []
    start = 0
    for name, categories, width in zip(columns, encoder.categories_, _widths(encoder), strict=True):
        known = [v for v in categories.tolist() if v is not None and v == v]
        asked: list[Any] = [*known, None]
        if schema[name] == pl.String:
            asked.append(UNSEEN)
        frame = pl.DataFrame(
            {each: asked if each == name else [None] * len(asked) for each in columns},
            schema={each: schema[each] for each in columns},
        )
        found = encoder.transform(frame)
        block = _dense(found)[:, start : start + width]
        tables.append((name, dict(zip(asked, block, strict=True)), block[-1]))
        start += width

    def made(row: Row) -> Floats:
        return np.concatenate([table.get(row[name], other) for name, table, other in tables])

    return made


def _widths(encoder: Any) -> list[int]:
    """Return how many features each column gives."""
    from sklearn.preprocessing import OrdinalEncoder

    if isinstance(encoder, OrdinalEncoder):
        return [1] * len(encoder.categories_)
    rare = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    return [
        len(categories) - (len(few) - 1 if few is not None else 0)
        for categories, few in zip(encoder.categories_, rare, strict=True)
    ]


def _step(fitted: Any) -> Step | None:
    """Return the arithmetic of a step on numbers, None for one that is not known."""
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import StandardScaler

    if isinstance(fitted, StandardScaler) and fitted.with_mean and fitted.with_std:
        mean, scale = fitted.mean_, fitted.scale_
        return lambda values: (values - mean) / scale
    if not isinstance(fitted, SimpleImputer) or not isinstance(fitted.missing_values, float):
        return None
    fill = np.asarray(fitted.statistics_, float)
    marked = fitted.indicator_.features_ if fitted.indicator_ is not None else None

    def filled(values: Floats) -> Floats:
        missing = np.isnan(values)
        found = np.where(missing, fill, values)
        return found if marked is None else np.concatenate([found, missing[marked]])

    return filled


def _itself(fitted: Any, columns: list[str], schema: Mapping[str, Any]) -> Part:
    import polars as pl

    own = {name: schema[name] for name in columns}

    def made(row: Row) -> Floats:
        found = fitted.transform(pl.DataFrame({name: [row[name]] for name in columns}, schema=own))
        return _dense(found).ravel()

    return made


def _agree(slow: Any, features: Part, rows: Sequence[Row]) -> bool:
    """Whether the short way gives the same for these rows, to the last bit."""
    try:
        quick = np.concatenate([features(row) for row in rows])
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return False
    return same(_dense(slow), quick)


def _dense(found: Any) -> Floats:
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found, float)


def same(one: Floats, other: Floats) -> bool:
    """Whether two arrays are equal to the last bit; a NaN is a NaN."""
    return one.shape == other.shape and bool(
        np.all(
            (one == other) & (np.signbit(one) == np.signbit(other))
            | np.isnan(one) & np.isnan(other)
        )
    )


def samples(fields: Sequence[Field], count: int) -> list[dict[str, Any]]:
    """Return rows that hold each known category, nulls, unseen values, old dates and large numbers."""
    chance = random.Random(0)  # noqa: S311  # the same rows each time
    rows = []
    for number in range(count):
        row = {}
        for field in fields:
            values = _values(field, number, chance)
            row[field.name] = chance.choice(values)
        rows.append(row)
    return rows


def _values(field: Field, number: int, chance: random.Random) -> Sequence[Any]:
    gap = [] if field.required else [None]
    match field.type:
        case "int":
            return [chance.randint(-1000, 1000), number, 0, 2**40 + 1, *gap]
        case "float":
            return [chance.gauss(0, 100), number / 7, -0.0, 1e-12, 1e9 + 1 / 3, *gap]
        case "bool":
            return [True, False, *gap]
        case "date":
            return [date(1969, 12, 31), date.fromordinal(chance.randint(600_000, 760_000)), *gap]
        case "datetime":
            day = date.fromordinal(chance.randint(600_000, 760_000))
            old = datetime(1969, 12, 31, 23, 59, 59, 1)  # noqa: DTZ001  # as the tables hold it
            return [old, datetime(day.year, day.month, day.day, number % 24, number % 60), *gap]  # noqa: DTZ001
    known = field.categories
    return [*([known[number % len(known)]] if known else []), "unseen", "", *gap]
