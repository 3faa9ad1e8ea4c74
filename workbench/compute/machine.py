"""What to do about a job: a pure function from what is known to what is to be done.

No I/O and no clock: the runner looks (records, target, time), asks `decide`, and does what it says
in that order. Every change of state passes the transition table in `workbench.states`.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass

from workbench.compute.contract import Status
from workbench.states import JOB, JOB_ENDED, check_transition

LOST_AFTER = 60.0
"""Seconds without a word from the target after which a job is lost."""
STOP_AGAIN = 5.0
"""Seconds after which a job that goes on is asked to stop once more."""


@dataclass(frozen=True, slots=True)
class Known:
    """A job as the records have it.

    The state, whether somebody wants it cancelled, whether it was ever seen to run, and whether it is to
    end here where its target cannot be asked.
    """

    name: str
    state: str
    cancel_requested: bool = False
    started: bool = False
    forget: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found on looking.

    `status` is the target's word, None when it was not reached (or not asked); `silent` the seconds
    since its last word; `slot` whether one more job may start; `since_stop` the seconds since this
    runner asked the job to stop, None if it has not.
    """

    status: Status | None = None
    silent: float = 0.0
    slot: bool = False
    since_stop: float | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Take the handle, record `starting` with it, then submit."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Submit (again) under the recorded handle; harmless when it was done before."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Ask the target to end every process of the job."""


@dataclass(frozen=True, slots=True)
class Change:
    """Record this state, which is not an end."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Copy what is left, fetch what the work made, record this end, then clear the target."""

    state: str
    exit_code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Forget:
    """Record that it was cancelled here; what is on the target stays there."""


Step = Start | Submit | Stop | Change | End | Forget


def decide(job: Known, seen: Seen) -> tuple[Step, ...]:
    """Return what to do now, in order; nothing for a job that has ended or is to be waited for."""
    steps = _decide(job, seen)
    state = job.state
    for step in steps:
        if isinstance(step, Change | End):
            check_transition(JOB, job.name, state, step.state)
            state = step.state
        elif isinstance(step, Forget):
            check_transition(JOB, job.name, state, "cancelled")
    return steps


def run_state(job_state: str) -> str:
    """Return the state of the run whose job is in `job_state`: `stopping` shows as running."""
    return "running" if job_state == "stopping" else job_state


def _decide(job: Known, seen: Seen) -> tuple[Step, ...]:
    if job.state in JOB_ENDED:
        return ()
    if job.state == "queued":
        if job.cancel_requested:
            return (End("cancelled", reason="cancelled before it started"),)
        return (Start(),) if seen.slot else ()
    if seen.status is None:
        return (Forget(),) if job.forget else _unreached(job, seen)
    if seen.status.state == "ended":
        # One that ended between two looks did run: its start is part of its record.
        ran = job.state == "starting" and seen.status.exit_code is not None
        return (*((Change("running"),) if ran else ()), _end(job, seen.status))
    if seen.status.state == "unknown":
        return _unknown(job, seen.status)
    return _going_on(job, seen)


def _unreached(job: Known, seen: Seen) -> tuple[Step, ...]:
    if job.state == "lost" or seen.silent < LOST_AFTER:
        return ()
    return (Change("lost", f"the target {job.name} runs on has not answered for {LOST_AFTER:g} s"),)


def _unknown(job: Known, status: Status) -> tuple[Step, ...]:
    """The target answers and does not have the job."""
    if job.cancel_requested:
        # Stop first: a start that is still under way there must find the job taken.
        return (Stop(), End("cancelled", reason="cancelled; the target did not know it"))
    if job.state == "starting":
        return (Submit(),)
    if job.state == "lost":
        # It was lost on its way there, and nothing of it ran: sending it again is safe.
        return () if job.started else (Change("starting"), Submit())
    return (Change("lost", status.reason or "the target no longer knows it"),)


def _going_on(job: Known, seen: Seen) -> tuple[Step, ...]:
    assert seen.status is not None
    if not job.cancel_requested:
        # `lost` comes back; `stopping` without a wish cannot be, and would be left as it is.
        back = job.state in {"starting", "lost"} and seen.status.state == "running"
        return (Change("running"),) if back else ()
    steps: tuple[Step, ...] = () if job.state == "stopping" else (Change("stopping"),)
    if seen.since_stop is None or seen.since_stop >= STOP_AGAIN:
        steps += (Stop(),)
    return steps


def _end(job: Known, status: Status) -> End:
    code = status.exit_code
    if code == 0:
        return End("succeeded", 0)
    if job.cancel_requested and job.state in {"stopping", "lost"}:
        return End("cancelled", code, "cancelled")
    return End("failed", code, _why(status))


def _why(status: Status) -> str:
    code, reason = status.exit_code, status.reason
    if reason:
        return reason  # the watcher ended it, and says why
    if code is None:
        return "it ended without an exit status"
    if code > 0:
        return f"exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps for want of memory" if name == "SIGKILL" else ""
    return f"ended by {name}{hint}"
