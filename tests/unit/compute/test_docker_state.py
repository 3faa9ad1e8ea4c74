"""How a job is, decided from what its container, its folder and its volumes say."""

from __future__ import annotations

import dataclasses

import pytest

from plugins.compute.docker.peeking import read_exit
from plugins.compute.docker.state import Container, decide, read_container
from workbench.compute.folder import Exit

MB = 1024 * 1024
RUNNING = Container("id", "image", "running", 0, False, "", 0)


def having(**changes: object) -> Container:
    return dataclasses.replace(RUNNING, **changes)


OVER = having(state="exited")
OOM = having(state="exited", out_of_memory=True, memory=64 * MB)


@pytest.mark.parametrize(
    ("container", "ended", "volume", "stopped", "state", "code", "reason"),
    [
        (None, None, False, False, "unknown", None, "it was never started there"),
        (None, None, False, True, "ended", None, "stopped before it started"),
        (None, None, True, False, "ended", None, "its container was removed"),
        (None, Exit(3, 1.0), True, False, "ended", 3, ""),
        (having(state="created"), None, True, False, "starting", None, ""),
        (having(state="created"), None, True, True, "ended", None, "stopped before it started"),
        (having(state="created", error="no such device"), None, True, False, "ended", None,
         "it could not be started: no such device"),
        (RUNNING, None, True, False, "running", None, ""),
        (having(state="paused"), None, True, False, "running", None, "its container is paused"),
        (OVER, Exit(0, 1.0), True, False, "ended", 0, ""),
        (OVER, Exit(-9, 1.0), True, False, "ended", -9, ""),
        (OOM, Exit(-9, 1.0), True, False, "ended", -9, "over its memory of 64M"),
        (OOM, Exit(1, 1.0, ""), True, False, "ended", 1, ""),
        (OOM, None, True, False, "ended", None, "over its memory of 64M"),
        (OVER, Exit(-15, 1.0, "stopped by request"), True, True, "ended", -15, "stopped by request"),
        (OVER, Exit(-15, 1.0, "stopped by request"), True, False, "ended", -15, "stopped by somebody"),
        (OVER, Exit(None, 1.0, "time over"), True, False, "ended", None, "time over"),
        (having(state="exited", exit_code=137), None, True, False, "ended", None, "killed from outside"),
        (having(state="exited", exit_code=137), None, True, True, "ended", None, "stopped by request"),
        (having(state="exited", exit_code=3), None, True, False, "ended", None,
         "its container ended with status 3"),
        (having(state="dead", error="x\x1b[31m"), None, True, False, "ended", None, "its container ended: x"),
    ],
)  # fmt: skip
def test_the_table(
    container: Container | None,
    ended: Exit | None,
    volume: bool,
    stopped: bool,
    state: str,
    code: int | None,
    reason: str,
) -> None:
    found = decide(container, ended, volume=volume, stopped=stopped)
    assert (found.state, found.exit_code) == (state, code)
    assert found.reason.startswith(reason) if reason else found.reason == ""
    assert "\x1b" not in found.reason


def test_what_an_inspection_says() -> None:
    found = read_container(
        {
            "Id": "a",
            "Image": "b",
            "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True, "Error": ""},
            "HostConfig": {"Memory": 64 * MB},
        }
    )
    assert found == Container("a", "b", "exited", 137, True, "", 64 * MB)
    assert found.is_over
    assert found.has_started


@pytest.mark.parametrize(
    "data",
    [None, b"", b"{", b"[]", b'{"code":1}', b'{"code":"x","at":1,"reason":""}', b"\xff",
     b'{"code":1,"at":1,"reason":7}'],
)  # fmt: skip
def test_an_exit_that_a_job_wrote_itself(data: bytes | None) -> None:
    assert read_exit(data) is None


def test_an_exit_as_the_shim_writes_it() -> None:
    assert read_exit(b'{"code": -9, "at": 5.5, "reason": ""}\n') == Exit(-9, 5.5)
