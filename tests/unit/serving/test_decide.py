"""A table of cases: what is known of a deployment, and what is to be done."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.serving.decide import (
    SILENT_SECONDS,
    STOP_SECONDS,
    End,
    Known,
    Launch,
    Note,
    Serves,
    Write,
    decide,
    needs_answer,
)
from workbench.serving.folder import Desired, Told
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


def known(**changes: Any) -> Known:
    """A healthy deployment of m@1 that needs nothing."""
    usual: dict[str, Any] = {
        "name": "api",
        "state": "healthy",
        "reason": "",
        "stop_requested": False,
        "serving": "V1",
        "promotion_served": True,
        "wanted": version(1),
        "written": version(1),
        "process": "alive",
        "told": told(),
        "pid": 7,
    }
    return Known(**usual | changes)


STARTING: dict[str, Any] = {"state": "starting", "serving": None}
FRESH = STARTING | {"process": "none", "told": None, "pid": None}
FOLLOWING: dict[str, Any] = {
    "wanted": version(2, "P2"),
    "written": version(2, "P2"),
    "promotion_served": False,
}

CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("nothing to do", {}, []),
    ("new", FRESH | {"written": None}, [Write(version(1)), Launch()]),
    ("written by a runner that was killed", FRESH, [Launch()]),
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
        [Note("failed", "Port 80 is in use.")],
    ),
    (
        "ended before it said who it is",
        FRESH | {"launched": True, "exit_status": 1, "last_line": "No module named workbench"},
        [
            Note(
                "failed", "the server ended with status 1; its last line: No module named workbench"
            )
        ],
    ),
    (
        "killed",
        {"process": "dead", "exit_status": -9, "last_line": "m@1 answers"},
        [Note("failed", "the server was ended by signal 9; its last line: m@1 answers")],
    ),
    (
        "killed while nobody looked",
        {"process": "dead"},
        [Note("failed", "the server process 7 is gone")],
    ),
    (
        "its pid is another process",
        {"process": "reused"},
        [Note("failed", "the server is gone, and its pid 7 belongs to another process now")],
    ),
    (
        "restarted machine",
        {"process": "rebooted"},
        [Note("failed", "the server ended when this machine was restarted")],
    ),
    (
        "pid file gone",
        {"process": "none", "pid": None},
        [Note("failed", "the server is gone, and so is the file that says which process it was")],
    ),
    ("failed stays", {"state": "failed", "process": "dead"}, []),
    ("asked to stop", {"stop_requested": True}, [End(now=False)]),
    ("stopping", {"stop_requested": True, "asked": 1.0}, []),
    ("does not stop", {"stop_requested": True, "asked": STOP_SECONDS + 1}, [End(now=True)]),
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
    ],
)
def test_the_server_is_asked_only_when_it_claims_something_new(
    changes: dict[str, Any], asked: bool
) -> None:
    assert needs_answer(known(**changes)) is asked
