"""Hostile text through every widget: nothing planted reaches the terminal, nothing is obeyed, no crash."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from settle import settled, text, until
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from screens.app import Workbench
from screens.clipboard import CAP, keep, osc52
from screens.modals.choose import Choose
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal
from screens.text import Styled, lines, said
from screens.widgets.detail import Detail, Section
from screens.widgets.fields import Field
from screens.widgets.line import LineInput
from screens.widgets.logview import LogView
from screens.widgets.pane import ListPane, Pane
from screens.widgets.plot import Plot, from_ansi
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from screens.widgets.tail import Tail
from screens.widgets.views import Views
from workbench.errors import WorkbenchError

HOSTILE = (
    "[/x]",
    "[@click=app.quit]x[/]",
    "[bold",
    "\\[",
    "\x1b]0;PWNED\x07",
    "\x1b]2;PWNED\x1b\\",
    "\x1b[2J\x1b[31mred",
    "\x9b2J\x9d0;PWNED\x9c",
    "\x07\x08\x00\x7f",
    "a\nb\rc\td",
    "\u202eevil\u2066\u200b\ufeff",
    "\ud800\udfff",
    "e" + "\u0301" * 100,
    "x" * 100_000,
    "日本語" * 50,
    "👩‍👩‍👧" * 20,
    "",
    "$error",
)
ALL = "".join(HOSTILE)
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Gallery(App[None]):
    """One of everything, filled with hostile text."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log_path = log
        self.table = Table(empty=ALL)
        self.detail = Detail(empty=ALL)
        self.plot = Plot(empty=ALL)
        self.log_view = LogView(empty=ALL)

    def compose(self) -> ComposeResult:
        yield ListPane(ALL, self.table)
        yield Views([(ALL, Pane(ALL, self.detail)), ("b", Pane("b", self.plot))])
        yield Pane("log", self.log_view)
        yield Static(said(ALL))
        yield Static(lines(ALL))

    def on_mount(self) -> None:
        columns = [Column("a", ALL), *(Column(f"c{n}", word) for n, word in enumerate(HOSTILE))]
        rows = [Row(f"{n}{word}", tuple([word] * 19)) for n, word in enumerate(HOSTILE)]
        rows += [Row(f"s{n}", tuple([Styled(word, "bad")] * 19)) for n, word in enumerate(HOSTILE)]
        self.table.load(MemorySource(columns, rows))
        facts = [(word, word) for word in HOSTILE]
        self.detail.fill([Section(ALL, facts, text=ALL, notes=[Styled(ALL, "warn")])], subject=ALL)
        self.plot.draw(lambda width, height: "\x1b[31m" + ALL + "\x1b[0m")
        self.log_view.show_file(self.log_path)
        self.notify(said(ALL).plain, title=said(ALL).plain, markup=False)
        self.table.focus()


@pytest.fixture
def hostile_log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_bytes(
        b"\n".join(word.encode("utf-8", "surrogatepass") for word in HOSTILE) + b"\n\xff\xfe\n"
    )
    return path


def check(app: App[object]) -> None:
    shown = text(app)
    assert "@click" in shown or "[/x]" in shown  # it is there, as text
    check_shown(app)


def check_shown(app: App[object]) -> None:
    shown = text(app)
    assert not FORBIDDEN.search(shown), repr(FORBIDDEN.findall(shown))
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            assert style is None or not style.link
            assert style is None or "@click" not in style.meta


async def test_nothing_planted_reaches_the_terminal(hostile_log: Path) -> None:
    app = Gallery(hostile_log)
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        check(app)
        await pilot.press("v", *["j", "l"] * 20, "G", "pageup", "s", "S")
        await settled(pilot)
        check(app)
        await pilot.press("slash", "[", "/", "x", "]")
        await settled(pilot)
        check(app)


async def test_the_frame_shows_hostile_words_as_text(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        bench.say(ALL, "warning", ALL)
        bench.did(("data", "add", ALL))
        bench.tell(WorkbenchError(ALL, where=ALL, why=ALL, fix=ALL))
        await settled(pilot)
        check(bench)
        await pilot.press("L")
        await settled(pilot)
        check(bench)
        await pilot.press("escape")
        fields = [
            Field("a", ALL, ALL, default="[/x]"),
            Field("b", ALL, kind="choice", choices=HOSTILE),
        ]

        def refuse(_: object) -> None:
            raise WorkbenchError(ALL, why=ALL)

        bench.push_screen(FormModal(ALL, fields, refuse, verb="[/x]", intro=ALL))
        await settled(pilot)
        await pilot.press("tab", "tab", "enter")
        await settled(pilot)
        check(bench)
        await pilot.press("escape")
        bench.push_screen(Confirm(ALL, [ALL, Styled(ALL, "bad")], verb=ALL, name=ALL, argv=(ALL,)))
        await settled(pilot)
        check(bench)
        await pilot.press("escape")
        bench.push_screen(Choose(ALL, HOSTILE))
        await settled(pilot)
        check(bench)


async def test_an_input_draws_marks_and_keeps_its_value(bench: Workbench) -> None:
    value = "a\x1b]0;PWNED\x07\u202e\x9b2J\ud800\tz"
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        given: list[object] = []
        field = Field("a", "a", default=value)
        bench.push_screen(FormModal("form", [field], given.append, verb="Go"))
        await settled(pilot)
        assert "a␛]0;PWNED␇��2J�␉z" in text(bench)
        check_shown(bench)
        line = bench.screen.query_one(LineInput)
        line.cursor_position = 2  # behind the ESC, which is one cell wide
        await pilot.press("x")
        assert line.value == value[:2] + "x" + value[2:]
        line.post_message(events.Paste("\x1b[2J\x9d0;PWNED\x9c"))
        await until(pilot, lambda: "␛[2J�0;PWNED�" in text(bench), "the pasted text")
        check_shown(bench)
        line.value, line.placeholder = "", ALL
        await settled(pilot)
        check_shown(bench)


def test_a_chart_keeps_its_colours_and_nothing_else() -> None:
    content = from_ansi("\x1b[31mred\x1b[0m \x1b]0;PWNED\x07\x1b[2Jend\nsecond")
    assert not FORBIDDEN.search(content.plain)
    assert content.plain.splitlines()[0].startswith("red ")
    assert content.plain.splitlines()[1] == "second"
    spans = [content.plain[span.start : span.end] for span in content.spans]
    assert "red" in spans


def test_a_log_is_read_by_offset_and_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = Tail(path)
    assert not tail.read()
    path.write_bytes(b"one\ntw")
    assert tail.read()
    assert (list(tail.lines), tail.partial) == (["one"], "tw")
    with path.open("ab") as stream:
        stream.write(b"o\n10%\r100%\r\n\x1b[31mred\n")
    assert tail.read()
    assert list(tail.lines) == ["one", "two", "100%", "\u241b[31mred"]
    assert not tail.read()
    path.write_bytes(b"new\n")
    assert tail.read()
    assert list(tail.lines) == ["new"]


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"line %07d\n" % n for n in range(300_000)))
    tail = Tail(path)
    while tail.read():
        pass
    assert tail.cut
    assert tail.lines[-1] == "line 0299999"
    assert all(len(line) == 12 for line in tail.lines)


def test_copying_is_wrapped_for_tmux_and_screen_and_capped() -> None:
    import base64

    coded = base64.b64encode("é".encode()).decode()
    assert osc52("é", {}) == f"\x1b]52;c;{coded}\x07"
    assert osc52("é", {"TMUX": "x"}) == f"\x1bPtmux;\x1b\x1b]52;c;{coded}\x07\x1b\\"
    assert osc52("é", {"TERM": "screen"}) == f"\x1bP\x1b]52;c;{coded}\x07\x1b\\"
    assert osc52("x" * (CAP + 1), {}) == ""
    pieces = osc52("x" * 3000, {"STY": "x"}).split("\x1b\\")[:-1]
    assert all(len(piece) < 768 and piece.startswith("\x1bP") for piece in pieces)
    joined = "".join(piece.removeprefix("\x1bP") for piece in pieces)
    assert joined == osc52("x" * 3000, {})


def test_what_was_copied_is_in_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = keep("secret ✓")
    assert path.read_text() == "secret ✓"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_y_copies_a_command_to_the_terminal(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        bench.copy("workbench data list", "command")
        await until(pilot, lambda: bool(bench.session.entries))
        assert "Copied the command" in bench.session.entries[-1].text
        assert (tmp_path / "state/workbench/copied.txt").read_text() == "workbench data list"


def test_the_boundary_is_used_by_every_entry_point() -> None:
    console = Console(force_terminal=True, width=100)
    with console.capture() as capture:
        console.print(said(ALL).plain, markup=False, highlight=False)
    assert "\x1b]" not in capture.get()
    assert datetime.now(UTC).tzinfo is UTC
