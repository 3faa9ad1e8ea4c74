"""The agents of one target: a few at once, kept for the next who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from workbench.errors import TargetError
from workbench.remote.link import Agent

MOST = 6
"""Agents at once: an SSH server allows ten sessions on one connection unless it was told otherwise."""

T = TypeVar("T")


class Pool:
    """Lends agents. `open_one` makes one; it raises TargetError when the place cannot be reached."""

    def __init__(self, open_one: Callable[[], Agent], most: int = MOST) -> None:
        self._open = open_one
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Agent] = []
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
        for agent in idle:
            agent.close()

    def _take(self) -> Agent | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

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
            if era == self._closed and not agent.broken:
                self._idle.append(agent)
                return
        agent.close()
