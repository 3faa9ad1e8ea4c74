"""Questions that only the person can answer (a passphrase): asked by a thread, answered in a form.

A thread that reaches a target calls `Asker.ask`, which waits there until the form over the place has
been answered or left. Questions come one after the other, however many threads ask.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

    from workbench.compute.contract import Question


class _Open:
    """A question that a thread waits for."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.done = threading.Event()
        self.answer: str | None = None

    def take(self, answer: str | None) -> None:
        if not self.done.is_set():
            self.answer = answer
            self.done.set()


class Asker:
    """Asks on behalf of threads. The app has one."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._now: _Open | None = None
        self._closed = False

    def ask(self, question: Question) -> str | None:
        """Show the question and wait for the answer; None once the screens are gone. For threads."""
        with self._turn:
            waiting = _Open(question)
            with self._lock:
                if self._closed:
                    return None
                self._now = waiting
            self._app.call_later(self._show, waiting)
            waiting.done.wait()
            return waiting.answer

    def _show(self, waiting: _Open) -> None:
        from screens.modals.answer import Answer

        self._app.push_screen(Answer(waiting.question), waiting.take)

    def close(self) -> None:
        """Let go of whoever waits: nobody is there to answer any more."""
        with self._lock:
            self._closed = True
            if self._now is not None:
                self._now.take(None)
