"""Limits that the shim holds a job to, and what it tells of its use: real processes, real clocks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.compute.local import LocalTarget
from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Handle, Status
from workbench.compute.folder import asked_limits, read_usage, write_usage
from workbench.compute.identity import identify
from workbench.compute.limits import Limits, Usage, limits_of, usage_of
from workbench.compute.machine import End, Known, Seen, decide
from workbench.compute.spec import JobSpec
from workbench.ids import new_ulid
from workbench.testing.compute import wait_for

PACKAGE = "limited_job"
MB = 2**20

Start = Callable[..., Handle]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start Python code as a job with limits on this machine."""
    package = tmp_path / "packages" / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text(
        "import json, sys, pathlib\n"
        "spec = json.loads((pathlib.Path(sys.argv[1]) / 'spec.json').read_bytes())\n"
        "exec(spec['work']['code'])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    started: list[Handle] = []

    def submit(code: str, **limits: Any) -> Handle:
        spec = JobSpec(
            job=new_ulid(),
            kind="test",
            module=f"{PACKAGE}.work",
            plugins=(f"{PACKAGE}.work:NONE",),
            limits=Limits(**limits),
            work={"code": code},
        )
        bundle = Bundle(spec.job, make_bundle(tmp_path, spec.plugins), spec.encode(), spec.module)
        handle = LocalTarget().prepare(spec.job)
        started.append(handle)
        LocalTarget().submit(handle, bundle)
        return handle

    yield submit
    for handle in started:
        LocalTarget().stop(handle)


def ended(handle: Handle) -> Status:
    return wait_for(lambda: LocalTarget().poll(handle), lambda status: status.state == "ended", 60)


def log(handle: Handle) -> str:
    return (Path(handle["folder"]) / "log").read_text()


def told(status: Status) -> str:
    """Return the reason that the job's record gets."""
    known = Known(name="j_1", state="running", cancel_requested=False)
    [end] = decide(known, Seen(status=status, slot=False, silent=0.0, since_stop=None))
    assert isinstance(end, End)
    assert end.state == "failed"
    return end.reason


FAMILY = """
import os, signal, subprocess, sys, time
code = ("import os,signal,sys,time\\n"
        "if os.fork(): os._exit(0)\\n"
        "os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
        "print(os.getpid(), flush=True); time.sleep(600)")
subprocess.run([sys.executable, "-c", code])
time.sleep(600)
"""


def test_over_its_time_every_process_is_ended(start: Start) -> None:
    began = time.monotonic()
    handle = start(FAMILY, time=3.0)
    status = ended(handle)
    assert time.monotonic() - began >= 3.0
    assert status.reason == "over its time of 3s"
    assert status.exit_code is not None
    assert status.exit_code < 0
    assert told(status) == "over its time of 3s"
    assert identify(int(log(handle).split()[0])) is None


def test_what_ends_in_time_is_left_alone(start: Start) -> None:
    status = ended(start("print('done')", time=120.0, memory=512 * MB, cpus=1.0))
    assert (status.exit_code, status.reason) == (0, "")


def test_one_that_ends_well_when_its_time_is_over_has_failed_all_the_same(start: Start) -> None:
    code = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(600)"
    status = ended(start(code, time=2.0))
    assert status.reason == "over its time of 2s"
    assert status.exit_code not in {0, None}


HOLD = (
    "held = bytearray({size})\n"
    "for at in range(0, len(held), 4096): held[at] = 1\n"
    "import time\n"
    "time.sleep({then})"
)


def test_over_its_memory_it_is_ended(start: Start) -> None:
    status = ended(start(HOLD.format(size=400 * MB, then=600), memory=200 * MB))
    assert status.reason == "over its memory of 200M"
    assert told(status) == "over its memory of 200M"


def test_the_memory_of_all_its_processes_counts(start: Start) -> None:
    code = (
        "import subprocess, sys\n"
        f"code = {HOLD.format(size=150 * MB, then=600)!r}\n"
        "children = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(3)]\n"
        "for child in children: child.wait()"
    )
    assert ended(start(code, memory=300 * MB)).reason == "over its memory of 300M"


def test_memory_that_processes_share_counts_once(start: Start) -> None:
    """Three forks of a parent that holds 150 MB: 600 by each one's figure, 150 in truth."""
    code = (
        "import os, time\n"
        f"held = bytearray({150 * MB})\n"
        "for at in range(0, len(held), 4096): held[at] = 1\n"
        "children = []\n"
        "for _ in range(3):\n"
        "    pid = os.fork()\n"
        "    if not pid: time.sleep(4); os._exit(0)\n"
        "    children.append(pid)\n"
        "for pid in children: os.waitpid(pid, 0)\n"
    )
    status = ended(start(code, memory=350 * MB))
    assert (status.exit_code, status.reason) == (0, "")
    assert status.usage is not None
    assert status.usage.peak > 350 * MB  # by each one's figure it was over


@pytest.mark.parametrize(
    ("memory", "said"), [(100 * MB, "no memory"), (None, "got it")], ids=["limited", "free"]
)
def test_one_wild_request_fails_in_the_work_itself(
    start: Start, memory: int | None, said: str
) -> None:
    code = (
        "import numpy\n"
        f"try:\n    numpy.empty({8 * 2**30}, dtype='u1')\n    print('got it')\n"  # not touched
        "except MemoryError:\n    print('no memory')"
    )
    handle = start(code, memory=memory)
    assert ended(handle).exit_code == 0
    assert log(handle).strip() == said


@pytest.mark.parametrize(
    ("cpus", "cores"), [(1.0, 1), (0.5, 1), (4096.0, None)], ids=["one", "half", "all"]
)
def test_cores_are_those_it_may_use_and_its_children_too(
    start: Start, cpus: float, cores: int | None
) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import os; print(len(os.sched_getaffinity(0)))'])"
    )
    handle = start(code, cpus=cpus)
    assert ended(handle).exit_code == 0
    assert int(log(handle)) == (cores or len(os.sched_getaffinity(0)))


BURN = "import time\nuntil = time.process_time() + {seconds}\nwhile time.process_time() < until: pass\n"


def test_usage_is_told_while_it_runs_and_after(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = (
        BURN.format(seconds=0.5)
        + f"held = bytearray({100 * MB})\nfor at in range(0, len(held), 4096): held[at] = 1\n"
        "import os, subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {BURN.format(seconds=0.5)!r}])\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.05)"
    )
    handle = start(code)

    def used(status: Status) -> bool:
        return (
            status.usage is not None and status.usage.memory >= 100 * MB and status.usage.cpu >= 1.0
        )

    running = wait_for(lambda: LocalTarget().poll(handle), used, 60)
    assert running.state == "running"
    gate.touch()
    status = ended(handle)
    assert status.usage is not None
    assert running.usage is not None
    # What a child burnt is in it after the child has gone, and in it once.
    assert 1.0 <= status.usage.cpu < 10
    assert status.usage.cpu >= running.usage.cpu
    assert status.usage.peak >= 100 * MB
    assert status.usage.memory == 0


def test_a_spec_without_limits_has_none(tmp_path: Path) -> None:
    assert limits_of(asked_limits(tmp_path)) == Limits()
    for text in ("{}", "{", "[]", '{"limits": {"other": 1}}', '{"limits": 3}', '{"limits": null}'):
        (tmp_path / "spec.json").write_text(text)
        assert limits_of(asked_limits(tmp_path)) == Limits()
    (tmp_path / "spec.json").write_text(json.dumps({"limits": {"time": 2.5, "memory": None}}))
    assert asked_limits(tmp_path) == {"time": 2.5}
    assert limits_of(asked_limits(tmp_path)) == Limits(time=2.5)


def test_what_cannot_be_a_usage_is_none(tmp_path: Path) -> None:
    assert read_usage(tmp_path) is None
    write_usage(tmp_path, {"cpu": 1.5, "memory": 2, "peak": 3})
    assert usage_of(read_usage(tmp_path)) == Usage(1.5, 2, 3)
    for found in (
        None,
        [],
        {},
        {"cpu": "x", "memory": 1, "peak": 1},
        {"cpu": -1, "memory": 1, "peak": 1},
    ):
        assert usage_of(found) is None
