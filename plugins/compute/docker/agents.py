"""Agents in helper containers: one for a job, kept while it is used, and one for each object that is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from plugins.compute.docker import names
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.hardening import Mount
from plugins.compute.docker.helper import open_helper
from workbench.compute.contract import Tell
from workbench.remote.bootstrap import command
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.remote.sending import send_objects

_EACH = 2
"""Agents for one job at once: one that follows it, one for who looks in."""

FACTS = "workbench.remote.agent.facts.facts"

T = TypeVar("T")


class Agents:
    """The agents on one engine. `name` is the target, `owner` marks the helpers."""

    def __init__(self, engine: Engine, name: str, owner: str) -> None:
        self._engine = engine
        self._name = name
        self._owner = owner
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}

    def has(self, job: str) -> bool:
        """Tell whether an agent is kept for `job`."""
        return job in self._pools

    def use(self, job: str, image: str, work: Callable[[Agent], T]) -> T:
        """Return `work(agent)` beside the volume of `job`; `image` is what a new helper runs on."""
        labels = {names.OWNER: self._owner, names.JOB: job}
        mount = Mount(names.volume_name(job), names.JOB_MOUNT, labels)
        with self._lock:
            if job not in self._pools:
                self._pools[job] = Pool(lambda: self._open(image, labels, mount), _EACH)
            pool = self._pools[job]
        return pool.use(work)

    def send(self, image: str, digest: str, source: Path, tell: Tell) -> None:
        """Fill the volume of an object from the file `source`, from where it stopped, and verify it."""
        labels = {names.OWNER: self._owner, names.OBJECT: digest}
        mount = Mount(names.object_name(digest), names.OBJECT_MOUNT, labels)
        agent = self._open(image, labels, mount)
        try:
            send_objects(agent, {digest: source}, "data", tell)
        finally:
            agent.close()

    def drop(self, job: str) -> None:
        """Let the agents of `job` go."""
        with self._lock:
            pool = self._pools.pop(job, None)
        if pool is not None:
            pool.close()

    def close(self) -> None:
        """Let all go."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def _open(self, image: str, labels: Mapping[str, str], mount: Mount) -> Agent:
        shell = ["/bin/sh", "-c", command()]
        stream = open_helper(self._engine, image, shell, labels=dict(labels), mounts=(mount,))
        return Agent(stream, self._name, mount.path)


def facts_of(engine: Engine, image: str, owner: str) -> dict[str, Any]:
    """Return what an agent in a container of `image` tells: `shown`, `platform`. Raises TargetError."""
    shell = ["/bin/sh", "-c", command()]
    stream = open_helper(engine, image, shell, labels={names.OWNER: owner})
    agent = Agent(stream, engine.address.shown, "/tmp")  # noqa: S108  # inside the container
    try:
        found: dict[str, Any] = agent.ask(FACTS, index="")
        return found
    finally:
        agent.close()
