"""What a job's state is, decided from what its container, its folder and its volumes say. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from plugins.compute.docker.refusals import short
from workbench.compute.contract import Status
from workbench.compute.folder import Exit
from workbench.compute.limiting import memory_text
from workbench.text import clean

STOPPED_EARLY: Final = "stopped before it started"
STOPPED: Final = "stopped by request"
"""What the shim writes to `exit` when SIGTERM came to it, whoever sent it."""

_KILL = -9


@dataclass(frozen=True, slots=True)
class Container:
    """What `inspect` says of a job's container."""

    id: str
    image: str
    state: str
    exit_code: int
    out_of_memory: bool
    error: str
    memory: int

    @property
    def has_started(self) -> bool:
        """Whether the work has begun at some time."""
        return self.state != "created"

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.state in {"exited", "dead", "removing"}


def read_container(found: Mapping[str, Any]) -> Container:
    """Return what an answer of `GET /containers/ID/json` says."""
    state = found["State"]
    return Container(
        id=str(found["Id"]),
        image=str(found["Image"]),
        state=str(state["Status"]),
        exit_code=int(state["ExitCode"]),
        out_of_memory=bool(state["OOMKilled"]),
        error=str(state.get("Error") or ""),
        memory=int(found["HostConfig"].get("Memory") or 0),
    )


def decide(
    container: Container | None, ended: Exit | None, *, volume: bool, stopped: bool
) -> Status:
    """Return how a job is.

    `ended` is what its `exit` says, None without one; `volume` whether its volume is there;
    `stopped` whether we were asked to stop it.
    """
    if ended is not None:
        return Status("ended", ended.code, clean(_reason(container, ended, stopped=stopped), 500))
    if container is None:
        if stopped:
            return Status("ended", reason=STOPPED_EARLY)
        if volume:
            why = "its container was removed by somebody else and left no exit status"
            return Status("ended", reason=why)
        return Status("unknown", reason="it was never started there, or was removed")
    if container.is_over:
        return Status("ended", reason=_vanished(container, stopped=stopped))
    if container.state == "created":
        if container.error:
            return Status("ended", reason=f"it could not be started: {short(container.error)}")
        return Status("ended", reason=STOPPED_EARLY) if stopped else Status("starting")
    if container.state in {"paused", "restarting"}:
        return Status("running", reason=f"its container is {container.state}")
    return Status("running")


def _reason(container: Container | None, ended: Exit, *, stopped: bool) -> str:
    if container is not None and container.out_of_memory and ended.code == _KILL:
        return _out_of_memory(container)
    if ended.reason == STOPPED and not stopped:
        return (
            "stopped by somebody else (docker stop), or because the engine or its machine went down"
        )
    return ended.reason


def _vanished(container: Container, *, stopped: bool) -> str:
    """Say why a container ended without its shim having written how."""
    if container.out_of_memory:
        return _out_of_memory(container)
    if container.error:
        return f"its container ended: {short(container.error)}"
    if stopped:
        return STOPPED
    if container.exit_code in {137, 143, 255}:
        return (
            "killed from outside, or the engine or its machine was restarted while it ran;"
            " it left no exit status"
        )
    return f"its container ended with status {container.exit_code} and left no exit status"


def _out_of_memory(container: Container) -> str:
    """Say it as the shim does, which looks twice a second: who of both is first is chance."""
    if not container.memory:
        return "the machine had no memory left for it"
    return f"over its memory of {memory_text(container.memory)}"
