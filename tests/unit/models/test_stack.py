"""Promotions and rollbacks as a stack: a table of cases, and a model to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import Conflict, Refused
from workbench.models.stack import check_unchanged, current, predecessor, stack

START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    id: str
    version: str
    action: str
    restores: str | None
    promoted_at: datetime


def played(acts: str) -> tuple[list[Entry], int]:
    """Play `1 2 b 3`: digits promote that version, b rolls back; returns records and refusals."""
    entries: list[Entry] = []
    refused = 0
    for act in acts.split():
        number, at = str(len(entries)), START + timedelta(hours=len(entries))
        if act != "b":
            entries.append(Entry(number, act, "promote", None, at))
            continue
        try:
            back = predecessor(entries, "delay, dev")
        except Refused:
            refused += 1
            continue
        entries.append(Entry(number, back.version, "rollback", back.id, at))
    return entries, refused


@pytest.mark.parametrize(
    ("acts", "now", "refused"),
    [
        ("", None, 0),
        ("b", None, 1),
        ("1", "1", 0),
        ("1 b", "1", 1),
        ("1 2", "2", 0),
        ("1 2 b", "1", 0),
        ("1 2 b b", "1", 1),
        ("1 2 3 b", "2", 0),
        ("1 2 3 b b", "1", 0),
        ("1 2 3 b b b", "1", 1),
        ("1 2 b 3", "3", 0),
        ("1 2 b 3 b", "1", 0),
        ("1 2 b 2 b", "1", 0),
        ("1 2 1 b", "2", 0),
        ("1 2 1 b b", "1", 0),
        ("1 2 1 2 b b b", "1", 0),
        ("1 2 3 b 4 b b", "1", 0),
    ],
)
def test_cases(acts: str, now: str | None, refused: int) -> None:
    entries, count = played(acts)
    last = current(entries)
    assert (last.version if last else None, count) == (now, refused)
    assert [entry.version for entry in stack(entries)][-1:] == ([now] if now else [])


@given(st.lists(st.sampled_from(["1", "2", "3", "b"]), max_size=25))
def test_is_a_list_with_push_and_pop(acts: list[str]) -> None:
    expected: list[str] = []
    for act in acts:
        if act != "b":
            expected.append(act)
        elif len(expected) > 1:
            expected.pop()
    assert [entry.version for entry in stack(played(" ".join(acts))[0])] == expected


def test_refusals_say_which_case_it_is() -> None:
    with pytest.raises(Refused, match="nothing was promoted there"):
        predecessor([], "delay, dev")
    with pytest.raises(Refused, match="the first that counts"):
        predecessor(played("1")[0], "delay, dev")


def test_a_change_meanwhile_is_a_conflict() -> None:
    entries, _ = played("1 2")
    check_unchanged(entries, "1", "delay, dev")
    check_unchanged([], "", "delay, dev")
    for seen, now in (("0", entries), ("", entries), ("0", [])):
        with pytest.raises(Conflict, match="meanwhile"):
            check_unchanged(now, seen, "delay, dev")
