r"""The content digest of a table: `c1:` and a SHA-256 that knows only names, types and values.

The same table has the same digest whoever wrote the file: row groups, compression, encodings,
chunking and library versions leave no trace. Canonical form 1, all numbers little-endian:

    table   = "workbench table c1\n" · u64 rows · u64 columns · SHA-256 of each column, in order
    column  = text(name) · text(type tag) · array            text = u64 length · UTF-8 bytes
    array   = SHA-256(nulls) · SHA-256(sizes) · SHA-256(values) · array of each child
    nulls   = u64 position of every null
    sizes   = u64 of every value that is not null: its bytes (text, binary), its elements (lists)
    values  = every value that is not null, end to end

Values: whole numbers, dates (days), times, moments and durations (in their unit) in two's
complement of their width; decimals as 16 bytes of the unscaled number; booleans as one byte;
floats as IEEE 754, every NaN as the quiet one (payloads are noise), -0.0 kept apart from 0.0.
A child holds the elements (or one field) of the values that are not null. Since each stream is a
plain concatenation over all rows, batches of any size give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.data.batches import read_batches
from workbench.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

PREFIX = "c1:"
_MAGIC = b"workbench table c1\n"


def type_tag(dtype: pl.DataType) -> str:
    """Return the canonical name of a Polars type; raises BadInput for one that has none."""
    import polars as pl

    plain = {
        pl.Boolean: "bool", pl.String: "str", pl.Binary: "bin", pl.Date: "date", pl.Time: "time[ns]",
        pl.Int8: "i8", pl.Int16: "i16", pl.Int32: "i32", pl.Int64: "i64",
        pl.UInt8: "u8", pl.UInt16: "u16", pl.UInt32: "u32", pl.UInt64: "u64",
        pl.Float32: "f32", pl.Float64: "f64",
    }  # fmt: skip
    if (name := plain.get(type(dtype))) is not None:
        return name
    if isinstance(dtype, pl.Datetime):
        return f"datetime[{dtype.time_unit},{dtype.time_zone or ''}]"
    if isinstance(dtype, pl.Duration):
        return f"duration[{dtype.time_unit}]"
    if isinstance(dtype, pl.Decimal):
        return f"decimal[{dtype.precision},{dtype.scale}]"
    if isinstance(dtype, pl.Array):
        return f"array[{dtype.size}]<{type_tag(_instance(dtype.inner))}>"
    if isinstance(dtype, pl.List):
        return f"list<{type_tag(_instance(dtype.inner))}>"
    if isinstance(dtype, pl.Struct):
        fields = (f"{len(f.name)}:{f.name}={type_tag(_instance(f.dtype))}" for f in dtype.fields)
        return f"struct<{','.join(fields)}>"
    raise BadInput(
        f"A column of type {dtype} cannot be stored",
        where=str(dtype),
        why="it has no canonical form",
        fix="Convert the column to text or numbers first",
        code="data.type",
    )


def _instance(dtype: Any) -> pl.DataType:
    made: pl.DataType = dtype() if isinstance(dtype, type) else dtype
    return made


class _Array:
    """The three streams of one array, fed batch by batch, and its children."""

    def __init__(self, dtype: pl.DataType) -> None:
        import polars as pl

        self._seen = 0
        self._nulls, self._sizes, self._values = (hashlib.sha256() for _ in range(3))
        self._children: list[_Array] = []
        if isinstance(dtype, pl.List | pl.Array):
            self._children = [_Array(_instance(dtype.inner))]
        elif isinstance(dtype, pl.Struct):
            self._children = [_Array(_instance(field.dtype)) for field in dtype.fields]

    def feed(self, series: pl.Series) -> None:
        """Add the next values."""
        import polars as pl

        rows = len(series)
        if series.null_count():
            places = series.is_null().arg_true().to_numpy().astype("<u8") + self._seen
            self._nulls.update(_bytes(places))
            series = series.drop_nulls()
        self._seen += rows
        kind = series.dtype
        if isinstance(kind, pl.String | pl.Binary):
            self._feed_text(series)
        elif isinstance(kind, pl.List | pl.Array):
            self._feed_lists(series)
        elif isinstance(kind, pl.Struct):
            for child, field in zip(self._children, kind.fields, strict=True):
                child.feed(series.struct.field(field.name))
        elif isinstance(kind, pl.Decimal):
            array = series.to_arrow()
            start = array.offset * 16
            self._values.update(memoryview(array.buffers()[1])[start : start + len(array) * 16])
        else:
            self._values.update(_bytes(_numbers(series)))

    def _feed_text(self, series: pl.Series) -> None:
        import numpy as np
        import pyarrow as pa

        wide = pa.large_string() if str(series.dtype) == "String" else pa.large_binary()
        array = series.to_arrow().cast(wide)
        if not len(array):
            return
        offsets = np.frombuffer(array.buffers()[1], "<i8")[array.offset :][: len(array) + 1]
        self._sizes.update(_bytes(np.diff(offsets).astype("<u8")))
        if offsets[-1] > offsets[0]:
            self._values.update(memoryview(array.buffers()[2])[offsets[0] : offsets[-1]])

    def _feed_lists(self, series: pl.Series) -> None:
        import polars as pl

        if isinstance(series.dtype, pl.Array):
            series = series.cast(pl.List(series.dtype.inner))
        self._sizes.update(_bytes(series.list.len().to_numpy().astype("<u8")))
        filled = series.filter(series.list.len() > 0)
        if len(filled):
            self._children[0].feed(filled.explode())

    def digest(self) -> bytes:
        """The array's part of the canonical form."""
        own = self._nulls.digest() + self._sizes.digest() + self._values.digest()
        return own + b"".join(child.digest() for child in self._children)


def _numbers(series: pl.Series) -> np.ndarray[Any, Any]:
    import numpy as np

    values = series.to_physical().to_numpy()
    if values.dtype.kind == "f" and np.isnan(values).any():
        values = np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


def _bytes(values: np.ndarray[Any, Any]) -> memoryview:
    import numpy as np

    # `|u1` of a bool is its byte; a read-only or strided buffer is made contiguous first.
    return np.ascontiguousarray(values).view("|u1").data


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "little") + data


def content_of_batches(schema: pl.Schema, batches: Iterable[pl.DataFrame]) -> str:
    """Return the content digest of the rows in `batches`, in that order. Two threads hash."""
    names = list(schema)
    tags = [type_tag(schema[name]) for name in names]
    arrays = [_Array(schema[name]) for name in names]
    rows = 0
    with ThreadPoolExecutor(2, "content") as pool:  # hashlib and Polars release the GIL
        for batch in batches:
            rows += batch.height
            list(
                pool.map(
                    lambda pair: pair[0].feed(pair[1]),
                    zip(arrays, batch.iter_columns(), strict=True),
                )
            )
    total = hashlib.sha256(_MAGIC + rows.to_bytes(8, "little") + len(names).to_bytes(8, "little"))
    for name, tag, array in zip(names, tags, arrays, strict=True):
        total.update(hashlib.sha256(_text(name) + _text(tag) + array.digest()).digest())
    return PREFIX + total.hexdigest()


def content_of_parquet(path: Path) -> str:
    """Return the content digest of a Parquet file, holding a batch of rows at a time."""
    import polars as pl

    frame = pl.scan_parquet(path, glob=False)
    return content_of_batches(frame.collect_schema(), read_batches(frame))
