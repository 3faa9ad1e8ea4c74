"""The role of a column: what it is good for, told from its type and a handful of figures.

Imports Polars alone, because the training worker uses it on machines that have little else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

Role = Literal[
    "numeric", "categorical", "text", "datetime", "boolean", "identifier", "constant", "compound"
]

_ID = re.compile(r"(^|[_\s.-])(id|uuid|guid|key|index|rowid|row|nr|no)($|[_\s.-])", re.IGNORECASE)
_CAMEL = re.compile(r"[a-z]I[dD]$")
_MANY = 50
"""Fewer values than this say nothing about whether a column is an identifier."""

_UNIQUE = 0.95  # distinct / values from which a column counts as unique; distinct is an estimate
_WORDS = 4.0  # words in a value from which text is prose
_LONG = 100.0  # characters in a value from which text is no label
_LABELS = 50  # prose of at most so many values ...
_REPEATED = 0.2  # ... that are at most this share of the rows: long names of categories


@dataclass(frozen=True, slots=True)
class Facts:
    """What the role is told from.

    `filled` values of `rows` are not null, about `distinct` of them differ; `span` is the largest
    minus the smallest whole number; `words` and `length` (bytes) are means.
    """

    rows: int
    filled: int
    distinct: int
    span: int | None = None
    words: float = 0.0
    length: float = 0.0


def role_of(name: str, dtype: pl.DataType, facts: Facts) -> Role:
    """Return the role of a column.

    - constant: one value or none; boolean, datetime: by type.
    - identifier: unique whole numbers that count rows or are called an id; unique words without
      prose. In columns of under 50 values nothing is an identifier.
    - numeric: other numbers, durations, and times of day (seconds of a day). categorical: other
      words, and sentences that are few and come again (the answers of a questionnaire). text: prose
      (several words, or long).
    - compound: a value of several parts, of which a model makes nothing until there is a column for
      each (lists, structs), and bytes.
    """
    if facts.distinct <= 1:
        return "constant"
    if dtype.is_numeric():
        return "identifier" if _numbers_rows(name, dtype, facts) else "numeric"
    kind = dtype.base_type().__name__
    if (by_type := _BY_TYPE.get(kind)) is not None:
        return by_type
    if kind not in {"String", "Categorical", "Enum"}:
        return "compound"
    if facts.words >= _WORDS or facts.length >= _LONG:
        return "categorical" if _labels(facts) else "text"
    return "identifier" if _unique(facts) else "categorical"


_BY_TYPE: dict[str, Role] = {
    "Boolean": "boolean",
    "Date": "datetime",
    "Datetime": "datetime",
    "Duration": "numeric",
    "Time": "numeric",
}


def _unique(facts: Facts) -> bool:
    return facts.filled >= _MANY and facts.distinct >= _UNIQUE * facts.filled


def _labels(facts: Facts) -> bool:
    few = facts.filled >= _MANY and facts.distinct <= _LABELS
    return few and facts.distinct <= _REPEATED * facts.filled


def _numbers_rows(name: str, dtype: pl.DataType, facts: Facts) -> bool:
    if not dtype.is_integer() or not _unique(facts):
        return False
    counts_rows = facts.span is not None and facts.span + 1 == facts.filled == facts.rows
    return counts_rows or _ID.search(name) is not None or _CAMEL.search(name) is not None


def facts_of(place: int, name: str, dtype: pl.DataType) -> list[pl.Expr]:
    """Return the expressions behind `Facts` for one column, named `PLACE:fact`."""
    import polars as pl

    column = pl.col(name)
    facts = {"filled": column.count()}
    if not dtype.is_nested() and dtype.base_type() not in {pl.Binary, pl.Object, pl.Null}:
        facts["distinct"] = column.drop_nulls().approx_n_unique()
    if dtype.is_integer():
        facts |= {"low": column.min(), "high": column.max()}
    if dtype.base_type() in {pl.String, pl.Categorical, pl.Enum}:
        text = column.cast(pl.String)
        facts["spaces"] = text.str.count_matches(" ", literal=True).mean()
        facts["length"] = text.str.len_bytes().mean()
    return [expression.alias(f"{place}:{fact}") for fact, expression in facts.items()]


def read_facts(row: Mapping[str, Any], place: int) -> Facts:
    """Return the facts of the column at `place` from the answers to `facts_of` and `rows`."""

    def answer(fact: str) -> Any:
        return row.get(f"{place}:{fact}")

    low, high, filled = answer("low"), answer("high"), int(answer("filled"))
    distinct = answer("distinct")
    return Facts(
        rows=int(row["rows"]),
        filled=filled,
        distinct=min(filled, 2 if distinct is None else int(distinct)),
        span=None if low is None else int(high) - int(low),
        words=0.0 if answer("spaces") is None else float(answer("spaces")) + 1.0,
        length=float(answer("length") or 0.0),
    )


def infer_roles(frame: pl.DataFrame | pl.LazyFrame) -> dict[str, Role]:
    """Return the role of every column, reading the table once."""
    import polars as pl

    lazy = frame.lazy()
    schema = lazy.collect_schema()
    wanted = [
        expression
        for place, (name, dtype) in enumerate(schema.items())
        for expression in facts_of(place, name, dtype)
    ]
    row = lazy.select(pl.len().alias("rows"), *wanted).collect().row(0, named=True)
    return {
        name: role_of(name, dtype, read_facts(row, place))
        for place, (name, dtype) in enumerate(schema.items())
    }
