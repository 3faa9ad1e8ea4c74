"""What only the person knows: asked once, kept in memory, in no file, log or message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.compute.contract import Ask, Question
from workbench.errors import TargetError
from workbench.text import clean

if TYPE_CHECKING:
    import paramiko

_PROMPT_CAP = 300


class Unanswered(TargetError):
    """A question that is open; `question` may find its answer later."""

    def __init__(self, question: Question, what: str, *, where: str, why: str, fix: str, code: str):
        super().__init__(what, where=where, why=why, fix=fix, code=code)
        self.question = question


class Answers:
    """Asks the person for one target, and remembers what may be needed again.

    A password is kept until it is refused; a code of one moment is not. Of a key file the opened key
    is kept, so that its passphrase is not.
    """

    def __init__(self, target: str, ask: Ask | None) -> None:
        self.target = target
        self.keys: dict[Path, paramiko.PKey] = {}
        self._ask = ask
        self._kept: dict[Question, str] = {}
        self._early: dict[Question, str] = {}

    def __repr__(self) -> str:
        return f"<Answers of {self.target}>"

    def get(self, text: str, *, secret: bool = True) -> str | None:
        """Return the person's answer to the prompt `text`; None without one."""
        question = self.question(text, secret=secret)
        if question in self._kept:
            return self._kept[question]
        if (answer := self._early.pop(question, None)) is None:
            answer = self._ask(question) if self._ask else None
        if answer is not None and "password" in text.lower():
            self._kept[question] = answer
        return answer

    def question(self, text: str, *, secret: bool = True) -> Question:
        """Return the question as it is shown; a server's words are cleaned."""
        return Question(self.target, clean(text, _PROMPT_CAP).strip(), secret)

    def came(self, question: Question) -> bool:
        """Tell whether an answer to an open question has come: then it is worth trying again."""
        if question not in self._early and self._ask is not None:
            answer = self._ask(question)
            if answer is not None:
                self._early[question] = answer
        return question in self._early

    def refused(self) -> None:
        """Forget the passwords: one of them was wrong."""
        self._kept.clear()
