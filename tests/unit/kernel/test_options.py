"""Options: what is taken, what is refused and how, and the schema they are rendered as."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import BadInput
from workbench.options import Option, Value, settle

RATE = Option("rate", "float", 0.1, "How fast.", minimum=0, open_minimum=True, maximum=1)
ROUNDS = Option("max_rounds", "int", 100, "How many.", minimum=1, maximum=1000)
KIND = Option("kind", "choice", "a", "Which.", choices=("a", "b"))
QUICK = Option("quick", "bool", False, "Whether.")
NOTE = Option("note", "str", None, "A word.")


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        (RATE, "1", 1.0),
        (RATE, " 1e-3 ", 0.001),
        (RATE, "", 0.1),
        (ROUNDS, "1000", 1000),
        (KIND, "b", "b"),
        (QUICK, "YES", True),
        (QUICK, "0", False),
        (NOTE, "", None),
        (NOTE, "x", "x"),
    ],
)
def test_what_is_typed_becomes_a_value(option: Option, text: str, value: Value) -> None:
    parsed = option.parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("option", "text", "why"),
    [
        (RATE, "0", "expected more than 0, at most 1"),
        (RATE, "1.01", "expected more than 0, at most 1"),
        (RATE, "nan", "expected more than 0, at most 1"),
        (RATE, "fast", "expected a number"),
        (ROUNDS, "0", "expected 1 to 1000"),
        (ROUNDS, "1.5", "expected a whole number"),
        (KIND, "c", "expected one of a, b"),
        (QUICK, "perhaps", "expected true or false"),
    ],
)
def test_what_is_typed_wrongly_is_refused_with_what_was_expected(
    option: Option, text: str, why: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        option.parse(text)
    assert (refusal.value.code, refusal.value.where, refusal.value.why) == (
        "option.value",
        option.flag,
        why,
    )


@pytest.mark.parametrize(
    ("option", "value"), [(ROUNDS, True), (ROUNDS, 1.0), (QUICK, 1), (NOTE, 3), (RATE, "0.5")]
)
def test_a_value_of_another_type_is_refused(option: Option, value: Any) -> None:
    with pytest.raises(BadInput):
        option.check(value)


def test_a_whole_number_will_do_for_a_number() -> None:
    assert type(RATE.check(1)) is float


def test_a_flag_is_the_name_with_dashes() -> None:
    assert ROUNDS.flag == "--max-rounds"


def test_bounds_in_words() -> None:
    assert Option("x", "int", 1, "", minimum=1).range_words == "at least 1"
    assert Option("x", "int", 1, "", maximum=9).range_words == "at most 9"
    assert Option("x", "float", 1.0, "", minimum=0, open_minimum=True).range_words == "more than 0"
    assert NOTE.range_words == ""


def test_settle_fills_in_and_refuses_what_is_not_known() -> None:
    assert settle([RATE, ROUNDS], {"rate": 0.5}, owner="hgb") == {"rate": 0.5, "max_rounds": 100}
    with pytest.raises(BadInput) as refusal:
        settle([RATE, ROUNDS], {"rats": 0.5}, owner="hgb")
    assert refusal.value.code == "option.unknown"
    assert refusal.value.why == "it knows rate, max_rounds"


def test_the_schema_says_the_same() -> None:
    # Written by hand from JSON Schema 2020-12, section 6.2.
    assert RATE.schema() == {
        "type": "number",
        "description": "How fast.",
        "default": 0.1,
        "exclusiveMinimum": 0,
        "maximum": 1,
    }
    assert KIND.schema()["enum"] == ["a", "b"]
    assert "default" not in NOTE.schema()
