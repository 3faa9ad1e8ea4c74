"""Tables in files with one JSON object a line (JSON Lines, NDJSON), plain or packed.

A file is read twice: once to find every key, the type that all its values fit and every error, with
its line; once to be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from plugins.sources.csv_text import check_file
from plugins.sources.jsonl_types import Seen, converted, fits, flattened, polars_type
from plugins.sources.packed import open_packed, packing_of, suffixes
from workbench.data.contract import Preview, Scan
from workbench.data.names import unique_names
from workbench.data.told import told_types
from workbench.errors import BadInput
from workbench.options import Option, Value, settle
from workbench.records.data import Column

if TYPE_CHECKING:
    import polars as pl

SAMPLE = 20_000
"""Rows whose types a preview of a long file shows."""

MOST_KEYS = 10_000
"""More keys are no columns, but values in the place of keys."""

_WHOLE = 16 << 20  # a preview looks at every row of a file up to this many bytes
_LINE = 64 << 20  # bytes of a line
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class _Look:
    """What a first reading found: key → kind, the columns' names for them, rows, sentences."""

    path: Path
    nested: str
    kinds: dict[str, str]
    names: tuple[str, ...]
    rows: int
    warnings: tuple[str, ...]


class JsonLinesSource:
    """Reads JSON Lines. See `workbench.data.contract.Source`."""

    name = "jsonl"
    title = "JSON Lines"
    suffixes = suffixes(".jsonl", ".ndjson")
    options = (
        Option(
            "nested",
            "choice",
            "refuse",
            "objects and lists in a row: refuse them, flatten objects to columns such as "
            "address.city (lists become JSON text), or keep both as JSON text",
            choices=("refuse", "flatten", "text"),
        ),
        Option("types", "str", None, "types that were told, such as: id=text,price=float"),
    )

    def preview(self, path: Path, options: Mapping[str, Value], rows: int = 20) -> Preview:
        """Sniff `path`; types hold for the whole file up to 16 MiB, else for the first rows."""
        given = settle(self.options, options, owner=self.name)
        whole = path.is_file() and path.stat().st_size <= _WHOLE
        look = _look(path, given, None if whole else SAMPLE)
        warnings = look.warnings
        if not whole and look.rows == SAMPLE:
            warnings += (
                f"Types are those of the first {SAMPLE:,} rows; every row is looked at when it is stored.",
            )
        columns = tuple(
            Column(name, str(polars_type(kind)))
            for name, kind in zip(look.names, look.kinds.values(), strict=True)
        )
        frame = next(_frames(look, min(rows, look.rows)))
        shown = tuple(
            tuple(None if value is None else str(value) for value in row) for row in frame.rows()
        )
        return Preview(columns, shown[:rows], dict(given), warnings)

    def scan(self, path: Path, options: Mapping[str, Value]) -> Scan:
        """Look at every row, then return the table; what can be wrong raises here, not later."""
        import polars as pl
        from polars.io.plugins import register_io_source

        given = settle(self.options, options, owner=self.name)
        look = _look(path, given, None)
        schema = pl.Schema(
            {n: polars_type(k) for n, k in zip(look.names, look.kinds.values(), strict=True)}
        )
        frame = register_io_source(_source(look), schema=schema, is_pure=True)
        return Scan(frame, dict(given), look.warnings)


def _rows(path: Path, nested: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every object with its line. Raises BadInput for what is none."""
    check_file(path)
    with path.open("rb") as stream:
        packing = packing_of(stream.read(8))
    decoder = msgspec.json.Decoder()
    try:
        with open_packed(path, packing) as stream:
            number = 0
            while text := stream.readline(_LINE + 1):
                number += 1
                if len(text) > _LINE:
                    raise _refused(path, number, f"the line is over {_LINE >> 20} MiB long")
                if number == 1:
                    text = text.removeprefix(b"\xef\xbb\xbf")
                if not text.strip():
                    continue
                try:
                    row = decoder.decode(text)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise _refused(path, number, _reason(error, text)) from None
                if not isinstance(row, dict):
                    raise _refused(path, number, f"it is {_noun(row)}, not an object in braces")
                yield number, dict(flattened(row)) if nested == "flatten" else row
    except (EOFError, OSError) as error:
        raise BadInput(
            "The file cannot be read to its end",
            where=str(path),
            why=str(error),
            fix="Fetch or unpack it again",
            code="data.damaged",
        ) from None


def _reason(error: Exception, text: bytes) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if text.strip() in {b"[", b"{"}:
        return "one value goes over several lines"
    return str(error)


def _noun(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "null" if value is None else "a bare value"


def _refused(path: Path, line: int, why: str) -> BadInput:
    return BadInput(
        "This is not a file of JSON Lines",
        where=f"{path}, line {line}",
        why=why,
        fix="Write one object a line, such as with jq -c '.[]' FILE",
        code="data.jsonl",
    )


def _look(path: Path, given: Mapping[str, Value], limit: int | None) -> _Look:
    nested = str(given["nested"])
    told = told_types(given["types"])
    seen: dict[str, Seen] = {}
    rows = 0
    for line, row in _rows(path, nested):
        for key, value in row.items():
            if key not in seen:
                if len(seen) >= MOST_KEYS:
                    raise _refused(path, line, f"there are over {MOST_KEYS:,} keys up to here")
                seen[key] = Seen()
            seen[key].add(value, line)
            if key in told and not fits(value, told[key]):
                raise _misfit(path, line, key, value, told[key])
        rows += 1
        if rows == limit:
            break
    if not rows or not seen:
        raise BadInput(
            "The table has no rows",
            where=str(path),
            why="it has no object" if not rows else "its objects have no keys",
            fix="Check how it was written",
            code="data.no_rows",
        )
    if unknown := [name for name in told if name not in seen]:
        raise BadInput(
            f"There is no column {unknown[0]}",
            where="--types",
            why="the columns are " + ", ".join(list(seen)[:20]),
            fix="Correct the name",
            code="data.column",
        )
    _refuse_nested(path, nested, seen)
    kinds = {key: told.get(key) or one.settled() for key, one in seen.items()}
    names, warnings = unique_names(list(seen))
    warnings += tuple(
        f"Column {key!r} is text: its values are of several kinds ({', '.join(sorted(one.kinds))})."
        for key, one in seen.items()
        if key not in told and len(one.kinds) > 1 and kinds[key] == "text"
    )
    return _Look(path, nested, kinds, names, rows, warnings)


def _refuse_nested(path: Path, nested: str, seen: Mapping[str, Seen]) -> None:
    if nested != "refuse":
        return
    for key, one in seen.items():
        if one.nested_line:
            raise BadInput(
                f"The value of {key} is no single value",
                where=f"{path}, line {one.nested_line}",
                why="it is an object or a list, and a cell of a table holds one value",
                fix="Give --nested flatten for columns such as a.b, or --nested text for JSON text",
                code="data.nested",
            )


def _misfit(path: Path, line: int, key: str, value: Any, kind: str) -> BadInput:
    return BadInput(
        f"A value of {key} is no {kind}",
        where=f"{path}, line {line}",
        why=f"it is {str(value)[:40]!r}",
        fix="Correct the value, or give the column another of --types",
        code="data.type",
    )


def _frames(look: _Look, limit: int | None = None) -> Iterator[pl.DataFrame]:
    """Yield the table in batches."""
    import polars as pl

    types = [polars_type(kind) for kind in look.kinds.values()]
    batch: list[dict[str, Any]] = []

    def frame() -> pl.DataFrame:
        columns = zip(look.names, look.kinds.items(), types, strict=True)
        return pl.DataFrame(
            [
                pl.Series(name, [converted(row.get(key), kind) for row in batch], dtype)
                for name, (key, kind), dtype in columns
            ]
        )

    for place, (_, row) in enumerate(_rows(look.path, look.nested), 1):
        batch.append(row)
        if len(batch) == _BATCH or place == limit:
            yield frame()
            batch.clear()
        if place == limit:
            return
    if batch:
        yield frame()


def _source(look: _Look) -> Any:
    """The generator that Polars asks for batches; it opens the file when the table is collected."""

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for frame in _frames(look, rows):
            wanted = frame if columns is None else frame.select(columns)
            yield wanted if predicate is None else wanted.filter(predicate)

    return batches


SOURCE = JsonLinesSource()
