"""What is to be done for one deployment, from what is known of it. Pure: its test is a table of cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.compute.processes import Life
from workbench.serving.folder import Desired, Told
from workbench.text import clean

SILENT_SECONDS = 15.0
"""A server whose last beat is older is degraded: halted by a signal, starved, or hung."""
STOP_SECONDS = 20.0
"""A server that was asked to stop is ended after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a deployment at one moment.

    `serving` is the recorded ULID of the version that answers, `promotion_served` whether the
    promotion that `wanted` follows is recorded as served (true without one). `process` is `none`
    before there was one. `launched`: this runner started one; `exit_status` is set once that one
    ended (negative: the signal). `answers` is the content digest that the server itself gave after
    it said that it is ready, None when it was not asked or did not. `asked` is seconds since it was
    asked to stop, None before that; `silent` seconds since its last beat.
    """

    name: str
    state: str
    reason: str
    stop_requested: bool
    serving: str | None
    promotion_served: bool
    wanted: Desired
    written: Desired | None
    process: Literal["none"] | Life
    launched: bool = False
    exit_status: int | None = None
    told: Told | None = None
    answers: str | None = None
    asked: float | None = None
    silent: float = 0.0
    pid: int | None = None
    last_line: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """Say what is to be served."""

    desired: Desired


@dataclass(frozen=True, slots=True)
class Launch:
    """Start the server process."""


@dataclass(frozen=True, slots=True)
class End:
    """Ask the process to stop (SIGTERM), or with `now` end it (SIGKILL)."""

    now: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Record a state."""

    state: str
    reason: str = ""
    pid: int | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Serves:
    """Record that this version answers since then (Unix seconds), and that its promotion is served."""

    version: str | None
    promotion: str | None
    since: float


Instruction = Write | Launch | End | Note | Serves


def needs_answer(known: Known) -> bool:
    """Tell whether the server must be asked before it can be decided: something new is claimed."""
    told = known.told
    if known.process != "alive" or known.stop_requested or told is None:
        return False
    if told.phase != "serving" or trouble(known):
        return False
    return known.state != "healthy" or told.version != known.serving or _promotion_new(known)


def trouble(known: Known) -> str:
    """Return what is wrong with a running server, empty when nothing is."""
    if known.silent > SILENT_SECONDS:
        return f"the server has not been heard of for {int(known.silent)} seconds"
    return known.told.error if known.told else ""


def decide(known: Known) -> list[Instruction]:
    """Return what is to be done, in order."""
    if known.stop_requested:
        return _stop(known)
    if known.state in {"stopped", "failed"}:
        return []
    doing: list[Instruction] = []
    if known.written != known.wanted:
        doing.append(Write(known.wanted))
    if known.process == "alive":
        return doing + _watch(known)
    if known.process == "none" and known.exit_status is None:
        if known.launched:
            return doing
        if known.state == "starting":
            return [*doing, Launch()]
    return [Note("failed", why_gone(known))]


def _stop(known: Known) -> list[Instruction]:
    if known.process == "alive":
        if known.asked is None:
            return [End(now=False)]
        return [End(now=True)] if known.asked > STOP_SECONDS else []
    if known.process == "none" and known.launched and known.exit_status is None:
        return []  # it was started a moment ago and has not said who it is
    return [] if known.state == "stopped" else [Note("stopped")]


def _watch(known: Known) -> list[Instruction]:
    """Follow a running server."""
    wrong = trouble(known)
    if wrong:
        same = (known.state, known.reason) == ("degraded", wrong)
        return [] if same else [Note("degraded", wrong, known.pid, _port(known))]
    told = known.told
    if told is None or known.answers is None or known.answers != told.content:
        return []
    doing: list[Instruction] = []
    if known.state != "healthy":
        doing.append(Note("healthy", "", known.pid, told.port))
    version = told.version if told.version != known.serving else None
    promotion = told.promotion if _promotion_new(known) else None
    if version or promotion:
        doing.append(Serves(version, promotion, told.since))
    return doing


def _promotion_new(known: Known) -> bool:
    told = known.told
    return bool(
        told
        and not known.promotion_served
        and told.promotion == known.wanted.promotion
        and told.version == known.wanted.version
    )


def _port(known: Known) -> int | None:
    return known.told.port or None if known.told else None


def why_gone(known: Known) -> str:
    """Say why there is no server process, as closely as can be told."""
    if known.told and known.told.phase == "failed" and known.told.error:
        return known.told.error
    last = f"; its last line: {clean(known.last_line, 300)}" if known.last_line else ""
    if known.process == "rebooted":
        return "the server ended when this machine was restarted"
    if known.process == "none" and known.exit_status is None:
        return "the server is gone, and so is the file that says which process it was"
    if known.process == "reused":
        return f"the server is gone, and its pid {known.pid} belongs to another process now{last}"
    if known.exit_status is None:
        return f"the server process {known.pid} is gone{last}"
    if known.exit_status < 0:
        return f"the server was ended by signal {-known.exit_status}{last}"
    return f"the server ended with status {known.exit_status}{last}"
