"""Who does the work of a turn: this thread, or several that do not hold each other up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

MOST = 32
"""Jobs that are looked at, sent or fetched at once; more wait for their turn."""


class Hands(Protocol):
    """Does what it is given, now or later, each piece once."""

    def give(self, work: Callable[[], bool]) -> None:
        """Do `work`, which does not raise; it tells whether another turn is worth while at once."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when another turn is worth while, after `seconds` at the latest."""
        ...

    def wake(self) -> None:
        """Another turn is worth while at once, though the piece of work that says so goes on."""
        ...

    def rest(self, seconds: float) -> bool:
        """Take nothing more on; True when what was begun has been finished within `seconds`."""
        ...


class OneHand:
    """Does everything at once, in the thread that asks: a turn is over when `turn` returns."""

    def give(self, work: Callable[[], bool]) -> None:
        """Do it."""
        work()

    def wait(self, seconds: float) -> None:
        """There is nothing to wait for."""

    def wake(self) -> None:
        """The turn that is under way is over first."""

    def rest(self, seconds: float) -> bool:
        """Nothing is under way."""
        del seconds
        return True


class ManyHands:
    """Threads: one job's long upload does not hold up another's log."""

    def __init__(self, most: int = MOST) -> None:
        self._threads = ThreadPoolExecutor(most, "job")
        self._worth = threading.Event()
        self._open: set[Future[bool]] = set()

    def give(self, work: Callable[[], bool]) -> None:
        """Do it in the next thread that is free."""
        future = self._threads.submit(work)
        self._open.add(future)
        future.add_done_callback(self._done)

    def wait(self, seconds: float) -> None:
        """Wait until a piece of work says that something is to be looked at."""
        self._worth.wait(seconds)
        self._worth.clear()

    def wake(self) -> None:
        """End the wait, or the next one at once."""
        self._worth.set()

    def rest(self, seconds: float) -> bool:
        """Wait for what was begun; what was not begun is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        return not futures.wait(set(self._open), seconds).not_done

    def _done(self, future: Future[bool]) -> None:
        self._open.discard(future)
        if not future.cancelled() and future.result():
            self._worth.set()
