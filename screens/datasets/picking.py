"""Choosing a file: what is typed completes from the folders that are there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from screens.feed import in_thread
from screens.modals.base import Box, Modal
from screens.text import Styled, said, size
from screens.widgets.line import LineInput
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.data.many import is_pattern, matching
from workbench.errors import WorkbenchError

MOST = 2000
"""Entries of a folder that are listed."""
_COLUMNS = (Column("name", "Name", cap=60, grow=True), Column("size", "Size", right=True))


@dataclass(frozen=True, slots=True)
class Entries:
    """What a typed path may go on to: the folder looked in and the names that begin as typed."""

    typed: str
    folder: Path
    rows: tuple[Row, ...] = ()
    is_file: bool = False
    trouble: str = ""


def look(typed: str) -> Entries:
    """Return what there is for a typed path: folders first, files with their size."""
    path = Path(typed).expanduser()
    folder, start = (path, "") if not typed or typed.endswith("/") else (path.parent, path.name)
    try:
        found = sorted(
            (not entry.is_dir(), entry.name, entry)
            for entry in folder.iterdir()
            if entry.name.startswith(start) and (start or not entry.name.startswith("."))
        )
        is_file = bool(typed) and (path.is_file() or _matches(path))
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a NUL; RuntimeError: ~nobody
        why = error.strerror if isinstance(error, OSError) else str(error)
        return Entries(typed, folder, trouble=f"{folder}: {why}")
    rows = tuple(_row(entry, folder_like=not last) for last, _, entry in found[:MOST])
    return Entries(typed, folder, rows, is_file)


def _matches(path: Path) -> bool:
    """Tell whether the path is a pattern that stands for some file."""
    if not is_pattern(path):
        return False
    with contextlib.suppress(WorkbenchError):
        return bool(matching(path))
    return False


def _row(entry: Path, *, folder_like: bool) -> Row:
    if folder_like:
        return Row(entry.name + "/", (Styled(entry.name + "/", "key"), None))
    try:
        octets = size(entry.stat().st_size)
    except OSError:
        octets = "?"
    return Row(entry.name, (entry.name, Styled(octets, "muted")))


def extended(typed: str, name: str) -> str:
    """Return what was typed with its last part replaced by an entry's name."""
    head = typed[: typed.rfind("/") + 1]
    return head + name


class PathInput(LineInput):
    """The path; arrows move in the list under it, Tab takes what the list points at."""

    def on_key(self, event: events.Key) -> None:
        """Send the keys of the list there."""
        picker = self.screen
        assert isinstance(picker, PickFile)
        moves = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}
        if event.key in moves:
            picker.move(moves[event.key])
        elif event.key == "tab":
            picker.complete()
        else:
            return
        event.stop()
        event.prevent_default()


class PickFile(Modal[Path]):
    """Gives the path of a file. Enter on a folder goes into it."""

    DEFAULT_CSS: ClassVar[str] = """
    PickFile > Box { width: 90%; max-width: 100; height: 80%; padding: 0; }
    PickFile #path { margin: 0 1; }
    PickFile #folder, PickFile #trouble { height: 1; padding: 0 1; color: $text-muted; }
    PickFile #list { height: 1fr; }
    """

    def __init__(
        self,
        start: str = "",
        *,
        title: str = "Import a table",
        hint: str = "path of a table; * stands for several files",
    ) -> None:
        super().__init__()
        self._title = title
        self._input = PathInput(start, placeholder=hint, id="path")
        self.table = Table(empty="Nothing here begins so.", markable=False)
        self.table.can_focus = False
        self._entries = Entries(start, Path())
        self._moved = False

    def compose(self) -> ComposeResult:
        """The path, where that is, what is there."""
        box = Box(
            self._input,
            Static(id="folder", markup=False),
            Vertical(self.table, id="list"),
            Static(id="trouble", markup=False),
        )
        box.retitle(self._title, "↑↓ choose   tab complete   enter take   esc close")
        yield box

    def on_mount(self) -> None:
        """List the folder to begin with."""
        self._input.focus()
        self._look()

    @on(Input.Changed)
    def _look(self) -> None:
        typed = self._input.value
        self._moved = False
        in_thread(self, lambda: look(typed), self._show, group="look")

    def _show(self, found: Entries) -> None:
        self._entries = found
        self.query_one("#folder", Static).update(said(f"in {found.folder.absolute()}", "muted"))
        self._tell(found.trouble)
        self.table.load(MemorySource(_COLUMNS, found.rows))
        self.table.cursor = 0

    def _tell(self, trouble: str) -> None:
        self.query_one("#trouble", Static).update(said(trouble, "bad"))

    def move(self, rows: int) -> None:
        """Move in the list."""
        self._moved = True
        self.table.cursor += rows

    def complete(self) -> None:
        """Take the entry under the cursor into the path."""
        if self._entries.typed == self._input.value and self.table.key:
            self._type(extended(self._input.value, self.table.key))

    def _type(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    @on(Input.Submitted)
    def _entered(self) -> None:
        typed, moved, key = self._input.value, self._moved, self.table.key

        def decide(found: Entries) -> None:
            if found.is_file and not moved:
                self.dismiss(Path(typed).expanduser())
                return
            names = [row.key for row in found.rows]
            name = key if moved and key in names else names[0] if names and typed else ""
            if name.endswith("/"):
                self._type(extended(typed, name))
            elif name:
                self.dismiss(Path(extended(typed, name)).expanduser())
            else:
                self._tell(found.trouble or _nothing(typed))

        def failed(error: WorkbenchError) -> None:
            self._tell(str(error))

        in_thread(self, lambda: look(typed), decide, group="enter", failed=failed)


def _nothing(typed: str) -> str:
    return f"There is no file {typed}" if typed else "Type a path, or choose with ↑ and ↓"
