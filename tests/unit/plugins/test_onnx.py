"""ONNX files written by the onnx package: what our reader sees in them; bytes that are none."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))  # onnx_files.py beside this file

from onnx_files import LINEAR, LOOSE, ODD

from plugins.formats.onnx import FORMAT
from plugins.formats.protobuf import WireError, fields, signed, varint
from workbench.errors import BadInput


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "m.onnx"
    path.write_bytes(data)
    return path


def test_a_regressor(tmp_path: Path) -> None:
    path = written(tmp_path, LINEAR)
    scan = FORMAT.scan(path)
    assert [(t.name, t.verdict) for t in scan.types] == [("ai.onnx.ml.LinearRegressor", "trusted")]
    assert scan.facts == {
        "made by": "acme 2.1",
        "ir version": "10",
        "opsets": "ai.onnx 21, ai.onnx.ml 3",
        "nodes": "1",
    }
    assert scan.warnings == ()
    hints = FORMAT.hints(path)
    assert [(f.name, f.type) for f in hints.inputs] == [
        ("X_0", "float"),
        ("X_1", "float"),
        ("X_2", "float"),
    ]
    assert hints.task == "regression"


def test_what_somebody_else_defined_lies_in_a_branch(tmp_path: Path) -> None:
    path = written(tmp_path, ODD)
    scan = FORMAT.scan(path)
    assert scan.named("unknown") == ("acme.ops.Shell",)
    assert set(scan.named("trusted")) == {"ai.onnx.If", "ai.onnx.Cast", "ai.onnx.Identity"}
    assert scan.warnings == ("1 of its weights lie in other files, which are not here",)
    hints = FORMAT.hints(path)
    assert [(f.name, f.type) for f in hints.inputs] == [
        ("flag", "bool"),
        ("age", "float"),
        ("city", "str"),
    ]  # not w, whose values are in the file
    assert hints.task == "multiclass"


def test_an_input_of_any_width_tells_no_columns(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not say how many columns"):
        FORMAT.hints(written(tmp_path, LOOSE))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"PK\x03\x04", b"\x80\x04K\x01.", b"\x3a\xff\xff\xff\xff\x0f", b"\x08\x0a"],
)
def test_what_is_no_onnx_file(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput) as refusal:
        FORMAT.scan(written(tmp_path, data))
    assert refusal.value.code == "model.damaged"


@given(st.binary(max_size=300))
def test_any_bytes_give_one_of_our_errors(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(BadInput):
        FORMAT.scan(written(Path(folder), data))


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_on_the_wire(number: int) -> None:
    """The oracle is the encoding as the specification has it: seven bits a byte, the lowest first."""
    rest, data = number % 2**64, bytearray()
    while True:
        rest, low = rest >> 7, rest & 0x7F
        data.append(low | (0x80 if rest else 0))
        if not rest:
            break
    value, at = varint(memoryview(bytes(data) + b"more"), 0)
    assert (signed(value), at) == (number, len(data))


def test_fields_stay_inside() -> None:
    assert list(fields(memoryview(b"\x08\x96\x01\x12\x02hi"))) == [(1, 150), (2, b"hi")]
    for wrong in (b"\x12\x05hi", b"\x0b", b"\x00", b"\x08" + b"\xff" * 11, b"\x0d\x01"):
        with pytest.raises(WireError):
            list(fields(memoryview(wrong)))
