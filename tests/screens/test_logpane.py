"""A log in a pane: it follows, is held when one scrolls up and says so, is searched, and saved as it came."""

from __future__ import annotations

from pathlib import Path

import pytest
from settle import until
from textual.app import App, ComposeResult
from textual.widgets import Input

from screens.widgets import tail
from screens.widgets.logpane import LogPane, copy_log
from screens.widgets.logview import LogView
from screens.widgets.tail import Tail
from workbench.errors import Conflict


class Log(App[None]):
    """One log, alone."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.view = LogView()
        self.pane = LogPane("Log", self.view, command=lambda file: ("job", "logs", "--save", file))

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self.view.show_file(self.path)
        self.view.focus()

    def shown(self) -> str:
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())

    def heading(self) -> str:
        return str(self.pane.border_title)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "log"
    file.write_text("".join(f"line {n}\n" for n in range(100)))
    return file


def more(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


async def test_it_follows_until_one_scrolls_up_and_says_so(path: Path) -> None:
    app = Log(path)
    async with app.run_test(size=(60, 12)) as pilot:
        await until(pilot, lambda: "line 99" in app.shown())
        assert "held" not in app.heading()
        await pilot.press("k")
        await until(pilot, lambda: "held: G follows" in app.heading())
        top = app.view.scroll_offset.y
        more(path, "line 100\n")
        await until(pilot, lambda: len(app.view._lines) == 101)
        assert app.view.scroll_offset.y == top
        await pilot.press("G")
        await until(pilot, lambda: "line 100" in app.shown() and "held" not in app.heading())
        more(path, "line 101\n")
        await until(pilot, lambda: "line 101" in app.shown())


async def test_a_search_marks_goes_round_and_ends(path: Path) -> None:
    app = Log(path)
    more(path, "ERROR one\nfine\nerror two [/x]\nfine\n" + "fine\n" * 30)
    async with app.run_test(size=(60, 12)) as pilot:
        await until(pilot, lambda: "fine" in app.shown())
        await pilot.press("slash", *"error")
        await until(pilot, lambda: "2 of 2 found" in app.heading())  # the nearest, upwards
        assert "error two [/x]" in app.shown()
        assert not app.view.follows
        await pilot.press("enter", "greater_than_sign")
        await until(pilot, lambda: "1 of 2 found" in app.heading())
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "2 of 2 found" in app.heading())
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "1 of 2 found" in app.heading())
        here = app.view.here
        assert here == 100
        strip = app.view.render_line(here - app.view.scroll_offset.y)
        assert [segment.text for segment in strip][:2] in (["", "ERROR"], ["ERROR", " one"])
        more(path, "an Error more\n")
        await until(pilot, lambda: "1 of 3 found" in app.heading())
        await pilot.press("escape")
        await until(pilot, lambda: "found" not in app.heading())
        assert app.pane.query_one(Input).value == ""
        assert app.focused is app.view


async def test_what_is_not_there_is_said(path: Path) -> None:
    app = Log(path)
    async with app.run_test(size=(60, 12)) as pilot:
        await until(pilot, lambda: "line 99" in app.shown())
        await pilot.press("slash", *"(.*", "enter")  # words, not a pattern
        await until(pilot, lambda: "not found" in app.heading())
        await pilot.press("greater_than_sign")
        assert app.view.follows


def test_a_copy_is_what_came_and_takes_no_ones_place(path: Path, tmp_path: Path) -> None:
    raw = b"a\r\n\x1b]0;x\x07\xff\x00"
    path.write_bytes(raw)
    assert copy_log(path, tmp_path / "saved") == len(raw)
    assert (tmp_path / "saved").read_bytes() == raw
    with pytest.raises(Conflict):
        copy_log(path, tmp_path / "saved")


def test_lines_that_were_let_go_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "KEPT", 10)
    path = tmp_path / "log"
    path.write_text("".join(f"{n}\n" for n in range(25)))
    reader = Tail(path)
    reader.lines = type(reader.lines)(maxlen=10)
    while reader.read():
        pass
    assert (reader.lines[0], reader.gone, reader.cut) == ("15", 15, True)
    more(path, "25\n26\n")
    assert reader.read()
    assert (reader.lines[0], reader.gone) == ("17", 17)
