"""References and links: what is read, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.ids import is_ulid, new_ulid
from workbench.links import (
    Link,
    VersionRef,
    check_name,
    parse_link,
    parse_numbered,
    parse_suffix,
    parse_version,
)


@pytest.mark.parametrize("name", ["a", "flights", "f_1-x", "a" * 63])
def test_good_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "1a", "A", "a b", "a/b", "../a", "a" * 64, "é", "a\n", "a@1", "_a", "latest"]
)
def test_bad_names(name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check_name(name, "dataset's name")
    assert refusal.value.code == "name"
    assert refusal.value.where == "dataset's name"


@pytest.mark.parametrize(
    ("text", "reference", "number"),
    [
        ("flights", VersionRef("flights", "latest"), None),
        ("flights@3", VersionRef("flights", "3"), 3),
        (" flights@latest ", VersionRef("flights", "latest"), None),
        ("delay@production", VersionRef("delay", "production"), None),
    ],
)
def test_versions(text: str, reference: VersionRef, number: int | None) -> None:
    assert parse_version(text) == reference
    assert parse_version(text).number == number


@pytest.mark.parametrize(
    "text", ["", "@3", "flights@", "flights@0", "flights@03", "flights@-1", "a@b@c", "a@1.5"]
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(BadInput):
        parse_version(text)


def test_numbered() -> None:
    assert parse_numbered("r_142", "r") == 142
    assert parse_numbered("j_17", "r") is None
    assert [parse_numbered(bad, "r") for bad in ("r_", "r_0", "r_01", "142", "r_1x")] == [None] * 5


@given(st.integers(4, 26))
def test_every_end_of_a_ulid_from_four_characters_on_is_a_suffix(length: int) -> None:
    ulid = new_ulid()
    assert is_ulid(ulid)
    assert parse_suffix(ulid[-length:].lower()) == ulid[-length:]


@pytest.mark.parametrize("text", ["abc", "ILOU", "x" * 27, "r_14"])
def test_what_is_no_suffix(text: str) -> None:
    assert parse_suffix(text) is None


def test_ulids_sort_by_their_time() -> None:
    ulids = [new_ulid() for _ in range(50)]
    assert len(set(ulids)) == 50
    assert [ulid[:10] for ulid in ulids] == sorted(ulid[:10] for ulid in ulids)


def test_a_link_is_read_as_it_is_written() -> None:
    link = Link("01J9ABCD", "run", "r_142")
    assert str(link) == "workbench:01J9ABCD/run/r_142"
    assert parse_link(str(link)) == link


@pytest.mark.parametrize(
    "text", ["", "http:a/b/c", "workbench:a/b", "workbench:a//c", "workbench:a/b/c/d"]
)
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_link(text)
    assert refusal.value.code == "link"
