"""The error tree: as it is drawn, with the exit statuses of the contract."""

from __future__ import annotations

import inspect
import re

import pytest

from workbench import errors
from workbench.errors import BadInput, Refused, UsageError, WorkbenchError

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, WorkbenchError)
]


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn: dict[str, str] = {}
    stack: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│ ]*(?:[├└]── )?)([A-Z]\w+Error|[A-Z]\w+)(\s{2,}|$)", line):
            depth = len(found[1]) // 4
            stack = [*stack[:depth], found[2]]
            drawn[found[2]] = stack[depth - 1] if depth else "Exception"
    assert drawn == {each.__name__: each.__base__.__name__ for each in CLASSES if each.__base__}


def test_exit_statuses_are_those_of_the_contract() -> None:
    statuses = {each.__name__: each.exit_status for each in CLASSES}
    assert statuses.pop("UsageError") == 2
    assert statuses.pop("Refused") == 3
    assert set(statuses.values()) == {1}


def test_every_class_has_a_code_of_its_own() -> None:
    codes = [each.default_code for each in CLASSES]
    assert len(set(codes)) == len(codes)


def test_one_line_says_what_where_why_and_the_fix() -> None:
    refusal = BadInput(
        "The file is empty.",
        where="a.csv",
        why="it has no bytes.",
        fix="Choose another.",
        code="data.empty",
    )
    assert str(refusal) == "The file is empty (a.csv): it has no bytes. Choose another."
    assert refusal.as_dict() == {
        "code": "data.empty",
        "what": "The file is empty.",
        "where": "a.csv",
        "why": "it has no bytes.",
        "fix": "Choose another.",
    }


@pytest.mark.parametrize(("kind", "code"), [(UsageError, "usage"), (Refused, "refused")])
def test_what_is_left_out_is_left_out(kind: type[WorkbenchError], code: str) -> None:
    assert str(kind("No")) == "No."
    assert kind("No").code == code
