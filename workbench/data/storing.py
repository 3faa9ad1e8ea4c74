"""A table on its way to its file: types that every reader of Parquet knows, and what cannot be kept."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import BadInput
from workbench.records.data import Column

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP = 1 << 17
"""Rows of a row group: a page of 256 rows costs the decoding of part of one."""

MAX_COLUMNS_BYTES = 48 << 10
"""Room for names and types in the record of a version, whose line in the journal is under 64 KiB."""


def normal(frame: pl.LazyFrame) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """Bring columns to types that every reader of Parquet knows; says what was changed."""
    import polars as pl

    def plain(dtype: Any) -> Any:
        if isinstance(dtype, pl.Categorical | pl.Enum | pl.Null):
            return pl.String()
        if isinstance(dtype, pl.List):
            return pl.List(plain(dtype.inner))
        if isinstance(dtype, pl.Array):
            return pl.Array(plain(dtype.inner), dtype.size)
        if isinstance(dtype, pl.Struct):
            return pl.Struct({field.name: plain(field.dtype) for field in dtype.fields})
        return dtype

    schema = frame.collect_schema()
    casts: dict[Any, Any] = {
        name: new for name, old in schema.items() if (new := plain(old)) != old
    }
    empty = tuple(name for name in casts if isinstance(schema[name], pl.Null))
    return frame.cast(casts) if casts else frame, tuple(
        f"Column {name!r} has no value and no type: it is stored as text." for name in empty
    )


def columns_of(frame: pl.LazyFrame) -> tuple[Column, ...]:
    """Return names and types for the record. Raises BadInput for what cannot be kept."""
    from workbench.data.content import type_tag

    schema = frame.collect_schema()
    for name, dtype in schema.items():
        try:
            type_tag(dtype)
        except BadInput as refusal:
            raise BadInput(
                refusal.what,
                where=f"column {name}",
                why=refusal.why,
                fix=refusal.fix,
                code=refusal.code,
            ) from None
    columns = tuple(Column(name, str(dtype)) for name, dtype in schema.items())
    size = len(msgspec.json.encode(columns))
    if size > MAX_COLUMNS_BYTES:
        raise BadInput(
            "The table has too many columns",
            where=f"{len(columns)} columns",
            why=f"their names and types take {size:,} bytes, and a record holds {MAX_COLUMNS_BYTES:,}",
            fix="Leave columns out, shorten their names, or turn them into rows",
            code="data.columns",
        )
    return columns


_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def write(frame: pl.LazyFrame, file: Path, place: str) -> tuple[str, int]:
    """Write the table and read it back: its content digest and rows are those of what is stored."""
    import polars as pl

    from workbench.data.content import content_of_parquet

    try:
        frame.sink_parquet(file, compression="zstd", row_group_size=ROW_GROUP)
        return content_of_parquet(file), int(
            pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()
        )
    except pl.exceptions.PolarsError as error:
        if system := _OS_ERROR.search(str(error)):
            # Of what is written here, such as a full disk; Polars has lost the number of the error.
            number = int(system[1])
            raise OSError(number, os.strerror(number), str(file)) from None
        raise BadInput(
            "The table could not be read to its end",
            where=place,
            why=str(error).partition("\n")[0],
            fix="Fetch or write the file again",
            code="data.damaged",
        ) from None
