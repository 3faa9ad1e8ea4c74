"""clean(): nothing that a terminal obeys gets through, whatever the text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.text import CAP, clean, visible, whole

ANY_TEXT = st.text(st.characters(categories=None, exclude_categories=[]))


@given(ANY_TEXT)
def test_no_control_surrogate_or_direction_mark_gets_through(text: str) -> None:
    for character in clean(text):
        code = ord(character)
        assert code >= 0x20
        assert not 0x7F <= code <= 0x9F
        assert not 0xD800 <= code <= 0xDFFF
        assert not 0x2028 <= code <= 0x202E
        assert not 0x2066 <= code <= 0x2069
        assert character not in "\u200e\u200f\u061c\ufeff"


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY_TEXT, st.integers(1, 50))
def test_the_cap_holds(text: str, cap: int) -> None:
    assert len(clean(text, cap)) <= cap


@given(ANY_TEXT)
def test_with_lines_only_line_feeds_stay(text: str) -> None:
    assert {c for c in clean(text, lines=True) if unicodedata.category(c) == "Cc"} <= {"\n"}


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u180e")))
def test_what_people_write_is_left_alone(text: str) -> None:
    assert clean(text[:CAP]) == text[:CAP]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("a\nb\tc\x00", "a␊b␉c␀"),
        ("\x9b31m", "\ufffd31m"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("e\u0301\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301"),
        ("\ud800", "\ufffd"),
        ("\U000e0041", "\ufffd"),
        ("\U000e0101", "\ufffd"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    assert clean("x" * 100_000) == "x" * (CAP - 1) + "…"
    assert clean("abc", 3) == "abc"
    assert clean("abcd", 3) == "ab…"


def test_other_values_are_written_as_text() -> None:
    assert clean(None) == "None"
    assert clean(1.5) == "1.5"


def test_a_carriage_return_before_a_line_feed_goes() -> None:
    assert clean("a\r\nb\rc\td", lines=True) == "a\nb␍c    d"


@given(ANY_TEXT)
def test_whole_text_is_what_utf_8_can_carry(text: str) -> None:
    expected = "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text)
    assert whole(text) == expected
    whole(text).encode()


@given(ANY_TEXT)
def test_visible_text_is_marked_one_for_one(text: str) -> None:
    assert len(visible(text)) == len(text)
    assert all(visible(c) == clean(c) for c in text)
    assert visible(text) == "".join(clean(c) for c in text)
