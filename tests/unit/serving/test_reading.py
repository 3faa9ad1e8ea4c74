"""One request in all the forms that the protocol has: every form reads the same, NumPy makes the bytes."""

from __future__ import annotations

import json
import struct
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.serving.answers import answer
from workbench.serving.http import HttpError
from workbench.serving.reading import InferRequest, Reader
from workbench.serving.schema import RequestSchema
from workbench.training.signature import Field, Signature

from .conftest import TYPES, signature

SCHEMA = RequestSchema(signature(), max_rows=50)
READER = Reader(signature(), max_rows=50)
NUMPY = {
    "BOOL": np.bool_,
    **{f"INT{bits}": np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": np.dtype(f"uint{bits}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": np.dtype(f"float{bits}") for bits in (16, 32, 64)},
}
"""The protocol's table of datatypes, as NumPy names them."""
USUAL = {"int": "INT64", "float": "FP64", "bool": "BOOL"}


def numbers(*names: str, required: bool = False) -> Signature:
    fields = tuple(Field(name=name, type="float", required=required) for name in names)
    return Signature(task="regression", target="y", inputs=fields, outputs=())


values: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "str": st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    "date": st.dates(),
    "datetime": st.datetimes(),
}


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    rows = draw(st.integers(1, 4))
    return {
        name: draw(st.lists(values[kind] | st.none(), min_size=rows, max_size=rows))
        for name, kind in TYPES.items()
    }


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def tensors(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shape": [len(column)],
            "datatype": USUAL.get(TYPES[name], "BYTES"),
            "data": [plain(value) for value in column],
        }
        for name, column in table.items()
    ]


@given(tables())
def test_the_general_reader_reads_the_usual_form_as_the_quick_one_does(
    table: dict[str, list[Any]],
) -> None:
    body = json.dumps({"inputs": tensors(table), "id": "7"}).encode()
    quick = SCHEMA._usual(body)
    assert quick is not None
    assert quick == READER.read(body)
    assert quick.columns == table
    assert [[type(v) for v in column] for column in quick.columns.values()] == [
        [type(v) for v in column] for column in READER.read(body).columns.values()
    ]


@given(tables())
def test_nested_and_reordered_is_the_same(table: dict[str, list[Any]]) -> None:
    other = [
        tensor | {"shape": [*tensor["shape"], 1], "data": [[value] for value in tensor["data"]]}
        for tensor in reversed(tensors(table))
    ]
    found = SCHEMA.decode(json.dumps({"inputs": other}).encode())
    assert found.columns == table


@given(
    st.sampled_from(sorted(set(NUMPY) - {"BOOL"})),
    st.lists(st.integers(0, 127), min_size=1, max_size=6),
    st.booleans(),
)
def test_every_numeric_datatype_in_binary(datatype: str, given: list[int], wide: bool) -> None:
    """The bytes are NumPy's; a table of two columns reads as two."""
    rows = [given, given[::-1]]
    raw = np.array(rows, NUMPY[datatype]).tobytes() if wide else b""
    raw = raw or np.array(given, NUMPY[datatype]).tobytes()
    names = [f"c{at}" for at in range(len(given))] if wide else ["c0"]
    tensor = {
        "name": "table" if wide else "c0",
        "shape": [2, len(given)] if wide else [len(given)],
        "datatype": datatype,
        "parameters": {"binary_data_size": len(raw)},
    }
    head = json.dumps({"inputs": [tensor]}).encode()
    found = RequestSchema(numbers(*names), max_rows=50).decode(head + raw, len(head))
    expected = zip(*rows, strict=True) if wide else [given]
    assert list(found.columns.values()) == [[float(v) for v in column] for column in expected]
    assert found.rows == (2 if wide else len(given))


def test_binary_texts_booleans_and_gaps() -> None:
    texts = ["", "é", "a\x00b"]
    words = b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)
    flags = np.array([True, False, True]).tobytes()
    gaps = np.array([1.5, np.nan, -2], np.float32).tobytes()
    fields = (
        Field(name="word", type="str"),
        Field(name="flag", type="bool"),
        Field(name="x", type="float"),
        Field(name="n", type="int"),
    )
    model = Signature(task="regression", target="y", inputs=fields, outputs=())

    def tensor(name: str, datatype: str, raw: bytes) -> dict[str, Any]:
        size = {"binary_data_size": len(raw)}
        return {"name": name, "shape": [3], "datatype": datatype, "parameters": size}

    head = json.dumps(
        {
            "inputs": [
                tensor("word", "BYTES", words),
                tensor("flag", "BOOL", flags),
                {"name": "n", "shape": [3], "datatype": "INT8", "data": [1, 2, 3]},
                tensor("x", "FP32", gaps),
            ]
        }
    ).encode()
    found = Reader(model, max_rows=3).read(head + words + flags + gaps, len(head))
    assert found.columns == {
        "word": texts,
        "flag": [True, False, True],
        "n": [1, 2, 3],
        "x": [1.5, None, -2.0],
    }


def test_a_table_in_one_tensor_flat_or_nested() -> None:
    rows = [[1, None, 3], [4.5, 5, -6]]
    expected = {"a": [1.0, 4.5], "b": [None, 5.0], "c": [3.0, -6.0]}
    schema = RequestSchema(numbers("a", "b", "c"), max_rows=9)
    for data in (rows, rows[0] + rows[1]):
        tensor = {"name": "input-0", "shape": [2, 3], "datatype": "FP32", "data": data}
        body = {"inputs": [tensor | {"parameters": {"content_type": "np"}}]}
        assert schema.decode(json.dumps(body).encode()).columns == expected


def one(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "shape": [2], "datatype": "FP64", "data": [1, 2]} | changes


def size(count: Any) -> dict[str, Any]:
    return {
        "name": "x",
        "shape": [2],
        "datatype": "FP64",
        "parameters": {"binary_data_size": count},
    }


WORDS = {"name": "x", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 8}}


@pytest.mark.parametrize(
    ("tensor", "raw", "error"),
    [
        (
            size(16),
            b"\0" * 15,
            "inputs[0].parameters.binary_data_size ('x'): 16 bytes, but 15 are left",
        ),
        (size(15), b"\0" * 15, "inputs[0]: 15 bytes of binary data, not 16 for FP64 of shape [2]"),
        (size(-1), b"", "inputs[0].parameters.binary_data_size ('x'): -1 is not a number of bytes"),
        (size("16"), b"", "inputs[0].parameters.binary_data_size ('x'): '16' is not a number of"),
        (size(16) | {"data": [1, 2]}, b"\0" * 16, "inputs[0].data ('x'): the data is binary"),
        (size(16), b"\0" * 17, "inputs: 1 bytes of binary data belong to no input"),
        (one(), b"\0", "inputs: 1 bytes of binary data belong to no input"),
        (WORDS, b"\xff\0\0\0abcd", "inputs[0][0]: the binary data ends inside this value"),
        (WORDS, b"\4\0\0\0\xff\xff\xff\xff", "inputs[0][0]: these bytes are not UTF-8 text"),
        (WORDS, b"\0\0\0\0\0\0\0\0", "inputs[0]: 2 values, but shape [1] has 1"),
        (size(16), np.array([1, np.inf]).tobytes(), "inputs[0][1] ('x'): inf is not FP64"),
        (
            size(16),
            np.array([1, np.nan]).tobytes(),
            "inputs[0][1] ('x'): null, but this column must",
        ),
        (
            one(shape=[2**31, 2**31]),
            b"",
            "inputs[0].data: 2 values, but shape [2147483648, 2147483648] has 4611686018427387904",
        ),
    ],
)
def test_refused_binary_data(tensor: dict[str, Any], raw: bytes, error: str) -> None:
    head = json.dumps({"inputs": [tensor]}).encode()
    with pytest.raises(HttpError) as refused:
        Reader(numbers("x", required=True), max_rows=9).read(head + raw, len(head))
    assert refused.value.status == 400
    assert error in refused.value.what


def test_a_nested_value_is_named_by_its_place() -> None:
    body = one(name="t", shape=[2, 2], data=[[1, 2], [3, "four"]])
    with pytest.raises(HttpError) as refused:
        Reader(numbers("a", "b"), max_rows=9).read(json.dumps({"inputs": [body]}).encode())
    assert refused.value.what == "inputs[0].data[1][1] ('b'): 'four' is not a number"


def test_answers_in_binary_are_what_numpy_reads() -> None:
    asked = InferRequest("", 2, {}, ("p", "word"), frozenset({"p", "word"}))
    outputs = {"p": [0.25, None], "word": ["yes", "é"], "n": [1, 2]}
    datatypes = {"n": "INT64", "p": "FP64", "word": "BYTES"}
    body, headers = answer(asked, "7", ("m", "1"), datatypes, outputs)
    length = int(dict(headers)[b"inference-header-content-length"])
    said = json.loads(body[:length])
    assert [(o["name"], o["parameters"], "data" in o) for o in said["outputs"]] == [
        ("p", {"binary_data_size": 16}, False),
        ("word", {"binary_data_size": 13}, False),
    ]
    np.testing.assert_array_equal(np.frombuffer(body[length : length + 16]), [0.25, np.nan])
    assert body[length + 16 :] == b"\3\0\0\0yes\2\0\0\0\xc3\xa9"
