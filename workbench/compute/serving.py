"""What a target does besides jobs when it can serve: server processes there, reached by a port here.

It is optional: a target that can has a method `serving` (CanServe). A deployment is a folder there,
like the one here (`workbench.serving.folder`), with a process in each of its seats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from workbench.compute.contract import Tell, tell_nobody
from workbench.compute.processes import Life
from workbench.runtimes.runtime import Runtime

MODULE = "workbench.serving.server"
"""What is run there, as `python -P -m MODULE FOLDER SEAT`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as it is sent.

    `deployment` is a ULID, `desired` the bytes of desired.json, in which the target puts where the
    model lies and where to listen; `object` the SHA-256 of the file `model`, `code` a bundle,
    `runtime` what it runs in. `token` is empty where none is needed; it goes into a file that its
    owner alone can read.
    """

    deployment: str
    desired: bytes
    object: str
    model: Path
    code: Path
    token: str = field(default="", repr=False)
    runtime: Runtime | None = None


@dataclass(frozen=True, slots=True)
class SeatSeen:
    """A process there: how it is, its exit status where that is known (negative: the signal).

    `told` and `metrics` are serving.json and metrics.json as they are, empty without one;
    `last_line` what it wrote last, once it is gone.
    """

    number: int
    process: Literal["none"] | Life = "none"
    pid: int | None = None
    exit_code: int | None = None
    told: bytes = b""
    metrics: bytes = b""
    last_line: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A deployment as it is there: `now` by the clock there (Unix seconds).

    `sent` is the SHA-256 of the `desired` that was filled in last, empty before that; `files` has
    the sizes of the log and of the segments of the prediction log.
    """

    now: float
    sent: str = ""
    files: Mapping[str, int] = field(default_factory=dict)
    seats: tuple[SeatSeen, ...] = ()


class Serving(Protocol):
    """Server processes on a target. They go on without this process and its connection.

    All calls block, raise TargetError, may be repeated harmlessly and come from any thread.
    `needs_runtime` says whether a server must bring one.
    """

    needs_runtime: bool

    def fill(self, server: Server, tell: Tell = tell_nobody) -> None:
        """Bring code, model and token there, then say what is to be served."""
        ...

    def start(self, server: Server, seat: int, tell: Tell = tell_nobody) -> None:
        """Start the process of a seat in the runtime, unless one lives there; it was filled before."""
        ...

    def look(self, deployment: str) -> Looked:
        """Say how it is; one that is not there has no seats and no files."""
        ...

    def read(self, deployment: str, name: str, offset: int) -> bytes:
        """Return what one of its `files` has from byte `offset` on, at most 1 MiB."""
        ...

    def end(self, deployment: str, seat: int, *, now: bool) -> None:
        """Ask the process of a seat to stop, or with `now` kill it."""
        ...

    def forget(self, deployment: str, seat: int) -> None:
        """Forget a process that is gone: who it was is not to be taken for the next one."""
        ...

    def remove(self, deployment: str) -> None:
        """End what is left of it there and remove it: processes, folder, port."""
        ...

    def way(self, deployment: str, seat: int, port: int) -> int:
        """Return a port of this machine's loopback that leads to `port` of the process in that seat.

        0 while there is no way.
        """
        ...


@runtime_checkable
class CanServe(Protocol):
    """A target that can serve."""

    def serving(self) -> Serving:
        """Return who serves there; reaches nothing yet."""
        ...
