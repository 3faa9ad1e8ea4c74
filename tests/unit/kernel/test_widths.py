"""Cells of a text, against Rich's table and against what a terminal does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.cli.base import table
from workbench.text import clean
from workbench.widths import cut, fit, width

SIGNS = "aé—…航空便りหグ한ñ\u0301\u0300مطارנמל✈😀🛫ﬀ½Ａ�"


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("航空", 4), ("e\u0301", 1), ("😀", 2), ("✈\ufe0f", 2), ("مطار", 4)],
)
def test_widths(text: str, cells: int) -> None:
    assert width(text) == cells


@given(st.text(SIGNS, max_size=20))
def test_they_agree_with_rich(text: str) -> None:
    assert width(text) == cell_len(text)


@given(st.text(SIGNS, max_size=20), st.integers(0, 24), st.booleans())
def test_what_is_fitted_has_that_width_and_is_cut_with_an_ellipsis(
    text: str, cells: int, right: bool
) -> None:
    fitted = fit(text, cells, right=right)
    assert width(fitted) == cells
    short = cut(text, cells)
    assert width(short) <= cells
    assert short == text or cells == 0 or (short.endswith("…") and text.startswith(short[:-1]))
    if short != text and cells:  # no more was cut than had to be
        assert width(text) > cells
        assert width(short) >= cells - 1


@given(st.lists(st.tuples(st.text(SIGNS), st.text(SIGNS)), max_size=5))
def test_columns_of_a_table_begin_at_the_same_cell(rows: list[tuple[str, str]]) -> None:
    marked = [(first, "|" + second) for first, second in rows]
    lines = table(["FIRST", "|SECOND"], marked).split("\n")
    starts = {width(line[: line.index("|")]) for line in lines}
    assert len(starts) == 1


def test_a_long_name_is_cut_by_cells() -> None:
    lines = table(["NAME", "N"], [["航" * 300, 1], ["b" * 300, 2]]).split("\n")
    assert [width(line) for line in lines[1:]] == [63, 63]
    assert all("…" in line for line in lines[1:])
    assert clean("航" * 300, 60).endswith("…")
    assert unicodedata.name("…") == "HORIZONTAL ELLIPSIS"
