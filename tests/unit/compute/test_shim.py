"""The shim in its foreground form, as the first process of a container runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.compute.identity import Identity, identify
from workbench.compute.processes import end_all, marked
from workbench.ids import new_ulid
from workbench.testing.compute import wait_for
from workbench.testing.work import PACKAGE, write_package

ROOT = Path(__file__).parents[3]


class Stayed:
    """A job folder and what starts `--stay` on it."""

    def __init__(self, base: Path) -> None:
        self.job = new_ulid()
        self.folder = base / self.job
        self.folder.mkdir()
        self.packages = write_package(base / "packages")

    def start(self, **work: object) -> subprocess.Popen[bytes]:
        (self.folder / "spec.json").write_text(json.dumps({"work": work}))
        return subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "workbench.compute.shim",
                "--stay",
                str(self.folder),
                f"{PACKAGE}.work",
            ],
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{self.packages}", "WORKBENCH_JOB": self.job},
            stderr=subprocess.PIPE,
        )

    def exit(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "exit").read_text())
        return found

    def family(self) -> set[Identity]:
        return set(marked("WORKBENCH_JOB", self.job))


@pytest.fixture
def stayed(tmp_path: Path) -> Iterator[Stayed]:
    made = Stayed(tmp_path)
    yield made
    assert end_all(made.family)


def test_the_first_process_is_the_watcher_and_lives_as_long_as_the_job(
    stayed: Stayed, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    process = stayed.start(until=str(gate), exit=7)
    pid = stayed.folder / "pid"
    wait_for(pid.exists, bool)
    assert json.loads(pid.read_text())["shim"]["pid"] == process.pid
    assert process.poll() is None
    gate.touch()
    assert process.wait(30) == 0
    assert stayed.exit()["code"] == 7


def test_sigterm_ends_every_process(stayed: Stayed, tmp_path: Path) -> None:
    left = tmp_path / "left"
    process = stayed.start(family=str(left), until=str(tmp_path / "never"))
    wait_for(lambda: left.exists() and left.read_text(), bool)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert stayed.exit()["reason"] == "stopped by request"
    assert identify(int(left.read_text())) is None
    assert stayed.family() == set()


def test_a_job_that_was_claimed_is_not_started_again(stayed: Stayed) -> None:
    assert stayed.start(print="once").wait(30) == 0
    before = (stayed.folder / "exit").read_bytes()
    assert stayed.start(print="once").wait(30) == 0
    assert (stayed.folder / "log").read_bytes() == b"once"
    assert (stayed.folder / "exit").read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told_on_stderr(stayed: Stayed) -> None:
    process = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.compute.shim", "--stay", "/proc/none", "nothing"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert process.returncode == 1
    assert b"FileNotFoundError" in process.stderr


def test_little_is_imported_before_the_work_starts() -> None:
    """What lies between two jobs of a slot: each of these takes 3 to 15 ms there."""
    slow = ["ctypes", "dataclasses", "pathlib", "subprocess", "workbench.compute.watching"]
    told = "import sys, workbench.compute.shim; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-P", "-S", "-c", told],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "workbench.compute.folder" in found
    assert [name for name in slow if name in found] == []
