"""The frame in a real pty: what `run_test` cannot see (start, sizes, colours, leaving)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from seed import seed
from terminal import Terminal, workbench

pytestmark = pytest.mark.real("tmux")


def test_it_starts_moves_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    root = seed(tmp_path / "flights").root
    with Terminal(workbench(root)) as terminal:
        before = terminal.title()
        terminal.wait("0 Home", "7 runs", "deployed")
        terminal.press("?")
        terminal.wait("Open what is under the cursor.")
        terminal.press(
            "Escape"
        )  # and nothing behind it yet: Esc and a key at once are Alt and the key
        terminal.wait_gone("Open what is under the cursor.")
        terminal.press(":")
        terminal.type("session")
        terminal.wait("Every command of this session")
        terminal.press("Enter")
        terminal.wait("Log of this session")
        terminal.press("Escape")
        terminal.wait_gone("Log of this session")
        terminal.press("C-c")
        terminal.wait("q quits")
        assert terminal.title() == before
        terminal.press("q")
        shown = terminal.wait("EXITED-0")
        assert "3 jobs and 1 live model go on" in shown
        assert "Home" not in shown  # the screen before is back


def test_every_size(tmp_path: Path) -> None:
    root = seed(tmp_path / "flights").root
    with Terminal(workbench(root), columns=140, rows=40) as terminal:
        terminal.wait("6 Compute", "7 runs")
        terminal.resize(80, 24)
        terminal.wait("0 Home  1  2", "? Keys")
        terminal.resize(60, 20)
        terminal.wait("Needs 80x24, has 60x20")
        terminal.resize(100, 30)
        terminal.wait("Newest acts", "7 runs")


def test_no_colour_means_none(tmp_path: Path) -> None:
    root = seed(tmp_path / "flights").root
    with Terminal(workbench(root), env={"NO_COLOR": "1"}) as terminal:
        terminal.wait("7 runs", "? Keys")
        codes = re.findall(r"\x1b\[([0-9;]*)m", terminal.ansi())
        colours = [c for c in codes if re.search(r"(^|;)(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;|$)", c)]
        assert colours == []
        assert any("7" in code.split(";") for code in codes)  # the cursor is reverse


def test_a_dumb_line_gets_the_terminal_own_colours(tmp_path: Path) -> None:
    root = seed(tmp_path / "flights").root
    env = {"TERM": "screen", "COLORTERM": ""}
    with Terminal(workbench(root), env=env) as terminal:
        terminal.wait("7 runs", "? Keys")
        assert "48;2;" not in terminal.ansi()
