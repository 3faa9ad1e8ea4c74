"""Messages between the parts of the screens that know nothing of each other; the app handles them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from screens.undo import Undo


class Refused(Message):
    """An act could not be done; `reason` is a sentence for the status line."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Failed(Message):
    """Something was tried and refused: shown in full, kept in the log."""

    def __init__(self, error: WorkbenchError) -> None:
        super().__init__()
        self.error = error


class Said(Message):
    """A remark for the status line and the log."""

    def __init__(self, text: str, *, warning: bool = False) -> None:
        super().__init__()
        self.text = text
        self.warning = warning


class Did(Message):
    """An act was done: its command (arguments after `workbench`) for the log, and what came of it.

    `undo` says how it is taken back, where it can be.
    """

    def __init__(self, argv: Sequence[str], outcome: str = "", undo: Undo | None = None) -> None:
        super().__init__()
        self.argv = tuple(argv)
        self.outcome = outcome
        self.undo = undo


class Changed(Message):
    """Something that is being watched changed; `names` are those given to `Feed.watch`."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self.names = names


class Copy(Message):
    """A text for the clipboard; `what` names it in the message (`cell`, `command`)."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what
