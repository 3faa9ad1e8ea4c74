"""Undo: what can be taken back, newest first, each with its words and how it is done.

Whoever does an act that can be taken back says how along with it: `Did(argv, outcome, Undo(words,
work, argv))`. `work` runs in a thread and writes records of its own: nothing is erased. The stack
belongs to the session; when the interface is left it is gone, and the commands that do the same
stand in the log.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from screens.actions import Act, Actor
from screens.feed import in_thread
from screens.messages import Did

if TYPE_CHECKING:
    from screens.app import Workbench

KEPT = 100
"""How many acts can be taken back."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How an act is taken back. `words` say what it was (`archived r_3`); `argv` does the same by command."""

    words: str
    work: Callable[[], object]
    argv: Sequence[str] = ()


class Undoes(Actor):
    """The app's part: it keeps the stack and takes the newest act back."""

    ACTS: ClassVar[tuple[Act, ...]] = (Act("app.undo", "undo", rank=0),)

    def keep_undo(self, undo: Undo) -> None:
        """Remember how the act that was just done is taken back."""
        self.undos.append(undo)

    @property
    def undos(self) -> deque[Undo]:
        """What can be taken back, the newest last."""
        if "_undos" not in self.__dict__:
            self.__dict__["_undos"] = deque(maxlen=KEPT)
        return cast("deque[Undo]", self.__dict__["_undos"])

    def why_not_undo(self) -> str:
        """Something must have been done in this session."""
        return "" if self.undos else "nothing was done in this session that can be taken back"

    def command_undo(self) -> tuple[str, ...]:
        """Return the command that takes the newest act back."""
        return tuple(self.undos[-1].argv)

    def act_undo(self) -> None:
        """Take the newest act back; what fails is told, and not tried again."""
        undo, bench = self.undos.pop(), cast("Workbench", self)

        def done(_: object) -> None:
            bench.post_message(Did(tuple(undo.argv), f"Taken back: {undo.words}."))

        in_thread(bench, undo.work, done, group="undo", exclusive=False)
