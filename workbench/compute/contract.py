"""What a target plugin is: a place where jobs run. Contract tests: `workbench.testing.compute`.

A job is a bundle run in a folder on the target: `spec.json`, `log` (stdout and stderr as they
came), `events.jsonl`, `pid` (pid, start time, boot id), `exit` (written by a shim parent through a
rename, also when the worker is killed), `out/` (what the work made).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Handle = dict[str, Any]
"""What the target needs to find a job again, as JSON; stored before the work starts."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A piece of work, ready to be sent.

    `job` is the job's ULID; `code` a zip of `workbench/` and the plugins that it needs (installed
    files); `spec` the bytes of spec.json; `module` what is run, as `python -P -m MODULE FOLDER`;
    `inputs` maps a name inside the job's `in/` to a local file to be there (or be linked there).
    """

    job: str
    code: Path
    spec: bytes
    module: str
    inputs: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """What the target says of a job. `exit_code` is negative for a signal, None when unknown."""

    state: Literal["starting", "running", "ended", "unknown"]
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a target offers, and sentences on what is missing there."""

    ok: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


class Target(Protocol):
    """A place where jobs run.

    Guarantees: `prepare` decides the handle without starting anything; `submit` with one handle
    starts the work at most once, however often it is called; what runs goes on without this
    process, its terminal and its connection; `read` of one range of bytes always gives the same
    bytes; a job that the target no longer knows is `unknown`, never `ended`. All calls block,
    raise TargetError when the place cannot be reached, and may come from any thread.
    """

    name: str

    def probe(self) -> Probe:
        """Say what is there."""
        ...

    def prepare(self, job: str) -> Handle:
        """Return the handle that `job` will have."""
        ...

    def submit(self, handle: Handle, bundle: Bundle) -> None:
        """Send and start the work."""
        ...

    def poll(self, handle: Handle) -> Status:
        """Say how it is."""
        ...

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return what has been appended from byte `offset`, at most 1 MiB."""
        ...

    def fetch(self, handle: Handle, into: Path) -> None:
        """Copy what the work made (`out/`) to `into`."""
        ...

    def stop(self, handle: Handle) -> None:
        """End every process of the job; returns once the end has been asked for."""
        ...

    def remove(self, handle: Handle) -> None:
        """Remove the job's folder there; only after a verified fetch."""
        ...
