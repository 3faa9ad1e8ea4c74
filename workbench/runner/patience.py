"""How long a job that something keeps from going on is left alone, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable

MOST_SURPRISES = 3
"""Times that an unexpected error may meet a job before the job is given up as failed."""
LONGEST_PAUSE = 30.0


class Patience:
    """Of one job: every trouble in a row doubles the pause before the next try, up to LONGEST_PAUSE s."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._troubles = 0
        self._surprises = 0
        self._not_before = 0.0

    @property
    def waits(self) -> bool:
        """Whether the pause has not passed yet."""
        return self._clock() < self._not_before

    def hurry(self) -> None:
        """Let the pause be over."""
        self._not_before = 0.0

    def try_later(self) -> bool:
        """Begin the next pause; True at the first trouble in a row, which is the one to tell of."""
        self._troubles += 1
        self._not_before = self._clock() + min(0.25 * 2.0**self._troubles, LONGEST_PAUSE)
        return self._troubles == 1

    def end(self) -> None:
        """Count troubles anew: the job went on."""
        self._troubles = 0

    def is_over_with_surprise(self) -> bool:
        """Count an error that nobody expected; tell whether there were as many as a job may meet."""
        self._surprises += 1
        return self._surprises >= MOST_SURPRISES
