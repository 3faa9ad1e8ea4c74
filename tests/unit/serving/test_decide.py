"""A table of cases: what is known of a deployment, and what is to be done."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from workbench.serving.decide import (
    LONGEST_WAIT,
    MOST_CRASHES,
    SILENT_SECONDS,
    STOP_SECONDS,
    back_off,
    decide,
    needs_answer,
)
from workbench.serving.folder import Desired, Told
from workbench.serving.known import Down, End, Known, Launch, Note, Seat, Serves, Write
from workbench.training.signature import Signature

SIGNATURE = Signature(task="regression", target="y", inputs=(), outputs=())


def version(number: int, promotion: str = "") -> Desired:
    return Desired(
        deployment="D",
        name="api",
        model="m",
        number=number,
        version=f"V{number}",
        reference=f"m@{number}",
        object=f"o{number}",
        content=f"c{number}",
        path="p",
        format="f",
        signature=SIGNATURE,
        promotion=promotion,
    )


def told(number: int = 1, **changes: Any) -> Told:
    return Told(
        **{
            "phase": "serving",
            "port": 8700,
            "version": f"V{number}",
            "reference": f"m@{number}",
            "content": f"c{number}",
            "since": 100.0,
            "at": 200.0,
        }
        | changes
    )


SEAT = dict.fromkeys(Seat.__dataclass_fields__)


def known(**changes: Any) -> Known:
    """A healthy deployment of m@1 that needs nothing; what belongs to a seat changes its only one."""
    usual: dict[str, Any] = {
        "name": "api",
        "state": "healthy",
        "reason": "",
        "stop_requested": False,
        "serving": "V1",
        "promotion_served": True,
        "wanted": version(1),
        "written": version(1),
        "seats": (seat(**{name: value for name, value in changes.items() if name in SEAT}),),
    }
    return Known(**usual | {name: value for name, value in changes.items() if name not in SEAT})


def seat(number: int = 0, **changes: Any) -> Seat:
    """A process that serves m@1."""
    return Seat(
        **{"number": number, "process": "alive", "told": told(), "pid": 7 + number} | changes
    )


def several(workers: int, *seats: Seat, **changes: Any) -> dict[str, Any]:
    """A deployment of so many processes."""
    wanted = msgspec.structs.replace(changes.pop("wanted", version(1)), workers=workers)
    return {"seats": seats, "wanted": wanted, "written": wanted} | changes


STARTING: dict[str, Any] = {"state": "starting", "serving": None}
FRESH = STARTING | {"process": "none", "told": None, "pid": None}
FOLLOWING: dict[str, Any] = {
    "wanted": version(2, "P2"),
    "written": version(2, "P2"),
    "promotion_served": False,
}

NOBODY: dict[str, Any] = {"process": "none", "told": None, "pid": None}
SWITCHING: dict[str, Any] = {"wanted": version(2, "P2"), "promotion_served": False}
FALLEN: dict[str, Any] = {
    "state": "starting",
    "reason": "x",
    "process": "none",
    "down": "x",
    "crashes": 3,
}
KILLED = "the server was ended by signal 9"
SEGV = "the server was ended by signal 11"


def fallen(why: str, pid: int | None = 7) -> list[Any]:
    """What follows on the first crash of the only process."""
    reason = f"started again in 1 s (crash 1 of 5): {why}"
    port = 8700 if pid else None
    return [Down(0, reason, False), Note("starting", reason, pid, port, 1)]


CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("nothing to do", {}, []),
    ("new", FRESH | {"written": None}, [Write(version(1)), Launch(0)]),
    ("written by a runner that was killed", FRESH, [Launch(0)]),
    ("launched, has not said who it is", FRESH | {"launched": True}, []),
    ("loading", STARTING | {"told": told(phase="loading", version="", content="")}, []),
    ("says that it serves, does not answer", STARTING, []),
    ("answers with another content", STARTING | {"answers": "c9"}, []),
    (
        "answers",
        STARTING | {"answers": "c1"},
        [Note("healthy", "", 7, 8700), Serves("V1", None, 100.0)],
    ),
    (
        "answers, and so serves a promotion",
        STARTING | FOLLOWING | {"told": told(2, promotion="P2"), "answers": "c2"},
        [Note("healthy", "", 7, 8700), Serves("V2", "P2", 100.0)],
    ),
    ("promoted meanwhile", FOLLOWING | {"written": version(1)}, [Write(version(2, "P2"))]),
    ("the follower has not switched", FOLLOWING, []),
    (
        "the follower switched",
        FOLLOWING | {"told": told(2, promotion="P2"), "answers": "c2"},
        [Serves("V2", "P2", 100.0)],
    ),
    (
        "the same version promoted again",
        FOLLOWING
        | {
            "wanted": version(1, "P3"),
            "written": version(1, "P3"),
            "told": told(1, promotion="P3"),
            "answers": "c1",
        },
        [Serves(None, "P3", 100.0)],
    ),
    (
        "a version that cannot be loaded",
        FOLLOWING | {"told": told(1, refused="V2", error="m@2 cannot be served: x")},
        [Note("degraded", "m@2 cannot be served: x", 7, 8700)],
    ),
    (
        "noted already",
        FOLLOWING
        | {
            "state": "degraded",
            "reason": "m@2 cannot be served: x",
            "told": told(1, refused="V2", error="m@2 cannot be served: x"),
        },
        [],
    ),
    ("well again", {"state": "degraded", "answers": "c1"}, [Note("healthy", "", 7, 8700)]),
    (
        "silent",
        {"silent": SILENT_SECONDS + 1},
        [Note("degraded", "the server has not been heard of for 16 seconds", 7, 8700)],
    ),
    (
        "port in use",
        STARTING
        | {
            "process": "dead",
            "told": told(phase="failed", error="Port 80 is in use."),
            "exit_status": 1,
        },
        [Down(0, "Port 80 is in use.", True), Note("failed", "Port 80 is in use.")],
    ),
    (
        "ended before it said who it is",
        FRESH | {"launched": True, "exit_status": 1, "last_line": "No module named workbench"},
        fallen(
            "the server ended with status 1; its last line: No module named workbench", pid=None
        ),
    ),
    (
        "killed",
        {"process": "dead", "exit_status": -9, "last_line": "m@1 answers"},
        fallen("the server was ended by signal 9; its last line: m@1 answers"),
    ),
    (
        "killed while nobody looked",
        {"process": "dead"},
        fallen("the server process 7 is gone"),
    ),
    (
        "its pid is another process",
        {"process": "reused"},
        fallen("the server is gone, and its pid 7 belongs to another process now"),
    ),
    (
        "restarted machine",
        {"process": "rebooted"},
        fallen("the server ended when this machine was restarted"),
    ),
    ("pid file gone", {"process": "none", "pid": None}, [Launch(0)]),
    ("waits before it is started again", FALLEN | {"rested": 3.9}, []),
    ("waited long enough", FALLEN | {"rested": 4.0}, [Launch(0)]),
    (
        "one crash too many",
        {"state": "starting", "process": "dead", "exit_status": -11, "crashes": MOST_CRASHES},
        [
            Down(0, f"given up after 6 crashes in 10 minutes: {SEGV}", True),
            Note("failed", f"given up after 6 crashes in 10 minutes: {SEGV}"),
        ],
    ),
    ("given up stays", FALLEN | {"final": True, "state": "failed"}, []),
    (
        "ended as it was asked to",
        {"process": "dead", "asked": 1.0, "state": "starting"},
        [Launch(0)],
    ),
    (
        "one of three was killed, the others answer",
        several(3, seat(), seat(1, process="dead", exit_status=-9), seat(2), restarts=4),
        [
            Down(1, f"started again in 1 s (crash 1 of 5): {KILLED}", False),
            Note(
                "degraded", f"worker 2: started again in 1 s (crash 1 of 5): {KILLED}", 7, 8700, 5
            ),
        ],
    ),
    (
        "one of three is given up, the others answer",
        several(
            3,
            seat(),
            seat(1, process="dead", exit_status=-9, crashes=MOST_CRASHES),
            seat(2),
        ),
        [
            Down(1, f"given up after 6 crashes in 10 minutes: {KILLED}", True),
            Note(
                "degraded", f"worker 2: given up after 6 crashes in 10 minutes: {KILLED}", 7, 8700
            ),
        ],
    ),
    (
        "the last that answered is given up too",
        several(
            2,
            seat(0, process="none", down="one", final=True),
            seat(1, process="none", down="two", final=True),
            state="degraded",
        ),
        [Note("failed", "worker 1: one")],
    ),
    (
        "one is still loading, all is well",
        several(2, seat(), seat(1, told=told(phase="loading"))),
        [],
    ),
    (
        "the first answers, the second loads",
        several(2, seat(), seat(1, told=told(phase="loading")), answers="c1", **STARTING),
        [],
    ),
    (
        "both answer",
        several(2, seat(), seat(1), answers="c1", **STARTING),
        [Note("healthy", "", 7, 8700), Serves("V1", None, 100.0)],
    ),
    (
        "scaled up",
        several(3, seat(), written=version(1)),
        [Write(msgspec.structs.replace(version(1), workers=3)), *[]],
    ),
    (
        "new seats are taken",
        several(3, seat(), seat(1, **NOBODY), seat(2, **NOBODY)),
        [Launch(1), Launch(2)],
    ),
    ("scaled down", several(1, seat(), seat(1), seat(2, asked=1.0)), [End(1, now=False)]),
    (
        "one has switched, the other not",
        several(2, seat(0, told=told(2, promotion="P2")), seat(1), answers="c2", **SWITCHING),
        [],
    ),
    (
        "both have switched",
        several(
            2,
            seat(0, told=told(2, promotion="P2", since=120.0)),
            seat(1, told=told(2, promotion="P2", since=130.0)),
            answers="c2",
            **SWITCHING,
        ),
        [Serves("V2", "P2", 130.0)],
    ),
    ("asked to rest", {"suspend_requested": True}, [End(0, now=False)]),
    ("rests", {"suspend_requested": True, "process": "dead", "asked": 1.0}, [Note("suspended")]),
    ("goes on resting", {"suspend_requested": True, "process": "none", "state": "suspended"}, []),
    (
        "stopped while it rests",
        {
            "suspend_requested": True,
            "stop_requested": True,
            "process": "none",
            "state": "suspended",
        },
        [Note("stopped")],
    ),
    ("failed stays", {"state": "failed", "process": "dead"}, []),
    ("asked to stop", {"stop_requested": True}, [End(0, now=False)]),
    ("stopping", {"stop_requested": True, "asked": 1.0}, []),
    ("does not stop", {"stop_requested": True, "asked": STOP_SECONDS + 1}, [End(0, now=True)]),
    ("stopped", {"stop_requested": True, "process": "dead", "asked": 1.0}, [Note("stopped")]),
    ("never started", FRESH | {"stop_requested": True}, [Note("stopped")]),
    ("launched and to stop", FRESH | {"stop_requested": True, "launched": True}, []),
    (
        "another's process is not signalled",
        {"stop_requested": True, "process": "reused"},
        [Note("stopped")],
    ),
    (
        "failed, then stopped",
        {"stop_requested": True, "state": "failed", "process": "dead"},
        [Note("stopped")],
    ),
]


@pytest.mark.parametrize(
    ("changes", "doing"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_decide(changes: dict[str, Any], doing: list[Any]) -> None:
    assert decide(known(**changes)) == doing


def test_the_wait_doubles_up_to_a_minute() -> None:
    waits = [back_off(crashes) for crashes in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT]


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({}, False),
        (STARTING, True),
        (STARTING | {"told": told(phase="loading")}, False),
        ({"state": "degraded"}, True),
        ({"state": "degraded", "silent": SILENT_SECONDS + 1}, False),
        (FOLLOWING, False),
        (FOLLOWING | {"told": told(2, promotion="P2")}, True),
        ({"process": "dead"} | FOLLOWING, False),
        ({"stop_requested": True, "state": "starting"}, False),
        ({"suspend_requested": True, "state": "starting"}, False),
        (several(2, seat(), seat(1), **STARTING), True),
        (several(2, seat(), **STARTING), False),
        (several(2, seat(), seat(1, told=told(2)), **STARTING), False),
    ],
)
def test_the_server_is_asked_only_when_it_claims_something_new(
    changes: dict[str, Any], asked: bool
) -> None:
    assert needs_answer(known(**changes)) is asked
