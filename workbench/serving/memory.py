"""What the runner remembers of one process of a deployment; all of it can be lost."""

from __future__ import annotations

import time

from workbench.serving.decide import CRASH_WINDOW


class Memory:
    """When a process was asked to stop, why it is down, how often it crashed of late.

    `down` is empty while nothing is known against it; `final`: it is not started again.
    """

    def __init__(self) -> None:
        self.down = ""
        self.final = False
        self._asked_at: float | None = None
        self._crashes: list[float] = []

    def ask(self) -> None:
        """Note that it was asked to stop; the first time counts."""
        self._asked_at = self._asked_at or time.time()

    def fell(self, reason: str, *, final: bool) -> None:
        """Note that it ended by itself."""
        self.forget()
        self._crashes.append(time.time())
        self.down, self.final = reason, final

    def forget(self) -> None:
        """Forget the process that was, but not how often one crashed."""
        self._asked_at = None
        self.down, self.final = "", False

    @property
    def asked(self) -> float | None:
        """Seconds since it was asked to stop, None before that."""
        return None if self._asked_at is None else time.time() - self._asked_at

    @property
    def crashes(self) -> int:
        """How often it crashed of late."""
        now = time.time()
        self._crashes = [at for at in self._crashes if now - at < CRASH_WINDOW]
        return len(self._crashes)

    @property
    def rested(self) -> float:
        """Seconds since it crashed last; 0 when it did not of late."""
        return time.time() - self._crashes[-1] if self._crashes else 0.0
