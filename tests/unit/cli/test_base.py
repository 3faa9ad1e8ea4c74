"""What every command shares: JSON that a terminal obeys nothing of, and refusals."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.base import safe_json
from workbench.text import MARKED

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=[]))


@given(st.dictionaries(TEXT, st.lists(TEXT)))
def test_the_json_means_the_same(data: dict[str, list[str]]) -> None:
    assert json.loads(safe_json(data)) == data


@given(ANY_TEXT)
def test_a_terminal_obeys_nothing_of_it(text: str) -> None:
    written = safe_json({text: [text]})
    assert written.isprintable() or not any(ord(c) < 0x20 or c == "\x7f" for c in written)
    assert not MARKED.search(written)


def test_what_no_json_can_carry_is_marked() -> None:
    assert json.loads(safe_json({"where": ["caf\udce9"]})) == {"where": ["caf\ufffd"]}


def test_characters_above_the_first_plane_are_escaped_in_two() -> None:
    assert safe_json(["\U000e0041"]) == '["\\udb40\\udc41"]'
