"""The table: cursor, pages, sort, filter, marks, columns; ten million rows; short lists in memory."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from settle import settled, text, until
from sources import Held, Millions
from textual.app import App, ComposeResult

from screens.text import Styled
from screens.widgets.draw import fit
from screens.widgets.pages import HELD, Pages
from screens.widgets.pane import ListPane
from screens.widgets.source import PAGE, Column, MemorySource, Row, Sort, plain, prepare
from screens.widgets.table import Table

COLUMNS = (Column("name", "Name"), Column("size", "Size", right=True), Column("note", "Note"))


def fruit() -> MemorySource:
    rows = [
        Row("a", ("Apple", 3, "red")),
        Row("b", ("banana", None, "yellow")),
        Row("c", ("Cherry", 12.5, "dark red")),
        Row("d", (Styled("Date", "warn"), math.nan, None)),
    ]
    return MemorySource(COLUMNS, rows)


class Shelf(App[None]):
    """One list."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self.table = Table()
        self.source = source
        self.messages: list[Any] = []

    def compose(self) -> ComposeResult:
        yield ListPane("Things", self.table)

    def on_mount(self) -> None:
        self.table.focus()
        self.table.load(self.source)

    def on_table_opened(self, event: Table.Opened) -> None:
        self.messages.append(("opened", event.key))

    def on_table_marked(self, event: Table.Marked) -> None:
        self.messages.append(("marked", sorted(event.keys)))


def keys(source: MemorySource) -> str:
    return "".join(row.key for row in source.rows)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort("name"), "abcd"),
        (Sort("name", descending=True), "dcba"),
        (Sort("size"), "acbd"),
        (Sort("size", descending=True), "cabd"),
        (Sort("note"), "cabd"),
        (Sort("nothing"), "abcd"),
    ],
)
def test_sorting_puts_what_is_missing_last_in_both_directions(sort: Sort, order: str) -> None:
    assert keys(fruit().arranged(sort, "")) == order


@pytest.mark.parametrize(
    ("words", "order"), [("red", "ac"), ("RED dark", "c"), ("", "abcd"), ("12.5", "c"), ("zz", "")]
)
def test_the_filter_wants_every_word_in_some_cell(words: str, order: str) -> None:
    found = fruit().arranged(None, words)
    assert keys(found) == order
    assert found.total() == 4
    assert keys(found.arranged(None, "")) == "abcd"


def test_cells_as_text() -> None:
    assert [plain(cell) for cell in (None, True, 3, 0.1 + 0.2, math.inf, "a\x1b[31m")] == [
        "–",
        "true",
        "3",
        "0.3",
        "inf",
        "a\u241b[31m",
    ]


@given(st.text(max_size=30), st.integers(0, 40), st.booleans())
def test_a_cell_takes_exactly_its_room(words: str, room: int, right: bool) -> None:
    from rich.cells import cell_len

    shown = plain(words)
    assert cell_len(fit(shown, cell_len(shown), room, right=right)) == room


def test_pages_keep_those_looked_at_last() -> None:
    pages = Pages(Millions.columns, 10_000_000)
    source = Millions()
    for number in range(HELD + 10):
        pages.put(number, prepare(source.page(number)))
        assert pages.row(0) is not None
    assert pages.row(PAGE) is None
    assert pages.row((HELD + 9) * PAGE) is not None


async def test_ten_million_rows_by_key() -> None:
    source = Millions()
    app = Shelf(source)
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "9999999" in text(app))
        assert app.table.key == "k9999999"
        assert str(9_999_999**2) in text(app)
        await pilot.press("pageup")
        await until(pilot, lambda: app.table.key == f"k{9_999_999 - app.table.page_rows}")
        await pilot.press("g", "pagedown", "down", "j", "up")
        await settled(pilot)
        assert app.table.cursor == app.table.page_rows + 1
        assert len(source.read) < 8
        assert threading.main_thread().name not in source.threads


async def test_rows_on_their_way_are_dots_and_the_keys_go_on() -> None:
    source = Held()
    app = Shelf(source)
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: app.table.key == "k0")
        await pilot.press("G")
        await until(pilot, lambda: "···" in text(app))
        await pilot.press("g")
        await until(pilot, lambda: app.table.key == "k0")
        await pilot.press("G")
        source.go.set()
        await until(pilot, lambda: app.table.key == "k9999999")
        assert "···" not in text(app)


async def test_loading_again_keeps_the_cursor_on_its_key() -> None:
    app = Shelf(fruit())
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down")
        assert app.table.key == "c"
        new = [Row("x", ("new", 1, "")), *fruit().rows]
        app.table.load(MemorySource(COLUMNS, new))
        await settled(pilot)
        assert (app.table.key, app.table.cursor) == ("c", 3)
        app.table.load(MemorySource(COLUMNS, new[:2]))
        await settled(pilot)
        assert (app.table.key, app.table.cursor) == ("a", 1)
        app.table.load(MemorySource(COLUMNS, []))
        await settled(pilot)
        assert (app.table.key, app.table.count) == ("", 0)
        assert "Nothing here yet." in text(app)


class Slow:
    """A list of numbers that says how many there are only when it may."""

    columns = (Column("number", "Number"),)

    def __init__(self, numbers: range, go: threading.Event) -> None:
        self.numbers, self.go = numbers, go

    def count(self) -> int:
        assert self.go.wait(20)
        return len(self.numbers)

    total = count

    def page(self, number: int) -> list[Row]:
        part = self.numbers[number * PAGE : (number + 1) * PAGE]
        return [Row(str(at), (at,)) for at in part]

    def position(self, key: str) -> int | None:
        return self.numbers.index(int(key)) if int(key) in self.numbers else None

    def arranged(self, sort: Sort | None, filter_text: str) -> Slow:
        del sort, filter_text
        return self


async def test_who_moved_while_rows_were_read_stays_where_he_went() -> None:
    ready, go = threading.Event(), threading.Event()
    ready.set()
    app = Shelf(Slow(range(900), ready))
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: app.table.count == 900)
        await pilot.press("down", "down")
        app.table.load(Slow(range(-1, 900), go))  # a new row on top, which takes its time
        await pilot.press("down", "down")
        go.set()
        await until(pilot, lambda: app.table.count == 901)
        assert (app.table.key, app.table.cursor) == ("4", 5)  # not back on "2"
        app.table.load(Slow(range(-1, 900), go), key="800")
        await until(pilot, lambda: app.table.key == "800")
        assert app.table.holds("800")
        assert not app.table.holds("300")


async def test_sorting_marking_and_opening_by_key() -> None:
    app = Shelf(fruit())
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        await pilot.press("right", "S")
        await settled(pilot)
        assert "Size↓" in text(app)
        assert [line.split()[0] for line in text(app).splitlines()[2:6]] == ["│", "│›", "│", "│"]
        await pilot.press("g", "space", "space")
        await settled(pilot)
        assert app.table.chosen == ["a", "c"]
        assert app.messages[-1] == ("marked", ["a", "c"])
        await pilot.press("enter", "S")
        await settled(pilot)
        assert app.messages[-1] == ("opened", "b")
        assert app.table.sort is None


async def test_the_filter_is_applied_as_typed_and_shown_in_the_title() -> None:
    app = Shelf(fruit())
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"red")
        await until(pilot, lambda: "Things 2 of 4 / red" in text(app))
        await pilot.press("enter", "down")
        await settled(pilot)
        assert app.table.key == "c"
        await pilot.press("escape")
        await until(pilot, lambda: "Things 4 " in text(app))
        assert app.table.key == "c"


async def test_a_filter_that_is_refused_says_so() -> None:
    app = Shelf(Millions())
    async with app.run_test(size=(60, 20)) as pilot:
        await settled(pilot)
        await pilot.press("slash", "(")
        await until(pilot, lambda: "The filter is not complete: a ) is missing." in text(app))
        await pilot.press("backspace", "5")
        await until(pilot, lambda: app.table.count == 5)


async def test_columns_scroll_and_the_first_stays() -> None:
    columns = [Column(f"c{n}", f"Column {n}") for n in range(12)]
    rows = [Row(str(r), tuple(f"r{r}c{n}" for n in range(12))) for r in range(3)]
    app = Shelf(MemorySource(columns, rows))
    async with app.run_test(size=(60, 12)) as pilot:
        await settled(pilot)
        assert "›" in text(app).splitlines()[1]
        await pilot.press(*["l"] * 11)
        await settled(pilot)
        header = text(app).splitlines()[1]
        assert "Column 0" in header
        assert "Column 11" in header
        assert "Column 1 " not in header
        assert "‹" in header
        await pilot.press(*["h"] * 11)
        await settled(pilot)
        assert "Column 1 " in text(app).splitlines()[1]
