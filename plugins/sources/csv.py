"""Tables in text files: CSV, TSV and their relatives.

A file is read three times: once as bytes (encoding, NUL), once by DuckDB to hold every value
against its column's type, once to be stored. The first two find every error there is, with its
line, before anything is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.sources.csv_dialect import (
    count_columns,
    guess_decimal,
    guess_delimiter,
    guess_header,
    guess_quote,
)
from plugins.sources.csv_errors import refuse
from plugins.sources.csv_layout import Layout, named, one_sign
from plugins.sources.csv_text import Plain, Text, read_text
from plugins.sources.csv_types import Misfit, Rules, Typed, decide, polars_type, quoted
from plugins.sources.packed import suffixes
from workbench.data.contract import Preview, Scan
from workbench.data.told import told_types
from workbench.errors import BadInput
from workbench.options import Option, Value, settle
from workbench.records.data import Column

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SAMPLE = 20_000
"""Rows from which types are guessed before every row is held against the guess."""

_LINE = 2 << 20  # bytes of a row that DuckDB makes room for; its buffers grow with it
_WHOLE = 16 << 20  # a preview looks at every row of a file up to this many bytes
_BATCH = 100_000


class CsvSource:
    """Reads delimited text. See `workbench.data.contract.Source`."""

    name = "csv"
    title = "Delimited text (CSV)"
    suffixes = suffixes(".csv", ".txt")
    options: tuple[Option, ...] = (
        Option("delimiter", "str", None, "sign between values: , ; | or tab; found when left out"),
        Option("quote", "str", None, "sign around values; 'none' for no such sign"),
        Option("header", "bool", None, "whether the first line names the columns"),
        Option("skip", "int", 0, "lines to leave out at the start", minimum=0, maximum=10_000),
        Option("encoding", "str", None, "such as utf-8, utf-16, latin-1, cp1252"),
        Option("null", "str", None, "texts for a missing value, with commas between: NA,-"),
        Option("decimal", "choice", None, "sign before decimals", choices=(".", ",")),
        Option("text", "str", None, "columns that stay text, with commas between"),
        Option("types", "str", None, "types that were told, such as: id=text,price=float"),
        Option("nul", "choice", "refuse", "what to do with NUL bytes", choices=("refuse", "keep")),
    )

    def preview(self, path: Path, options: Mapping[str, Value], rows: int = 20) -> Preview:
        """Sniff `path`; types hold for the whole file up to 16 MiB, else for the first rows."""
        given = settle(self.options, options, owner=self.name)
        whole = path.is_file() and path.stat().st_size <= _WHOLE
        with _Reading(path, given, whole=whole) as reading:
            typed = reading.typed
            first = reading.rows(reading.select(rows), reading.layout)
            warnings = reading.warnings
        if not whole:
            warnings += (
                f"Types are those of the first {SAMPLE:,} rows; every row is looked at when it is stored.",
            )
        columns = tuple(Column(n, str(polars_type(k))) for n, k in typed.kinds.items())
        shown = tuple(tuple(None if v is None else str(v) for v in row) for row in first)
        return Preview(columns, shown, reading.settled, warnings)

    def scan(self, path: Path, options: Mapping[str, Value]) -> Scan:
        """Look at every row, then return the table; what can be wrong raises here, not later."""
        import polars as pl
        from polars.io.plugins import register_io_source

        given = settle(self.options, options, owner=self.name)
        with _Reading(path, given, whole=True) as reading:
            pass
        schema = pl.Schema({n: polars_type(k) for n, k in reading.typed.kinds.items()})
        frame = register_io_source(_source(reading), schema=schema, is_pure=True)
        return Scan(frame, reading.settled, reading.warnings)


class _Reading:
    """One look at a file: text, layout and types; the DuckDB connection lives inside `with`."""

    def __init__(self, path: Path, given: Mapping[str, Value], *, whole: bool) -> None:
        self._path = path
        self._given = given
        encoding = given["encoding"]
        text = read_text(
            path,
            str(encoding) if encoding else None,
            keep_nul=given["nul"] == "keep",
            whole=whole,
        )
        self._encoding = text.encoding
        self._whole = whole
        self._connection = _connect()
        try:
            self.layout, decimal = self._lay_out(text)
            self.typed = self._type(decimal)
        except BaseException:
            self._connection.close()
            raise
        self.rules = Rules(decimal, self.typed.nulls)
        self.warnings = text.warnings + self.layout.warnings + self.typed.warnings
        self.settled: dict[str, Value] = {
            "delimiter": self.layout.delimiter,
            "quote": self.layout.quote or "none",
            "header": self.layout.header,
            "skip": self.layout.skip,
            "encoding": self._encoding,
            "null": ",".join(self.typed.nulls),
            "decimal": decimal,
            "text": given["text"],
            "types": given["types"],
            "nul": given["nul"],
        }

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def _lay_out(self, text: Text) -> tuple[Layout, str]:
        given = self._given
        skip = int(given["skip"] or 0)
        head = "".join(text.head.splitlines(keepends=True)[skip:]) if skip else text.head
        if not head.strip():
            raise _no_rows(self._path, "it has no line with text")
        quote = one_sign("quote", given["quote"], none_word="none")
        quote = guess_quote(head) if quote is None else quote
        delimiter = one_sign("delimiter", given["delimiter"])
        if delimiter is None:
            delimiter, width = guess_delimiter(head, quote)
        else:
            width = count_columns(head, delimiter, quote)
        names = tuple(f"c{place}" for place in range(width))
        line = max(_LINE, 2 * text.longest)
        layout = Layout(Plain(text), delimiter, quote, False, skip, names, line)
        first = self.rows(f"SELECT * FROM {layout.table(limit=1000)}", layout)  # noqa: S608
        if not first:
            raise _no_rows(self._path, "it has no line with values")
        header = given["header"]
        has_header = guess_header(first) if header is None else bool(header)
        decimal = str(given["decimal"] or guess_decimal(first[int(has_header) :], delimiter))
        return named(layout, first[0], has_header, guessed=header is None), decimal

    def _type(self, decimal: str) -> Typed:
        nulls = self._given["null"]
        given = (
            () if nulls is None else tuple(v.strip() for v in str(nulls).split(",") if v.strip())
        )
        text = {v.strip(): "text" for v in str(self._given["text"] or "").split(",") if v.strip()}
        told = text | told_types(self._given["types"])
        if unknown := [name for name in told if name not in self.layout.names]:
            raise BadInput(
                f"There is no column {unknown[0]}",
                where="--text" if unknown[0] in text else "--types",
                why="the columns are " + ", ".join(self.layout.names[:20]),
                fix="Correct the name",
                code="data.column",
            )
        sample = self.layout.table(limit=SAMPLE)
        whole = self.layout.table() if self._whole else sample
        try:
            typed = decide(
                self._connection,
                sample,
                whole,
                self.layout.names,
                Rules(decimal, given),
                guess_nulls=nulls is None,
                told=told,
            )
        except Misfit as misfit:
            raise BadInput(
                f"A value of {misfit.column} is no {misfit.kind}",
                where=f"{self._path}, row {misfit.row}",
                why=f"it is {misfit.value[:40]!r}",
                fix="Correct the value, or give the column another of --types",
                code="data.type",
            ) from None
        except _duckdb_error() as error:
            raise refuse(
                self._connection, self._path, self.layout.table(rejects=True), error
            ) from None
        if not typed.rows:
            raise _no_rows(self._path, "it has a header and no rows")
        return typed

    def select(self, limit: int | None = None) -> str:
        """SQL of the table with its types."""
        rules, kinds = self.rules, self.typed.kinds
        parts = ", ".join(f"{rules.cast(kinds[n], quoted(n))} AS {quoted(n)}" for n in kinds)
        return f"SELECT {parts} FROM {self.layout.table(limit=limit)}"  # noqa: S608  # quoted above

    def rows(self, sql: str, layout: Layout) -> list[tuple[Any, ...]]:
        """Return the rows of `sql`, what DuckDB says against it as BadInput."""
        try:
            # By way of Arrow: DuckDB's own Python values of moments with a zone need pytz.
            rows: list[tuple[Any, ...]] = self._connection.sql(sql).pl().rows()
        except _duckdb_error() as error:
            rejecting = layout.table(rejects=True)
            raise refuse(self._connection, self._path, rejecting, error) from None
        return rows


def _source(reading: _Reading) -> Any:
    """The generator that Polars asks for batches; it opens the file when the table is collected.

    It holds `reading`, and with it the temporary copy that there may be.
    """

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        import polars as pl

        with _connect() as connection:
            left = rows
            for batch in connection.sql(reading.select()).to_arrow_reader(size or _BATCH):
                frame = pl.DataFrame(pl.from_arrow(batch))
                if left is not None:
                    frame = frame.head(left)
                    left -= frame.height
                if columns is not None:
                    frame = frame.select(columns)
                yield frame if predicate is None else frame.filter(predicate)
                if left == 0:
                    return

    return batches


def _connect() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("SET TimeZone = 'UTC'").fetchall()
    return connection


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _no_rows(path: Path, why: str) -> BadInput:
    return BadInput(
        "The table has no rows",
        where=str(path),
        why=why,
        fix="Check how it was written; if the first line is data, give --header false",
        code="data.no_rows",
    )


SOURCE = CsvSource()
