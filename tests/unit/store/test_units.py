"""The line format: hashed by hand, read back, refused when touched."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import NewerFormat, StoreError
from workbench.records import Who
from workbench.records.models import GateOutcome, PromotionMade
from workbench.records.project import ProjectCreated
from workbench.records.runs import MetricFigures, RunEnded
from workbench.store import units

WHO = Who(user="ada", uid=1000, host="engine", via="test")
CREATED = ProjectCreated(id="01J00000000000000000000000", name="flights")


def line(seq: int = 1, prev: str = units.ORIGIN, records=(CREATED,)) -> bytes:
    return units.encode(seq, prev, WHO, records)[0]


def test_line_is_the_contract():
    encoded = line()
    assert encoded.endswith(b"}\n")
    body = json.loads(encoded)
    assert list(body) == ["v", "seq", "id", "at", "who", "prev", "records", "hash"]
    assert body["records"] == [
        {"kind": "project.created", "v": 1, "id": CREATED.id, "name": "flights"}
    ]
    assert body["at"].endswith("Z")
    # The hash by hand: over the line's bytes without the hash member and the line feed.
    digest = body.pop("hash")
    text = encoded.decode().removesuffix("\n")
    stripped = text.replace(f',"hash":"{digest}"', "")
    assert hashlib.sha256(stripped.encode()).hexdigest() == digest


@given(st.floats(), st.text(max_size=200))
def test_what_is_written_is_read_back(value, reason):
    from workbench.numbers import to_figure

    figure = to_figure(value)
    records = (
        RunEnded(
            id="x",
            state="succeeded",
            error=reason.encode("utf-8", "replace").decode(),
            metrics={"m": MetricFigures(last=figure, best=figure, min=figure, max=figure)},
        ),
        PromotionMade(
            id="p",
            model="delay",
            version="v",
            number=1,
            environment="production",
            action="promote",
            reason="",
            gates=(GateOutcome(gate="threshold", outcome="pass", what="auc", measured=figure),),
        ),
    )
    encoded, unit = units.encode(7, "a" * 64, WHO, records)
    read = units.decode(encoded, 7, "a" * 64)
    assert read.records == records == unit.records
    assert units.seal(encoded) == (7, read.hash)


@pytest.mark.parametrize("position", range(0, 200, 7))
def test_any_changed_byte_is_noticed(position):
    encoded = bytearray(line())
    encoded[position] ^= 0x01
    with pytest.raises(units.Broken):
        units.decode(bytes(encoded), 1, units.ORIGIN)


def test_order_and_chain_are_checked():
    with pytest.raises(units.Broken, match="unit 1 where unit 2 belongs"):
        units.decode(line(1), 2, units.ORIGIN)
    with pytest.raises(units.Broken, match="chain"):
        units.decode(line(1), 1, "b" * 64)


def test_a_newer_kind_is_told_as_newer():
    encoded = line()
    body = encoded[: -units._TAIL - 1] + b"}"
    newer = body.replace(b"project.created", b"project.dreamed")
    digest = hashlib.sha256(newer).hexdigest()
    whole = newer[:-1] + b',"hash":"' + digest.encode() + b'"}\n'
    with pytest.raises(NewerFormat, match="newer Workbench"):
        units.decode(whole, 1, units.ORIGIN)


def test_too_long_a_unit_is_refused():
    with pytest.raises(StoreError) as refusal:
        line(records=(ProjectCreated(id="x", name="n" * units.LINE_LIMIT),))
    assert refusal.value.code == "store.too_long"


def test_what_json_cannot_carry_is_refused():
    record = RunEnded(
        id="x",
        state="failed",
        metrics={"m": MetricFigures(last=float("nan"), best=0, min=0, max=0)},
    )
    with pytest.raises(StoreError) as refusal:
        line(records=(record,))
    assert refusal.value.code == "store.encoding"
