"""Which type each column of a CSV file has: the narrowest one that every value of it fits.

Each type is a pair of SQL expressions over the column as text: whether a value fits, and the value.
A value fits a whole number only if writing the number gives the same text again, so that 007,
1_000, 0x1F, 1.5 and numbers beyond 64 bits stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.sources.csv_dialect import NULLS
from workbench.data.told import KINDS

if TYPE_CHECKING:
    import duckdb
    import polars as pl

ORDER = KINDS
"""Types from narrow to wide, in the order they are tried."""

_LOSES = "'^\\s*[+-]?0[0-9xXbBoO_]|_|^\\s*[+-]?[0-9]{19}'"  # digits that a number would lose
_DAY = "'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a person or the sniffer decided on values: the decimal sign and the texts for missing."""

    decimal: str = "."
    nulls: tuple[str, ...] = ()

    def value(self, column: str) -> str:
        """The column as text, missing values as NULL."""
        if not self.nulls:
            return column
        return f"CASE WHEN {column} IN ({_list(self.nulls)}) THEN NULL ELSE {column} END"

    def _number(self, column: str) -> str:
        return f"replace({column}, ',', '.')" if self.decimal == "," else column

    def fits(self, kind: str, column: str) -> str:
        """SQL that is true where the text `column` (not missing) is a value of `kind`."""
        number = self._number(column)
        return {
            "boolean": f"lower({column}) IN ('true', 'false')",
            "integer": f"TRY_CAST({column} AS BIGINT)::VARCHAR = {column}",
            "float": f"TRY_CAST({number} AS DOUBLE) IS NOT NULL AND NOT regexp_matches({column}, {_LOSES})",
            "date": f"TRY_CAST({column} AS DATE) IS NOT NULL AND regexp_matches({column}, {_DAY}$')",
            "moment": f"TRY_CAST({column} AS TIMESTAMP) IS NOT NULL AND regexp_matches({column}, "
            f"{_DAY}([T ][0-9:.]*)?$')",
            "moment_utc": f"TRY_CAST({column} AS TIMESTAMPTZ) IS NOT NULL AND regexp_matches({column}, "
            f"{_DAY}[T ][0-9:.]+ ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')",
            "text": "true",
        }[kind]

    def cast(self, kind: str, column: str) -> str:
        """SQL that turns the text `column` into its value of `kind`."""
        if kind == "text":
            return self.value(column)
        sql = {"boolean": "BOOLEAN", "integer": "BIGINT", "float": "DOUBLE", "date": "DATE",
               "moment": "TIMESTAMP", "moment_utc": "TIMESTAMPTZ"}[kind]  # fmt: skip
        value = self._number(column) if kind == "float" else column
        missing = _list(("", *self.nulls))
        return f"CAST(CASE WHEN {column} IN ({missing}) THEN NULL ELSE {value} END AS {sql})"


def _list(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))


def polars_type(kind: str) -> pl.DataType:
    """Return the Polars type of a kind of column."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "boolean": pl.Boolean(), "integer": pl.Int64(), "float": pl.Float64(), "date": pl.Date(),
        "moment": pl.Datetime("us"), "moment_utc": pl.Datetime("us", "UTC"), "text": pl.String(),
    }  # fmt: skip
    return types[kind]


@dataclass(frozen=True, slots=True)
class Typed:
    """The outcome: rows counted, a kind for each column, the texts read as missing, sentences."""

    rows: int
    kinds: dict[str, str]
    nulls: tuple[str, ...]
    warnings: tuple[str, ...]


class Misfit(Exception):
    """A value is none of the kind that its column was told; `row` counts from 1, without the header."""

    def __init__(self, column: str, kind: str, row: int, value: str) -> None:
        super().__init__(column)
        self.column, self.kind, self.row, self.value = column, kind, row, value


def decide(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    whole: str,
    names: Sequence[str],
    rules: Rules,
    *,
    guess_nulls: bool,
    told: Mapping[str, str],
) -> Typed:
    """Find the kind of every column: guessed from `sample`, held against every row of `whole`.

    `sample` and `whole` are SQL for tables whose columns `names` are text; a column in `told` has the
    kind that it was told, and a value that is none raises Misfit. With `guess_nulls` the usual texts
    for a missing value do not count against a kind. At most four passes over `whole`; one when the
    sample told the truth and nothing is missing.
    """
    tolerant = Rules(rules.decimal, tuple(sorted(NULLS))) if guess_nulls else rules
    open_names = [name for name in names if name not in told]
    guessed = _narrowest(connection, sample, open_names, tolerant)
    kinds = {name: told.get(name) or guessed[name] for name in names}
    warnings: list[str] = []
    rows, odd, missing = _hold(connection, whole, kinds, tolerant)
    if wrong := [name for name in odd if name in told]:
        raise _misfit(connection, whole, wrong[0], told[wrong[0]], tolerant)
    if odd:
        guessed = dict(kinds)
        kinds |= _narrowest(connection, whole, list(odd), tolerant)
        warnings += [
            f"Column {name!r} is {kinds[name]}: a value such as {odd[name][:40]!r} is no {guessed[name]}."
            for name in odd
            if guessed[name] != "unknown"
        ]
        missing = _hold(connection, whole, kinds, tolerant)[2]
    kinds = {name: "text" if kind == "unknown" else kind for name, kind in kinds.items()}
    warnings += _digits(connection, sample, [name for name in open_names if kinds[name] == "text"])
    nulls = rules.nulls
    if missing and guess_nulls:
        nulls = _found_nulls(connection, whole, missing)
        verb = "is" if len(nulls) == 1 else "are"
        warnings.append(f"{', '.join(nulls)} {verb} read as missing, in columns of text too.")
    return Typed(rows, kinds, nulls, tuple(warnings))


def _row(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[str], table: str
) -> tuple[Any, ...]:
    sql = f"SELECT {', '.join(parts)} FROM {table}"  # noqa: S608  # quoted by the callers
    # fetchall, because a result that is not read to its end keeps the connection busy.
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


def _filled(column: str, rules: Rules) -> str:
    return f"{column} NOT IN ({_list(('', *rules.nulls))})"  # NULL stays NULL, which counts as not filled


def _narrowest(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rules: Rules
) -> dict[str, str]:
    """Return the first kind in ORDER that no value contradicts; `unknown` where there is no value."""
    if not names:
        return {}
    parts = []
    for column in map(quoted, names):
        filled = _filled(column, rules)
        parts.append(f"count_if({filled})")
        parts += [
            f"count_if({filled} AND ({rules.fits(kind, column)}) IS NOT TRUE)" for kind in ORDER
        ]
    row = _row(connection, parts, table)
    width = len(ORDER) + 1
    kinds = {}
    for place, name in enumerate(names):
        filled_count, *misfits = row[place * width : (place + 1) * width]
        kinds[name] = ORDER[misfits.index(0)] if filled_count else "unknown"
    return kinds


def _hold(
    connection: duckdb.DuckDBPyConnection, table: str, kinds: Mapping[str, str], rules: Rules
) -> tuple[int, dict[str, str], list[str]]:
    """Hold every value against its column's kind.

    Returns the rows, column → a value that does not fit, and the columns (none of text) that have
    a text for a missing value.
    """
    typed = {name: kind for name, kind in kinds.items() if kind != "text"}
    parts = ["count(*)"]
    for name, kind in typed.items():
        column = quoted(name)
        fits = "false" if kind == "unknown" else rules.fits(kind, column)
        # CASE looks at its ELSE only where it must, AND would work out both sides for every row.
        parts.append(
            f"any_value({column}) FILTER (CASE WHEN {fits} THEN false ELSE {_filled(column, rules)} END)"
        )
        absent = f"{column} IN ({_list(rules.nulls or ('',))}) AND {column} <> ''"
        parts.append(f"bool_or(CASE WHEN {fits} THEN false ELSE {absent} END)")
    row = _row(connection, parts, table)
    odd = {name: value for name, value in zip(typed, row[1::2], strict=True) if value is not None}
    missing = [name for name, value in zip(typed, row[2::2], strict=True) if value]
    return int(row[0]), odd, missing


def _misfit(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, kind: str, rules: Rules
) -> Misfit:
    """Return the first value that is none of the kind that its column was told."""
    column = quoted(name)
    wrong = f"{_filled(column, rules)} AND ({rules.fits(kind, column)}) IS NOT TRUE"
    numbered = f"(SELECT {column}, row_number() OVER () AS row FROM {table})"  # noqa: S608
    parts = ["min(row)", f"arg_min({column}, row)"]
    row, value = _row(connection, parts, f"{numbered} WHERE {wrong}")
    return Misfit(name, kind, int(row), str(value))


def _found_nulls(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]
) -> tuple[str, ...]:
    usual = sorted(NULLS)
    parts = [
        f"bool_or({' OR '.join(f'{quoted(name)} = {literal(value)}' for name in names)})"
        for value in usual
    ]
    row = _row(connection, parts, table)
    return tuple(value for value, found in zip(usual, row, strict=True) if found)


def _digits(connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str]) -> list[str]:
    """Return a sentence for each text column that is one only because numbers would lose digits."""
    if not names:
        return []
    parts = []
    for column in map(quoted, names):
        parts.append(f"any_value({column}) FILTER (regexp_matches({column}, {_LOSES}))")
        number = f"TRY_CAST({column} AS DOUBLE) IS NOT NULL OR {column} = ''"
        parts.append(f"coalesce(bool_and({number}), false)")
    row = _row(connection, parts, table)
    return [
        f"Column {name!r} stays text: as a number, {example[:40]!r} would lose digits."
        for name, example, numeric in zip(names, row[::2], row[1::2], strict=True)
        if numeric and example is not None
    ]
