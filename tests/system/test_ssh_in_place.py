"""Training by command on a machine that sees this project's folder: the data are read where they lie."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import run_workbench
from late_project import late_project
from real.sshd import ALIAS, Sshd

from workbench.compute.wake import runner_pid
from workbench.project.project import Project, open_project
from workbench.testing.compute import wait_for

pytestmark = [pytest.mark.real("sshd", "ssh", "ssh-keygen"), pytest.mark.timeout(900)]


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    folder = tmp_path / "sshd"
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(server.client))
    yield server
    server.stop()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = late_project(tmp_path / "p", rows=300)
    yield open_project(tmp_path / "p", via="test")
    pid = runner_pid(made)
    if pid:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: runner_pid(made), lambda found: found is None, 60)


def test_a_run_in_place_is_the_run_here_and_no_data_are_sent(
    project: Project, sshd: Sshd, tmp_path: Path
) -> None:
    def ask(*words: str | Path) -> Any:
        return run_workbench("--project", project.root, *words).data

    def train(*target: str) -> Any:
        run = ask("run", "train", "late", "--trainer", "linear", *target)["reference"]
        return ask("run", "show", run)

    seen, copy = tmp_path / "mount" / "p", tmp_path / "copy"
    seen.parent.mkdir()
    seen.symlink_to(project.root)  # the same folder by the name that it has there
    shutil.copytree(project.root / ".workbench" / "objects", copy / ".workbench" / "objects")
    shutil.copy(project.root / ".workbench" / "project-id", copy / ".workbench")
    row = project.store.one("SELECT object FROM dataset_versions")
    assert row is not None
    data = row["object"]
    there = sshd.folder / "state" / "workbench" / "objects" / data

    here = train()
    for name, folder in (("place", seen), ("spoilt", copy), ("moon", tmp_path / "nowhere")):
        words = ("--kind", "ssh", "--host", ALIAS, "--project-folder", str(folder))
        ask("target", "add", name, *words)
    spoil(copy / ".workbench" / "objects" / data[:2] / data[2:])

    check = ask("target", "check", "place")
    assert (check["facts"]["data"], check["missing"]) == (f"read in place at {seen}", [])
    in_place = train("--target", "place")
    assert in_place["state"] == "succeeded"
    assert in_place["model"]["content"] == here["model"]["content"]
    assert in_place["metrics"] == here["metrics"]
    assert not there.exists()
    assert warned(project, in_place) == []

    check = ask("target", "check", "spoilt")
    assert [lack["why"] for lack in check["missing"]] == [
        f"At {copy} there is a copy of this project: what it lacks is copied"
    ]
    copied = train("--target", "spoilt")
    assert copied["model"]["content"] == here["model"]["content"]
    line = f"data.parquet is copied, not read in place at {copy}: its bytes differ"
    assert warned(project, copied) == [line]
    assert there.exists()

    check = ask("target", "check", "moon")
    assert [lack["why"] for lack in check["missing"]] == [
        f"This project is not seen at {tmp_path / 'nowhere'} there, so data are copied: "
        "there is no such folder"
    ]
    assert list((sshd.folder / "state" / "workbench" / "jobs").iterdir()) == []
    assert there.parent.stat().st_mode & 0o77 == 0


def warned(project: Project, run: Any) -> list[str]:
    """Return what `job show` says of the way there."""
    shown = run_workbench("--project", project.root, "job", "show", run["job"]).data
    return [text for text in shown["warnings"] if "in place" in text]


def spoil(path: Path) -> None:
    """Change one byte in the middle."""
    path.chmod(0o600)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(bytes(whole))
