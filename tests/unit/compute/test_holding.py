"""Limits that the kernel holds a job to, where a control group is allowed (to root), and where not."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.users import person

from workbench.compute import place
from workbench.compute.bundle import make_bundle
from workbench.compute.cgroups import noted
from workbench.compute.folder import read_claim
from workbench.compute.holding import way
from workbench.compute.identity import identify
from workbench.compute.place import Found
from workbench.ids import new_ulid
from workbench.testing.compute import wait_for

pytestmark = [pytest.mark.root, pytest.mark.real("useradd")]

PYTHON = "/usr/bin/python3"
"""The machine's own: a person without rights reads it, and a job's watcher needs nothing more."""
MB = 2**20
HOLD = (
    "held = bytearray({size})\n"
    "for at in range(0, len(held), 4096): held[at] = 1\n"
    "import time; time.sleep({then})"
)
HIDDEN = """
import os, subprocess, sys, time
hidden = ("import os, time\\n"
          "if os.fork(): os._exit(0)\\n"
          "os.setsid(); print(os.getpid(), flush=True); time.sleep(600)")
subprocess.run([sys.executable, "-c", hidden], env={})
time.sleep(600)
"""


class Line:
    """Starts code as jobs of one user, in folders of theirs."""

    def __init__(self, base: Path, user: str | None) -> None:
        self.base = base / "workbench" / "jobs"
        self.user = user
        self.started: list[Path] = []
        package = base / "packages" / "held_job"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "work.py").write_text(
            "import json, pathlib, sys\n"
            "exec(json.loads((pathlib.Path(sys.argv[1]) / 'spec.json').read_bytes())['code'])\n"
        )
        code = make_bundle(base, ())
        code.chmod(0o644)
        self.path = f"{code}:{package.parent}"

    def __call__(self, code: str, **limits: object) -> Path:
        folder = self.base / new_ulid()
        folder.mkdir(parents=True)
        (folder / "spec.json").write_text(json.dumps({"code": code, "limits": limits}))
        if self.user:
            subprocess.run(["chown", "-R", self.user, str(self.base.parents[1])], check=True)
        self.started.append(folder)
        subprocess.run(
            [PYTHON, "-P", "-S", "-m", "workbench.compute.shim", str(folder), "held_job.work"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": self.path, "WORKBENCH_JOB": folder.name},
            user=self.user,
            cwd="/",
            check=True,
            timeout=60,
        )
        return folder


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Line]:
    """Jobs of root, who may make control groups."""
    line = Line(tmp_path, None)
    yield line
    for folder in line.started:
        place.stop(folder)


@pytest.fixture
def watched() -> Iterator[Line]:
    """Jobs of a person who may not."""
    with person() as somebody:
        somebody.home.chmod(0o755)
        line = Line(somebody.home, somebody.name)
        yield line
        for folder in line.started:
            place.stop(folder)


def ended(folder: Path) -> Found:
    return wait_for(lambda: place.find(folder), lambda found: found.state == "ended", 60)


def log(folder: Path) -> str:
    path = folder / "log"
    return path.read_text() if path.exists() else ""


def groups(job: str) -> list[str]:
    """Return the groups of a job as the system shows them."""
    found = ["find", "/sys/fs/cgroup", "-type", "d", "-name", f"*{job}*"]
    return subprocess.run(found, capture_output=True, text=True, check=False).stdout.split()


def test_the_kernel_ends_what_goes_over_its_memory_at_once(held: Line) -> None:
    # Ten times too much, and over again before anybody could have looked twice a second.
    folder = held(HOLD.format(size=600 * MB, then=0) + "\nprint('it held it all')", memory=64 * MB)
    found = ended(folder)
    assert found.exit_code == -9
    assert found.reason == "over its memory of 64M"
    assert found.usage is not None
    assert found.usage["peak"] >= 64 * MB
    assert log(folder) == ""
    assert groups(folder.name) == []


def test_without_a_group_it_is_seen_and_ended_all_the_same(watched: Line) -> None:
    found = ended(watched(HOLD.format(size=300 * MB, then=600), memory=64 * MB))
    assert found.reason == "over its memory of 64M"
    assert found.exit_code is not None
    assert found.exit_code < 0


def test_a_child_that_the_kernel_ended_ends_the_job_while_it_waits(held: Line) -> None:
    code = (
        "import subprocess, sys, time\n"
        f"subprocess.run([sys.executable, '-c', {HOLD.format(size=300 * MB, then=0)!r}])\n"
        "time.sleep(600)"
    )
    assert ended(held(code, memory=100 * MB)).reason == "over its memory of 100M"


def test_a_job_is_in_a_group_of_its_own_with_the_limits_that_were_asked(held: Line) -> None:
    folder = held(
        "print(open('/proc/self/cgroup').read(), flush=True); import time; time.sleep(600)",
        memory=64 * MB,
    )
    wait_for(lambda: log(folder), bool)
    assert f"/workbench-{folder.name}" in log(folder)
    [group] = noted(folder)
    limit = next(
        path for name in ("memory.max", "memory.limit_in_bytes") if (path := group / name).exists()
    )
    assert int(limit.read_text()) == 64 * MB
    assert groups(folder.name) == [str(group)]
    place.stop(folder)
    assert ended(folder).reason == "stopped by request"
    assert groups(folder.name) == []


def test_half_a_core_is_half_a_core(held: Line) -> None:
    code = (
        "import time\nbegan, used = time.monotonic(), time.process_time()\n"
        "while time.process_time() - used < 1.0: pass\n"
        "print(time.monotonic() - began)"
    )
    folder = held(code, cpus=0.5)
    assert ended(folder).exit_code == 0
    assert float(log(folder)) > 1.7


def test_what_hid_from_its_watcher_is_ended_after_the_watcher_was_killed(held: Line) -> None:
    """No mark in its environment, no parent of the job, nobody's child: the group alone knows it."""
    folder = held(HIDDEN, memory=200 * MB)
    wait_for(lambda: log(folder), bool)
    hidden = identify(int(log(folder)))
    claim = read_claim(folder)
    assert hidden is not None
    assert claim is not None
    assert claim.shim is not None
    os.kill(claim.shim.pid, 9)
    wait_for(lambda: identify(claim.shim.pid), lambda who: who != claim.shim)
    place.stop(folder)
    assert identify(hidden.pid) != hidden
    place.remove(folder)
    assert groups(folder.name) == []


def test_a_note_names_no_group_of_others(tmp_path: Path) -> None:
    folder = tmp_path / new_ulid()
    folder.mkdir()
    assert noted(folder) == []
    name = f"workbench-{folder.name}"
    for wrong in (
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/system.slice",
        f"/tmp/{name}",
        f"/sys/fs/cgroup/../../../tmp/{name}",
        f"sys/fs/cgroup/{name}",
        f"/sys/fs/cgroup/{name}x",
        f"/sys/fs/cgroup/workbench-{new_ulid()}",
        "\0\udcff" * 4,
    ):
        (folder / "group").write_text(wrong + "\n", errors="surrogateescape")
        assert noted(folder) == [], wrong
    (folder / "group").write_text(f"/sys/fs/cgroup/deep/{name}\n/sys/fs/cgroup/{name}\n")
    assert [str(path) for path in noted(folder)] == [
        f"/sys/fs/cgroup/deep/{name}",
        f"/sys/fs/cgroup/{name}",
    ]


def test_how_limits_are_held_is_said_as_it_is(watched: Line) -> None:
    assert way().startswith("held by the kernel (")
    told = subprocess.run(
        [PYTHON, "-P", "-c", "from workbench.compute.holding import way; print(way())"],
        env={"PYTHONPATH": watched.path},
        user=pwd.getpwnam(watched.user or "").pw_uid,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == "looked at twice a second"
