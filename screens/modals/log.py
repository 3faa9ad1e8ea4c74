"""The drawer with what this session did and was told."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from screens.actions import Act
from screens.commands import Entry
from screens.messages import Copy
from screens.modals.base import Box, Drawer
from screens.text import STYLES, Styled, Tone, count, said
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.text import clean

_SIGNS: dict[str, tuple[str, Tone]] = {
    "command": ("$", "key"),
    "note": ("·", "muted"),
    "warning": ("▲", "warn"),
    "error": ("✗", "bad"),
}
_COLUMNS = (
    Column("at", "Time", width=8),
    Column("kind", "", width=1),
    Column("text", "What", cap=400, grow=True),
)
_KEYS = "y copy   . script   esc close"
EVERY = 0.5
"""Seconds between two looks for new entries."""


class Log(Drawer):
    """Every command of this session as CLI text, and every warning; newest last.

    Under the list stands the whole of what the cursor is on: long lines, reasons, what to do.
    """

    DEFAULT_CSS = """
    Log #whole { height: auto; max-height: 5; padding: 0 3; border-top: solid $border-blurred; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("log.copy", "copy", help="Copy the line under the cursor.", rank=5),
        Act("log.script", label="Copy as script", help="Copy every command as a shell script."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(
            empty="Nothing yet: acts and warnings of this session come here.", markable=False
        )
        self._shown: Entry | None = None

    def compose(self) -> ComposeResult:
        """The list over the whole of one entry."""
        box = Box(self.table, Static(id="whole", markup=False))
        box.retitle("Log of this session", _KEYS)
        yield box

    def on_mount(self) -> None:
        """Show everything, the cursor on the newest; warnings count as seen."""
        self.look()
        self.table.focus()
        self.set_interval(EVERY, self.look)

    def look(self) -> None:
        """Show what came since; the cursor goes along while it is on the newest."""
        session = self.bench.session
        if session.newest is self._shown and self._shown is not None:
            return
        session.unread = 0
        self.bench.bars.refresh()
        rows = [_row(at, entry) for at, entry in enumerate(session.entries)]
        last = self.table.cursor >= self.table.count - 1
        self.table.load(
            MemorySource(_COLUMNS, rows), key=rows[-1].key if rows and last else self.table.key
        )
        self._shown = session.newest
        self.query_one(Box).retitle(f"Log of this session {count(len(rows))}", _KEYS)

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Show the whole of the entry."""
        whole = self.query_one("#whole", Static)
        entry = self.bench.session.entries[int(event.key)] if event.key else None
        whole.display = entry is not None
        if entry is not None:
            whole.update(_whole(entry))

    def why_not_copy(self) -> str:
        """There must be a line."""
        return "" if self.table.key else "the log is empty"

    def act_copy(self) -> None:
        """Copy the line."""
        self.post_message(Copy(self.bench.session.entries[int(self.table.key)].text, "line"))

    def act_script(self) -> None:
        """Copy the commands as a script."""
        self.post_message(Copy(self.bench.session.script(), "script"))


def _row(at: int, entry: Entry) -> Row:
    sign, tone = _SIGNS[entry.kind]
    text = Styled(entry.text, "plain" if entry.kind in {"command", "note"} else tone)
    return Row(str(at), (entry.at.astimezone().strftime("%H:%M:%S"), Styled(sign, tone), text))


def _whole(entry: Entry) -> Content:
    _, tone = _SIGNS[entry.kind]
    text = Content.styled(clean(entry.text, 2000), STYLES["plain" if tone == "muted" else tone])
    if not entry.detail or entry.detail == entry.text:
        return text
    return Content("\n").join([text, said(entry.detail.replace("\n", "  "), "muted", cap=2000)])
