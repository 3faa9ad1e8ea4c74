"""The drawer with what this session did and was told."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from screens.actions import Act
from screens.commands import Entry
from screens.messages import Copy
from screens.modals.base import Box, Drawer
from screens.text import Styled, Tone
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table

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


class Log(Drawer):
    """Every command of this session as CLI text, and every warning; newest last."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("log.copy", "copy", help="Copy the line under the cursor.", rank=5),
        Act("log.script", label="Copy as script", help="Copy every command as a shell script."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(
            empty="Nothing yet: acts and warnings of this session come here.", markable=False
        )

    def compose(self) -> ComposeResult:
        """One table."""
        box = Box(self.table)
        box.retitle("Log of this session", "y copy   . script   esc close")
        yield box

    def on_mount(self) -> None:
        """Show everything, the cursor on the newest; warnings count as seen."""
        session = self.bench.session
        session.unread = 0
        self.bench.bars.refresh()
        rows = [_row(at, entry) for at, entry in enumerate(session.entries)]
        self.table.load(MemorySource(_COLUMNS, rows), key=rows[-1].key if rows else "")
        self.table.focus()

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
