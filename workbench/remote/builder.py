"""Runtimes on a target behind an agent: the far side that `workbench.runtimes.ensure` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.compute.contract import Stage, Tell
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.remote.sending import send_objects
from workbench.runtimes.ensure import ensure
from workbench.runtimes.platforms import Platform, platform_of
from workbench.runtimes.runtime import Runtime

FACTS = "workbench.remote.agent.facts.facts"
STAGE = "runtime"


class Builder:
    """Sends and asks by whichever agent is free, so that a long build holds up nobody."""

    def __init__(self, agents: Pool, tell: Tell) -> None:
        self._agents = agents
        self._tell = tell
        self._last = Stage(STAGE)

    def ensure(self, runtime: Runtime, cache: Path, index: str) -> str:
        """Return the interpreter there that has the packages of `runtime`. Raises TargetError."""

        def told(done: int, total: int) -> None:
            self._last = Stage(STAGE, done, total, "packages")
            self._tell(self._last)

        return ensure(self, runtime, self.platform, cache, index=index, tell=told)

    def platform(self) -> Platform:
        """Return which wheels run there."""
        return platform_of(self._agents.use(lambda agent: agent.ask(FACTS))["platform"])

    def put(self, objects: Mapping[str, Path]) -> None:
        """Send what is missing there."""

        def send(agent: Agent) -> None:
            send_objects(agent, objects, STAGE, self._tell)

        self._agents.use(send)

    def call(self, op: str, payload: bytes, **args: Any) -> Any:
        """Do `op` there; a build takes minutes, and whoever is told may give it up."""

        def tick() -> None:
            self._tell(self._last)

        return self._agents.use(lambda agent: agent.ask_while(tick, op, payload, **args))
