import itertools
import signal
from dataclasses import replace
from typing import get_args

import pytest

from workbench.compute.contract import Status
from workbench.compute.machine import (
    LOST_AFTER,
    STOP_AGAIN,
    Change,
    End,
    Forget,
    Known,
    Seen,
    Start,
    Stop,
    Submit,
    decide,
    run_state,
)
from workbench.states import JOB, JOB_ENDED, RUN, JobState

RUNNING, UNKNOWN, STARTING = Status("running"), Status("unknown"), Status("starting")
OK, BAD, KILLED = Status("ended", 0), Status("ended", 3), Status("ended", -signal.SIGTERM)
FORGOTTEN = "the target no longer knows it"
SILENT = "the target j_1 runs on has not answered for 60 s"
CANCELLED_UNKNOWN = "cancelled; the target did not know it"

# state, cancel wanted, what is seen → what to do
CASES = [
    ("queued", False, Seen(), ()),
    ("queued", False, Seen(slot=True), (Start(),)),
    ("queued", True, Seen(), (End("cancelled", reason="cancelled before it started"),)),
    ("queued", True, Seen(slot=True), (End("cancelled", reason="cancelled before it started"),)),
    ("starting", False, Seen(UNKNOWN), (Submit(),)),
    ("starting", False, Seen(STARTING), ()),
    ("starting", False, Seen(RUNNING), (Change("running"),)),
    ("starting", False, Seen(OK), (Change("running"), End("succeeded", 0))),
    ("starting", False, Seen(BAD), (Change("running"), End("failed", 3, "exit status 3"))),
    ("starting", False, Seen(Status("ended", None, "gone")), (End("failed", None, "gone"),)),
    ("starting", False, Seen(silent=LOST_AFTER - 1), ()),
    ("starting", False, Seen(silent=LOST_AFTER), (Change("lost", SILENT),)),
    ("starting", True, Seen(UNKNOWN), (Stop(), End("cancelled", reason=CANCELLED_UNKNOWN))),
    ("starting", True, Seen(RUNNING), (Change("stopping"), Stop())),
    ("starting", True, Seen(STARTING), (Change("stopping"), Stop())),
    ("running", False, Seen(RUNNING), ()),
    ("running", False, Seen(OK), (End("succeeded", 0),)),
    ("running", False, Seen(BAD), (End("failed", 3, "exit status 3"),)),
    ("running", False, Seen(KILLED), (End("failed", -15, "ended by SIGTERM"),)),
    (
        "running",
        False,
        Seen(Status("ended", -9)),
        (End("failed", -9, "ended by SIGKILL, perhaps for want of memory"),),
    ),
    ("running", False, Seen(Status("ended", -99)), (End("failed", -99, "ended by signal 99"),)),
    (
        "running",
        False,
        Seen(Status("ended", None, "the machine was restarted while it ran")),
        (End("failed", None, "the machine was restarted while it ran"),),
    ),
    (
        "running",
        False,
        Seen(Status("ended")),
        (End("failed", None, "it ended without an exit status"),),
    ),
    ("running", False, Seen(UNKNOWN), (Change("lost", FORGOTTEN),)),
    ("running", False, Seen(Status("unknown", reason="gone")), (Change("lost", "gone"),)),
    ("running", False, Seen(silent=LOST_AFTER - 1), ()),
    ("running", False, Seen(silent=LOST_AFTER), (Change("lost", SILENT),)),
    ("running", True, Seen(RUNNING), (Change("stopping"), Stop())),
    # It ended by itself before anybody asked it to stop.
    ("running", True, Seen(BAD), (End("failed", 3, "exit status 3"),)),
    ("running", True, Seen(OK), (End("succeeded", 0),)),
    ("running", True, Seen(UNKNOWN), (Stop(), End("cancelled", reason=CANCELLED_UNKNOWN))),
    ("stopping", True, Seen(RUNNING), (Stop(),)),
    ("stopping", True, Seen(RUNNING, since_stop=STOP_AGAIN - 1), ()),
    ("stopping", True, Seen(RUNNING, since_stop=STOP_AGAIN), (Stop(),)),
    ("stopping", True, Seen(KILLED), (End("cancelled", -15, "cancelled"),)),
    ("stopping", True, Seen(BAD), (End("cancelled", 3, "cancelled"),)),
    ("stopping", True, Seen(Status("ended")), (End("cancelled", None, "cancelled"),)),
    ("stopping", True, Seen(OK), (End("succeeded", 0),)),
    ("stopping", True, Seen(silent=LOST_AFTER), (Change("lost", SILENT),)),
    ("lost", False, Seen(RUNNING), (Change("running"),)),
    ("lost", False, Seen(STARTING), ()),
    ("lost", False, Seen(OK), (End("succeeded", 0),)),
    ("lost", False, Seen(BAD), (End("failed", 3, "exit status 3"),)),
    ("lost", False, Seen(UNKNOWN), ()),
    ("lost", False, Seen(silent=LOST_AFTER * 10), ()),
    ("lost", True, Seen(RUNNING), (Change("stopping"), Stop())),
    ("lost", True, Seen(KILLED), (End("cancelled", -15, "cancelled"),)),
    ("lost", True, Seen(UNKNOWN), (Stop(), End("cancelled", reason=CANCELLED_UNKNOWN))),
    ("lost", True, Seen(silent=LOST_AFTER * 10), ()),
    ("succeeded", True, Seen(RUNNING), ()),
    ("failed", True, Seen(UNKNOWN), ()),
    ("cancelled", True, Seen(OK), ()),
]


@pytest.mark.parametrize(("state", "cancel", "seen", "steps"), CASES)
def test_table(state: str, cancel: bool, seen: Seen, steps: tuple[object, ...]) -> None:
    assert decide(Known("j_1", state, cancel, started=True), seen) == steps


def test_what_was_lost_on_its_way_there_is_sent_again() -> None:
    lost = Known("j_1", "lost")
    assert decide(lost, Seen(UNKNOWN)) == (Change("starting"), Submit())
    assert decide(lost, Seen(silent=LOST_AFTER * 10)) == ()
    assert decide(lost, Seen(RUNNING)) == (Change("running"),)


def test_what_is_to_be_forgotten_ends_without_its_target_unless_that_answers() -> None:
    for state in ("starting", "running", "stopping", "lost"):
        job = Known("j_1", state, cancel_requested=True, started=True, forget=True)
        assert decide(job, Seen()) == (Forget(),)
        for status in (RUNNING, UNKNOWN, OK, BAD, KILLED):
            wanted = decide(replace(job, forget=False), Seen(status))
            assert decide(job, Seen(status)) == wanted
    queued = Known("j_1", "queued", cancel_requested=True, forget=True)
    assert decide(queued, Seen()) == (End("cancelled", reason="cancelled before it started"),)


EVERYTHING = [
    Seen(status, silent, slot, since)
    for status in (None, RUNNING, STARTING, UNKNOWN, OK, BAD, KILLED, Status("ended"))
    for silent in (0.0, LOST_AFTER)
    for slot in (False, True)
    for since in (None, 0.0, STOP_AGAIN)
]


def test_no_combination_leaves_the_transition_tables() -> None:
    for state, cancel, started, seen in itertools.product(
        get_args(JobState), (False, True), (False, True), EVERYTHING
    ):
        before: str = state
        for step in decide(Known("j_1", state, cancel, started), seen):
            if isinstance(step, Change | End):
                assert step.state in JOB[before]
                then, now = run_state(step.state), run_state(before)
                assert then == now or then in RUN[now]
                before = step.state


def test_what_has_ended_is_left_alone() -> None:
    for state, cancel, seen in itertools.product(JOB_ENDED, (False, True), EVERYTHING):
        assert decide(Known("j_1", state, cancel), seen) == ()


def test_a_job_is_never_called_ended_unless_the_target_says_so_or_it_is_unknown_and_unwanted() -> (
    None
):
    for state, seen in itertools.product(("starting", "running", "stopping", "lost"), EVERYTHING):
        for step in decide(Known("j_1", state, state == "stopping"), seen):
            if isinstance(step, End):
                assert seen.status is not None
                assert seen.status.state == "ended" or state == "stopping"
