"""What a target plugin is: a place where jobs run. Contract tests: `workbench.testing.compute`.

A job is a bundle run in a folder on the target: `spec.json`, `log` (stdout and stderr as they
came), `events.jsonl`, `pid` (pid, start time, boot id), `exit` (written by a shim parent through a
rename, also when the worker is killed), `out/` (what the work made).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from workbench.compute.limits import NO_LIMITS, Limits, Usage
from workbench.options import Option, Value
from workbench.runtimes.runtime import Runtime

Handle = dict[str, Any]
"""What the target needs to find a job again, as JSON; stored before the work starts."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A piece of work, ready to be sent.

    `job` is the job's ULID; `code` a zip of `workbench/` and the plugins that it needs (installed
    files); `spec` the bytes of spec.json; `module` what is run, as `python -P -m MODULE FOLDER`;
    `inputs` maps a name inside the job's `in/` to a local file to be there (or be linked there);
    `digests` has the SHA-256 of each of those files, by the same names. `runtime` is what the work
    runs in; None means this very Python, on a target that has it (`local`).
    """

    job: str
    code: Path
    spec: bytes
    module: str
    inputs: Mapping[str, Path] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    runtime: Runtime | None = None
    limits: Limits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Status:
    """What the target says of a job. `exit_code` is negative for a signal, None when unknown.

    `usage` is what the job used so far, as far as the target can tell.
    """

    state: Literal["starting", "running", "ended", "unknown"]
    exit_code: int | None = None
    reason: str = ""
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a target does not have: `why` a sentence, `fix` what to do about it."""

    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What a target offers, and what is missing there; `ok` when jobs can run all the same."""

    ok: bool
    facts: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True)
class Pruned:
    """Something that nobody uses: `kind` reads `runtime`, `object`, `image` ...; `bytes` 0: not known."""

    kind: str
    name: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the way to a target, or back, is: `done` of `total`, in `unit`; total 0: not known.

    `name` is what a person reads: `connect`, `runtime`, `verify` (data that are there), `data`,
    `code`, `results`, or `waiting`. `note` says for what it waits, or why it is done at all.
    """

    name: str
    done: int = 0
    total: int = 0
    unit: Literal["", "bytes", "packages"] = ""
    note: str = ""


Tell = Callable[[Stage], None]
"""Is told how far a transfer is; called often, cheap, from the thread that works."""


def tell_nobody(stage: Stage) -> None:
    """Leave a stage unsaid."""
    del stage


@dataclass(frozen=True, slots=True)
class Question:
    """What only the person can answer: `text` is the prompt, `secret` whether it is typed unseen."""

    target: str
    text: str
    secret: bool = True


Ask = Callable[[Question], str | None]
"""Asks the person; None when nobody can be asked, or the person would not say."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a project lends to a target: a folder for what may be lost, and whom to ask.

    `owner` tells the jobs of one project and person from those of others in one place. `index` is
    where packages come from (empty: as uv is set up, here and there). `project` is the ULID of the
    project whose cache that is.
    """

    cache: Path
    owner: str
    ask: Ask | None = None
    index: str = ""
    project: str = ""


class Target(Protocol):
    """A place where jobs run, opened by its Kind.

    `needs_runtime` says whether a bundle must bring one; `pace` is how many seconds pass between
    two looks at a job that runs there.

    Guarantees: `prepare` decides the handle without starting anything; `submit` with one handle
    starts the work at most once, however often it is called; what runs goes on without this
    process, its terminal and its connection; `read` of one range of bytes always gives the same
    bytes; a job that the target no longer knows is `unknown`, never `ended`. All calls block,
    raise TargetError when the place cannot be reached (TargetRefused when that stays so until a
    person does something), and may come from any thread. What `tell` raises passes through.
    """

    name: str
    needs_runtime: bool
    pace: float

    def probe(self) -> Probe:
        """Say what is there."""
        ...

    def prepare(self, job: str) -> Handle:
        """Return the handle that `job` will have."""
        ...

    def submit(self, handle: Handle, bundle: Bundle, tell: Tell = tell_nobody) -> None:
        """Send and start the work; what was sent before is not sent again."""
        ...

    def poll(self, handle: Handle) -> Status:
        """Say how it is."""
        ...

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return what has been appended from byte `offset`, at most 1 MiB."""
        ...

    def fetch(self, handle: Handle, into: Path, tell: Tell = tell_nobody) -> None:
        """Copy what the work made (`out/`) to `into`, verified by digest."""
        ...

    def stop(self, handle: Handle) -> None:
        """End every process of the job; returns once the end has been asked for."""
        ...

    def remove(self, handle: Handle) -> None:
        """Remove the job's folder there; only after a verified fetch."""
        ...

    def prune(self, older_than: float, *, dry: bool = False) -> tuple[Pruned, ...]:
        """Remove what no job uses and nobody wanted for `older_than` seconds; with `dry` only name it."""
        ...

    def close(self) -> None:
        """Let connections go; jobs go on. The next call opens them again."""
        ...


class Kind(Protocol):
    """What an entry point of `workbench.compute` names: a sort of place, of which a project may have several.

    `options` are what `[targets.NAME]` in workbench.toml may hold beside `kind` and `slots`.
    """

    name: str
    summary: str
    options: tuple[Option, ...]

    def open(self, name: str, options: Mapping[str, Value], around: Surroundings) -> Target:
        """Return the place that `options` (settled: every one has a value) describe; reaches nothing yet."""
        ...
