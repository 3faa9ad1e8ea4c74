"""What the watcher asks of a place elsewhere, done there in order by another thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from workbench.compute.serving import Serving

Order = Callable[[Serving], object]
"""May be done again when it failed in the middle."""


class Orders:
    """A queue with two ends in two threads. `given` and `done` count: a look tells only when alike."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Order] = deque()
        self.given = 0
        self.done = 0

    def give(self, order: Order) -> None:
        """Ask for something, after all that was asked before."""
        with self._lock:
            self._waiting.append(order)
            self.given += 1

    def drop(self) -> None:
        """Forget what waits. What is being done at this moment may still come to its end."""
        with self._lock:
            self._waiting.clear()
            self.given = self.done

    @property
    def all_done(self) -> bool:
        """Whether nothing waits."""
        with self._lock:
            return self.given == self.done

    def work(self, serving: Serving) -> None:
        """Do everything that waits, in order; one that fails stays the next. Raises what it raises."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                order = self._waiting[0]
            order(serving)
            with self._lock:
                if self._waiting and self._waiting[0] is order:  # else it was dropped meanwhile
                    self._waiting.popleft()
                    self.done += 1
