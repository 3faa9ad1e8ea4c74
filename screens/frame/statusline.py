"""The line above the footer: what runs now and how to stop it; the newest message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from screens.commands import Entry
from screens.states import shown
from screens.text import STYLES, Tone, bar, clock, said
from workbench.project.overview import Overview, RunningJob
from workbench.text import clean

_TONES: dict[str, Tone] = {"command": "muted", "note": "plain", "warning": "warn", "error": "bad"}


def progress_of(
    running: Sequence[RunningJob], now: datetime, phase: str = "", share: float | None = None
) -> Progress | None:
    """Return what to say of the jobs that have not ended: the oldest that runs, and how many more."""
    if not running:
        return None
    first = running[0]
    state = "stopping" if first.cancel_requested else first.state
    seconds = (now - first.since).total_seconds()
    return Progress(first.title, state, phase, share, seconds, others=len(running) - 1)


def farewell(standing: Overview) -> str:
    """Say on leaving what goes on without the screen."""
    jobs, live = len(standing.running), standing.counts.live
    going = [f"{jobs} job{'s' * (jobs != 1)}"] if jobs else []
    going += [f"{live} live model{'s' * (live != 1)}"] if live else []
    verb = "goes" if jobs + live == 1 else "go"
    return f"{' and '.join(going)} {verb} on: workbench status shows them, workbench opens them."


@dataclass(frozen=True, slots=True)
class Progress:
    """What runs now, as the status line shows it. `share` is None where the work cannot be counted."""

    what: str
    state: str
    phase: str
    share: float | None
    seconds: float
    others: int = 0
    hint: str = "J, then x stops it"


class StatusLine(Widget):
    """One line, filled by the app."""

    DEFAULT_CSS = """
    StatusLine { height: 1; dock: bottom; margin-bottom: 1; padding: 0 1; text-wrap: nowrap; }
    """

    progress: reactive[Progress | None] = reactive(None)
    entry: reactive[Entry | None] = reactive(None)
    fresh: reactive[bool] = reactive(False)
    unread: reactive[int] = reactive(0)

    def render(self) -> Content:
        """A fresh message, else progress and the newest message; at the right, what is unread."""
        right = self._unread()
        room = self.size.width - right.cell_length - (2 if right else 0)
        fresh = self.fresh and self.entry is not None
        left = self._progress(room) if self.progress and not fresh else Content("")
        rest = room - left.cell_length - (3 if left else 0)
        message = self._message(rest) if rest >= 12 else Content("")
        both = Content.assemble(left, "   " if left and message else "", message)
        gap = max(self.size.width - both.cell_length - right.cell_length, 1)
        return Content.assemble(both, " " * gap, right) if right else both

    def _progress(self, room: int) -> Content:
        now = self.progress
        assert now is not None
        what = said(now.what, "strong", cap=max(room // 3, 10))
        parts = [shown(now.state), Content("  "), what]
        if now.phase:
            parts.append(said("  " + now.phase, "muted", cap=24))
        if now.share is not None:
            parts += [Content("  "), Content.styled(bar(now.share, 10), "$secondary")]
            parts.append(Content(f" {now.share:4.0%}"))
        parts.append(Content.styled(f"  {clock(now.seconds)}", "$text-muted"))
        if now.others:
            parts.append(Content.styled(f"  +{now.others} more", "$text-muted"))
        parts.append(Content.styled(f"  {now.hint}", "$text-muted"))
        return Content("").join(parts).truncate(room, ellipsis=True)

    def _message(self, room: int) -> Content:
        if self.entry is None:
            return Content("")
        text = "$ " + self.entry.text if self.entry.kind == "command" else self.entry.text
        style = STYLES[_TONES[self.entry.kind]]
        return Content.styled(clean(text), style).truncate(room, ellipsis=True)

    def _unread(self) -> Content:
        if not self.unread:
            return Content("")
        word = "warning" if self.unread == 1 else "warnings"
        return Content.styled(f"L log: {self.unread} {word}", "$warning")
