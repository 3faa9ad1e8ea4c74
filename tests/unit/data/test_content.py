"""The content digest: equal for equal tables whoever wrote them, different for any difference."""

import datetime as dt
import hashlib
import struct
import tempfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.content import content_of_batches, content_of_parquet, type_tag
from workbench.errors import BadInput

SCHEMA = {
    "i": pl.Int64,
    "f": pl.Float64,
    "s": pl.String,
    "b": pl.Boolean,
    "d": pl.Date,
    "t": pl.Datetime("us", "UTC"),
    "l": pl.List(pl.Int16),
    "x": pl.Struct({"a": pl.String, "b": pl.UInt8}),
}
MOMENTS = st.integers(-(10**15), 10**15).map(
    lambda us: dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=us)
)
ROW = st.fixed_dictionaries(
    {
        "i": st.none() | st.integers(-(2**63), 2**63 - 1),
        "f": st.none() | st.floats(),
        "s": st.none() | st.text(max_size=6),
        "b": st.none() | st.booleans(),
        "d": st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
        "t": st.none() | MOMENTS,
        "l": st.none() | st.lists(st.none() | st.integers(-9, 9), max_size=3),
        "x": st.none()
        | st.fixed_dictionaries(
            {"a": st.none() | st.text(max_size=3), "b": st.none() | st.integers(0, 255)}
        ),
    }
)
TABLES = st.lists(ROW, min_size=1, max_size=12).map(lambda rows: pl.DataFrame(rows, schema=SCHEMA))


def digest(frame: pl.DataFrame, step: int = 1 << 17) -> str:
    return content_of_batches(frame.schema, frame.iter_slices(step))


def test_a_digest_computed_by_hand_from_the_definition() -> None:
    frame = pl.DataFrame(
        {"n": [7, None, -1], "s": ["ab", "", None]}, schema={"n": pl.Int32, "s": pl.String}
    )

    def u64(*values: int) -> bytes:
        return struct.pack(f"<{len(values)}Q", *values)

    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    first = (
        u64(1) + b"n" + u64(3) + b"i32" + sha(u64(1)) + sha(b"") + sha(struct.pack("<2i", 7, -1))
    )
    second = u64(1) + b"s" + u64(3) + b"str" + sha(u64(2)) + sha(u64(2, 0)) + sha(b"ab")
    whole = b"workbench table c1\n" + u64(3) + u64(2) + sha(first) + sha(second)
    assert digest(frame) == "c1:" + hashlib.sha256(whole).hexdigest()


@settings(max_examples=30)
@given(TABLES, st.integers(1, 5), st.sampled_from(["zstd", "snappy", "uncompressed"]))
def test_writer_row_groups_and_compression_leave_no_trace(
    frame: pl.DataFrame, step: int, compression: str
) -> None:
    expected = digest(frame)
    assert digest(frame, step) == expected
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        frame.write_parquet(path, compression=compression, row_group_size=step)  # type: ignore[arg-type]
        assert content_of_parquet(path) == expected
        pq.write_table(
            frame.to_arrow(),
            path,
            compression=compression.upper().replace("UNCOMPRESSED", "NONE"),
            row_group_size=step,
        )
        assert content_of_parquet(path) == expected


def same(one: object, other: object) -> bool:
    """Equal bit for bit, but for the payload of a NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return (one != one and other != other) or struct.pack("<d", one) == struct.pack("<d", other)
    return type(one) is type(other) and one == other


@settings(max_examples=100)
@given(TABLES, st.data())
def test_any_changed_value_shows(frame: pl.DataFrame, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, frame.height - 1))
    name = data.draw(st.sampled_from(sorted(SCHEMA)))
    other = data.draw(ROW)[name]
    rows = frame.to_dicts()
    unchanged = same(rows[place][name], other)
    rows[place][name] = other
    changed = pl.DataFrame(rows, schema=SCHEMA)
    assert (digest(changed) == digest(frame)) == unchanged


@settings(max_examples=30)
@given(TABLES)
def test_order_of_rows_and_columns_shows(frame: pl.DataFrame) -> None:
    turned = pl.DataFrame(frame.to_dicts()[::-1], schema=SCHEMA)
    if list(map(repr, turned.rows())) != list(map(repr, frame.rows())):
        assert digest(turned) != digest(frame)
    assert digest(frame.select(frame.columns[::-1])) != digest(frame)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}, schema={"a": pl.Int32})),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1.0]})),
        (pl.DataFrame({"a": ["", None]}), pl.DataFrame({"a": [None, ""]})),
        (pl.DataFrame({"a": ["", "x"]}), pl.DataFrame({"a": [None, "x"]})),
        (pl.DataFrame({"a": ["ab", "c"]}), pl.DataFrame({"a": ["a", "bc"]})),
        (pl.DataFrame({"a": ["x"]}), pl.DataFrame({"a": [b"x"]})),
        (pl.DataFrame({"a": [0.0]}), pl.DataFrame({"a": [-0.0]})),
        (pl.DataFrame({"a": [[1], [2]]}), pl.DataFrame({"a": [[1, 2], []]})),
        (pl.DataFrame({"a": [[], [1]]}), pl.DataFrame({"a": [None, [1]]})),
        (pl.DataFrame({"a": [None, 1]}), pl.DataFrame({"a": [1, None]})),
        (
            pl.DataFrame({"a": [1]}).cast(pl.Datetime("us")),
            pl.DataFrame({"a": [1]})
            .cast(pl.Datetime("us"))
            .select(pl.col("a").dt.replace_time_zone("UTC")),
        ),
        (pl.DataFrame({"a": [Decimal("1.0")]}), pl.DataFrame({"a": [Decimal("1.00")]})),
    ],
)
def test_what_looks_alike_is_told_apart(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert digest(one) != digest(other)


def test_every_nan_is_one() -> None:
    odd = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_1234))[0]
    plain = pl.DataFrame({"a": pl.Series([float("nan"), 1.0])})
    import numpy as np

    assert digest(pl.DataFrame({"a": pl.Series(np.array([odd, 1.0]))})) == digest(plain)


def test_a_version_is_the_same_forever() -> None:
    # Kept in journals: a change of this value is a change of format.
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert digest(frame) == "c1:cc105f1e0b3f9017000410e70a91038bd516ca55181a24730a196c388afb336e"


def test_a_type_without_a_form_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be stored"):
        type_tag(pl.Categorical())
