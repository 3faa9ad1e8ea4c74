"""What `workbench target prune` removes on a target behind a real agent, and what it leaves."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest

from workbench.compute.contract import Pruned, Surroundings
from workbench.ids import new_ulid
from workbench.remote.target import RemoteTarget
from workbench.runtimes.lock import lock_runtime
from workbench.testing.compute import wait_for

from .conftest import Make, Place, imported

DAY = 86400.0


@pytest.fixture
def target(place: Place) -> RemoteTarget:
    made = RemoteTarget("there", place.pipes, Surroundings(place.cache, "test"))
    made.agents = place.agents
    return made


def age(path: Path, days: float) -> Path:
    when = time.time() - days * DAY
    os.utime(path, (when, when), follow_symlinks=False)
    return path


def make_object(place: Place, data: bytes, days: float = 40) -> Path:
    path = place.base / "objects" / hashlib.sha256(data).hexdigest()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return age(path, days)


def kinds(pruned: tuple[Pruned, ...]) -> list[str]:
    return sorted({found.kind for found in pruned})


def test_what_nobody_wanted_for_long_goes_and_comes_back(
    make: Make, place: Place, target: RemoteTarget
) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    assert target.prune(30 * DAY, dry=False) == ()
    for path in (python.parents[2] / "used", *(place.base / "runtimes").glob("tools/*")):
        age(path, 31)
    age(place.base / "runtimes/cache", 31)
    named = target.prune(30 * DAY, dry=True)
    assert kinds(named) == ["cache", "runtime", "tool"]
    assert python.exists()
    assert {found.name for found in named if found.kind == "runtime"} == {runtime.digest}
    assert all(found.bytes > 0 for found in named if found.kind in {"runtime", "tool"})
    gone = target.prune(30 * DAY, dry=False)
    assert [(one.kind, one.name) for one in gone] == [(one.kind, one.name) for one in named]
    assert list((place.base / "runtimes").rglob("*.py")) == []
    assert place.state(runtime) == ""
    assert imported(place.ensure(runtime), "import numpy") == ""


def test_one_that_was_wanted_lately_stays_whatever_is_asked(
    make: Make, place: Place, target: RemoteTarget
) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    assert target.prune(0, dry=False) == ()
    age(python.parents[2] / "used", 31)
    assert place.state(runtime) == str(python)  # wanted again
    assert "runtime" not in kinds(target.prune(30 * DAY, dry=False))
    assert python.exists()


def test_one_that_work_runs_in_stays(make: Make, place: Place, target: RemoteTarget) -> None:
    python = place.ensure(lock_runtime(make(), ()))
    work = subprocess.Popen([python, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        # A program that has just been started has no command line yet.
        wait_for(Path(f"/proc/{work.pid}/cmdline").read_bytes, bool)
        age(python.parents[2] / "used", 31)
        assert "runtime" not in kinds(target.prune(0, dry=False))
        assert python.exists()
    finally:
        work.communicate(b"\n")
    assert "runtime" in kinds(target.prune(0, dry=False))


def test_one_that_is_being_built_stays(place: Place, target: RemoteTarget) -> None:
    home = place.base / "runtimes" / ("a" * 64)
    half = home / "x86_64-glibc.building"
    half.mkdir(parents=True)
    (half / "file").write_bytes(b"x" * 10)
    with (home / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        age(home, 40)
        assert target.prune(0, dry=False) == ()
    (home / "used").touch()
    [found] = target.prune(0, dry=False)  # its builder is gone, what it left is not
    assert (found.kind, found.name, found.bytes) == ("runtime", f"{home.name}/{half.name}", 10)
    assert home.exists()
    assert not half.exists()


def test_objects_that_a_job_links_stay(place: Place, target: RemoteTarget) -> None:
    used, code, unused, fresh = (
        make_object(place, name, days)
        for name, days in ((b"used", 40), (b"code", 40), (b"unused", 40), (b"fresh", 1))
    )
    job = place.base / "jobs" / new_ulid()
    (job / "in").mkdir(parents=True)
    (job / "in" / "data").symlink_to(used)
    (job / "code.zip").symlink_to(code)
    [found] = target.prune(30 * DAY, dry=False)
    assert (found.kind, found.name, found.bytes) == ("object", unused.name, 6)
    assert [path.exists() for path in (used, code, unused, fresh)] == [True, True, False, True]


def test_half_sent_objects_go_after_a_while(place: Place, target: RemoteTarget) -> None:
    whole = make_object(place, b"x")
    part = whole.rename(whole.with_name(whole.name + ".part"))
    age(part, 40)
    assert [found.name for found in target.prune(30 * DAY, dry=False)] == [part.name]


def test_a_python_that_uv_fetched_stays_while_a_runtime_stands_on_it(
    make: Make, place: Place, target: RemoteTarget
) -> None:
    python = place.ensure(lock_runtime(make(), ()))
    pythons = place.base / "runtimes" / "pythons"
    for name in ("cpython-used", "cpython-unused"):
        (pythons / name / "bin").mkdir(parents=True)
        age(pythons / name, 40)
    settings = python.parents[1] / "pyvenv.cfg"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("home")]
    settings.write_text("\n".join([f"home = {pythons}/cpython-used/bin", *lines]))
    [found] = target.prune(30 * DAY, dry=False)
    assert (found.kind, found.name) == ("python", "cpython-unused")
    assert (pythons / "cpython-used").exists()
