"""Acts as command lines, and the log of what this session did. The one place that writes a command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workbench.text import clean

Kind = Literal["command", "note", "warning", "error"]
KEPT = 2000
"""How many entries of a session are kept."""


def command_text(argv: Sequence[str]) -> str:
    """Return `argv` (without the program) as one line that a shell reads back as these words."""
    return shlex.join(("workbench", *argv))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the session's log; `detail` is what the status line has no room for."""

    at: datetime
    kind: Kind
    text: str
    detail: str = ""


class Session:
    """What this session ran and was told, newest last. Used on the UI thread only."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.unread = 0
        """Warnings and errors since the log was last looked at."""

    def add(self, at: datetime, kind: Kind, text: str, detail: str = "") -> Entry:
        """Append an entry; its text is cleaned here."""
        entry = Entry(at, kind, clean(text), clean(detail, lines=True))
        self.entries.append(entry)
        del self.entries[:-KEPT]
        if kind in {"warning", "error"}:
            self.unread += 1
        return entry

    @property
    def newest(self) -> Entry | None:
        """The last entry."""
        return self.entries[-1] if self.entries else None

    def script(self) -> str:
        """Return the commands of this session as a shell script."""
        done = [entry.text for entry in self.entries if entry.kind == "command"]
        return "\n".join(["#!/bin/sh", "set -e", *done, ""])
