"""The agents of one target: a few at once, kept for the next who asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from workbench.errors import TargetError
from workbench.remote.agent.serve import QUIET
from workbench.remote.link import Agent

MOST = 6
"""Agents at once: an SSH server allows ten sessions on one connection unless it was told otherwise."""

REST = QUIET / 2
"""Seconds that an agent is kept unused: later it may have ended over there by itself."""

T = TypeVar("T")


class Pool:
    """Lends agents. `open_one` makes one; it raises TargetError when the place cannot be reached."""

    def __init__(self, open_one: Callable[[], Agent], most: int = MOST, rest: float = REST) -> None:
        self._open = open_one
        self._rest = rest
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Agent]] = []
        """Since when, and who; the one last used stands last and is taken first."""
        self._closed = 0

    def use(self, work: Callable[[Agent], T]) -> T:
        """Return `work(agent)`. It may be done twice, so it must be harmless to repeat.

        An idle agent may have been cut off unnoticed: then it is done again with a fresh one, once.
        """
        with self._places:
            while agent := self._take():
                try:
                    return self._with(agent, work)
                except TargetError:
                    if not agent.broken:
                        raise
            return self._with(self._open(), work)

    def close(self) -> None:
        """Let the idle agents end, and those at work once they are given back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed += 1
        _close(idle)

    def _take(self) -> Agent | None:
        with self._lock:
            stale = self._drop_stale()
            taken = self._idle.pop()[1] if self._idle else None
        _close(stale)
        return taken

    def _drop_stale(self) -> list[tuple[float, Agent]]:
        before = time.monotonic() - self._rest
        stale = [each for each in self._idle if each[0] < before]
        del self._idle[: len(stale)]
        return stale

    def _with(self, agent: Agent, work: Callable[[Agent], T]) -> T:
        era = self._closed
        try:
            done = work(agent)
        except BaseException as error:
            # An answer may still be on its way unless the far side itself said no.
            if not (isinstance(error, TargetError) and not agent.broken):
                agent.close()
            else:
                self._give_back(agent, era)
            raise
        self._give_back(agent, era)
        return done

    def _give_back(self, agent: Agent, era: int) -> None:
        with self._lock:
            stale = self._drop_stale()
            kept = era == self._closed and not agent.broken
            if kept:
                self._idle.append((time.monotonic(), agent))
        _close(stale)
        if not kept:
            agent.close()


def _close(agents: list[tuple[float, Agent]]) -> None:
    for _, agent in agents:
        agent.close()
