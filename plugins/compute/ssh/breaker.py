"""When to try a host again that could not be reached: fifty jobs must not each wait for a dead one."""

from __future__ import annotations

import time
from collections.abc import Callable

from workbench.errors import TargetError, TargetRefused

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


class Breaker:
    """After a failure further tries fail at once with the same error, until a growing pause has passed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._until = 0.0
        self.error: TargetError | None = None

    def check(self) -> None:
        """Raise the last error while its pause lasts."""
        if self.error is not None and self._clock() < self._until:
            raise self._again(self.error)

    def failed(self, error: TargetError) -> None:
        """Remember a failure: the next pause is twice as long."""
        self.error = error
        self._until = self._clock() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def worked(self) -> None:
        """Forget the failures."""
        self.error = None
        self._pause = FIRST_PAUSE

    def _again(self, error: TargetError) -> TargetError:
        # A new one each time: an error that is raised twice gathers the tracebacks of both.
        kind = TargetRefused if isinstance(error, TargetRefused) else TargetError
        return kind(error.what, where=error.where, why=error.why, fix=error.fix, code=error.code)
