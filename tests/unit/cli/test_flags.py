from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from workbench.cli.flags import help_of, option_flags, parse_assignments
from workbench.errors import BadInput, UsageError
from workbench.options import Option

RATE = Option("rate", "float", 0.1, "Step.", minimum=0, maximum=1, open_minimum=True)
DEPTH = Option("max_depth", "int", None, "Levels.", minimum=1)
KIND = Option("kind", "choice", "a", "Which.", choices=("a", "b"))
FAST = Option("fast", "bool", False, "Hurry.")
ALL = (RATE, DEPTH, KIND, FAST)


def test_assignments_are_settled() -> None:
    given = parse_assignments(["rate=0.5", "max-depth=3", "fast=yes"], ALL, owner="it")
    assert given == {"rate": 0.5, "max_depth": 3, "kind": "a", "fast": True}
    assert parse_assignments([], ALL, owner="it")["max_depth"] is None
    # Only the first = divides: the rest is the value's.
    text = Option("note", "str", "", "Text.")
    assert parse_assignments(["note=a=b"], [text], owner="it") == {"note": "a=b"}


@pytest.mark.parametrize(
    ("texts", "kind", "code", "told"),
    [
        (["rate"], UsageError, "usage.assignment", "NAME=VALUE"),
        (["rate=1", "rate=0.5"], UsageError, "usage.assignment", "one value"),
        (["rat=1"], BadInput, "option.unknown", "rate, max_depth"),
        (["rate=2"], BadInput, "option.value", "more than 0, at most 1"),
        (["rate=fast"], BadInput, "option.value", "a number"),
        (["max_depth=0"], BadInput, "option.value", "at least 1"),
        (["kind=c"], BadInput, "option.value", "a, b"),
    ],
)
def test_what_is_wrong_is_told(
    texts: list[str], kind: type[Exception], code: str, told: str
) -> None:
    with pytest.raises(kind) as caught:
        parse_assignments(texts, ALL, owner="it")
    assert caught.value.code == code
    assert told in caught.value.why


def test_options_become_flags() -> None:
    seen = {}

    @click.command()
    @option_flags(ALL)
    def command(**values: object) -> None:
        seen.update(values)

    result = CliRunner().invoke(command, ["--rate", "0.5", "--kind", "b"])
    assert result.exit_code == 0
    assert seen == {"rate": 0.5, "max_depth": None, "kind": "b", "fast": None}
    shown = CliRunner().invoke(command, ["--help"]).output
    assert "--max-depth" in shown
    assert "a|b" in shown
    wrong = CliRunner().invoke(command, ["--rate", "7"])
    assert isinstance(wrong.exception, BadInput)


def test_help_says_bounds_and_default() -> None:
    assert help_of(RATE) == "Step. (more than 0, at most 1; default 0.1)"
    assert help_of(DEPTH) == "Levels. (at least 1)"
    assert help_of(FAST) == "Hurry. (default false)"
