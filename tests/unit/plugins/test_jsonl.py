"""JSON Lines: types, what is nested, and the sentence for each line that is no row."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.sources.jsonl import SOURCE
from workbench.errors import WorkbenchError


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "t.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n")
    return path


def read(path: Path, **options: Any) -> pl.DataFrame:
    return SOURCE.scan(path, options).frame.collect()


VALUES = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(
        lambda text: not text[:1].isdigit()
    ),
}


@settings(max_examples=60)
@given(st.data(), st.sampled_from(sorted(VALUES)))
def test_every_value_comes_back(data: st.DataObject, kind: str) -> None:
    import tempfile

    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=20))
    with tempfile.TemporaryDirectory() as folder:
        frame = read(write(Path(folder), *({"x": value} for value in values)))
    assert frame["x"].to_list() == values


def test_types_are_the_narrowest_that_hold_every_value(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "whole": 1,
        "part": 1,
        "day": "2024-02-29",
        "at": "2024-02-29T12:00:00",
        "zoned": "2024-02-29T12:00:00Z",
        "mixed": 1,
        "large": 2**64,
        "february": "2024-02-31",
    }
    path = write(
        tmp_path, row, row | {"part": 0.5, "at": "2024-03-01", "mixed": "x"}, {"new": True}
    )
    frame = read(path)
    assert [str(kind) for kind in frame.dtypes] == [
        "Int64", "Float64", "Date", "Datetime(time_unit='us', time_zone=None)",
        "Datetime(time_unit='us', time_zone='UTC')", "String", "String", "String", "Boolean",
    ]  # fmt: skip
    assert frame["day"][0] == date(2024, 2, 29)
    assert frame["at"].to_list()[1] == datetime(2024, 3, 1)  # noqa: DTZ001  # it has no zone
    assert frame["zoned"][0] == datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert frame["mixed"].to_list() == ["1", "x", None]
    assert frame["large"][0] == str(2**64)
    assert SOURCE.scan(path, {}).warnings == (
        "Column 'mixed' is text: its values are of several kinds (integer, text).",
    )


NESTED = {"id": 1, "address": {"city": "Oslo", "at": {"zip": 5}}, "tags": ["a", "b"], "none": {}}


def test_nested_values_are_refused_with_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError) as refusal:
        read(write(tmp_path, {"id": 0}, NESTED))
    assert refusal.value.code == "data.nested"
    assert "line 2" in refusal.value.where
    assert "address" in refusal.value.what
    assert "--nested flatten" in refusal.value.fix


def test_nested_values_flattened_or_as_text(tmp_path: Path) -> None:
    path = write(tmp_path, NESTED)
    assert read(path, nested="flatten").row(0, named=True) == {
        "id": 1, "address.city": "Oslo", "address.at.zip": 5, "tags": '["a","b"]', "none": "{}",
    }  # fmt: skip
    kept = read(path, nested="text").row(0, named=True)
    assert json.loads(kept["address"]) == NESTED["address"]
    assert json.loads(kept["tags"]) == NESTED["tags"]


def test_a_type_that_is_told_holds(tmp_path: Path) -> None:
    path = write(tmp_path, {"id": 1, "n": 2}, {"id": 2, "n": 3})
    frame = read(path, types="id=text,n=float")
    assert frame.rows() == [("1", 2.0), ("2", 3.0)]


REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any], str, str, str]] = {
    "a list": (({"a": 1}, [1]), {}, "data.jsonl", "line 2", "a list"),
    "a text": (('"x"',), {}, "data.jsonl", "line 1", "a text"),
    "null": (("null",), {}, "data.jsonl", "line 1", "null"),
    "a number": (("7",), {}, "data.jsonl", "line 1", "a bare value"),
    "pretty": (("{", '"a": 1', "}"), {}, "data.jsonl", "line 1", "several lines"),
    "cut": (({"a": 1}, "", '{"a": '), {}, "data.jsonl", "line 3", "truncated"),
    "deep": (('{"a":' + "[" * 50_000,), {}, "data.jsonl", "line 1", "too deep"),
    "infinite": (('{"a": 1e999}',), {}, "data.jsonl", "line 1", "out of range"),
    "NaN": (('{"a": NaN}',), {}, "data.jsonl", "line 1", "malformed"),
    "blank": (("", ""), {}, "data.no_rows", "t.jsonl", "no object"),
    "no keys": (("{}",), {}, "data.no_rows", "t.jsonl", "no keys"),
    "keys": (
        (dict.fromkeys(map(str, range(10_001)), 1),),
        {},
        "data.jsonl",
        "line 1",
        "10,000 keys",
    ),
    "no such column": (({"a": 1},), {"types": "b=text"}, "data.column", "--types", "columns are a"),
    "a misfit": (({"a": 1}, {"a": "x"}), {"types": "a=integer"}, "data.type", "line 2", "'x'"),
    "no type": (({"a": 1},), {"types": "a=number"}, "option.value", "--types", "boolean, integer"),
    "no equals": (({"a": 1},), {"types": "a"}, "option.value", "--types", "COLUMN=TYPE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    lines, options, code, place, why = REFUSED[case]
    path = write(tmp_path, *lines)
    for attempt in (SOURCE.preview, SOURCE.scan):
        with pytest.raises(WorkbenchError) as refusal:
            attempt(path, options)
        assert refusal.value.code == code
        assert place in refusal.value.where
        assert why in refusal.value.why
        assert refusal.value.fix


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b'{"a": "ok"}\n{"a": "\xff"}\n')
    with pytest.raises(WorkbenchError, match="JSON Lines") as refusal:
        SOURCE.preview(path, {})
    assert "line 2" in refusal.value.where
