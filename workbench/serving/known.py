"""What is known of a deployment at one moment, and what can be done for it: the words of `decide`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.compute.processes import Life
from workbench.serving.folder import Desired, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What is known of one of the deployment's processes, and of what became of the one before it.

    `process` is `none` before there was one. `launched`: this runner started one; `exit_status` is set
    once that one ended (negative: the signal). `asked` is seconds since it was asked to stop, None
    before that; `silent` seconds since its last beat. Once its end was noted, `down` says why it ended,
    `crashes` how often that happened of late, `rested` how many seconds ago; `final`: it is not started
    again.
    """

    number: int = 0
    process: Literal["none"] | Life = "none"
    launched: bool = False
    exit_status: int | None = None
    told: Told | None = None
    asked: float | None = None
    silent: float = 0.0
    pid: int | None = None
    last_line: str = ""
    down: str = ""
    crashes: int = 0
    rested: float = 0.0
    final: bool = False

    @property
    def answers(self) -> bool:
        """Whether it says that it serves a version."""
        return bool(self.process == "alive" and self.told and self.told.phase == "serving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a deployment at one moment.

    `serving` is the recorded ULID of the version that answers, `promotion_served` whether the
    promotion that `wanted` follows is recorded as served (true without one), `restarts` how often a
    process was started again. `seats` has every process that is wanted, and those beyond which are
    not. `answers` is the content digest that the server itself gave after all processes said that they
    are ready, None when it was not asked or did not.
    """

    name: str
    state: str
    reason: str
    stop_requested: bool
    serving: str | None
    promotion_served: bool
    wanted: Desired
    written: Desired | None
    seats: tuple[Seat, ...]
    suspend_requested: bool = False
    restarts: int = 0
    answers: str | None = None

    @property
    def at_work(self) -> Sequence[Seat]:
        """The processes that are wanted."""
        return [seat for seat in self.seats if seat.number < self.wanted.workers]


@dataclass(frozen=True, slots=True)
class Write:
    """Say what is to be served."""

    desired: Desired


@dataclass(frozen=True, slots=True)
class Launch:
    """Start the process in this seat."""

    seat: int


@dataclass(frozen=True, slots=True)
class Down:
    """Remember that the process in this seat ended and why; unless `final` it is started again."""

    seat: int
    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class End:
    """Ask the process in this seat to stop (SIGTERM), or with `now` end it (SIGKILL)."""

    seat: int
    now: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Record a state."""

    state: str
    reason: str = ""
    pid: int | None = None
    port: int | None = None
    restarts: int | None = None


@dataclass(frozen=True, slots=True)
class Serves:
    """Record that this version answers since then (Unix seconds), and that its promotion is served."""

    version: str | None
    promotion: str | None
    since: float


Instruction = Write | Launch | Down | End | Note | Serves
