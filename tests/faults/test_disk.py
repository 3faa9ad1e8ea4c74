"""A full disk, a read-only one, a folder of somebody else: a clear refusal, and nothing half-stored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.errors import WorkbenchError
from workbench.project.project import Project, init_project, open_project
from workbench.records.project import ProjectCreated
from workbench.store.audit import verify

mounted = [pytest.mark.root, pytest.mark.real("mount")]


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 4 MiB, with the person's own folders on it as well."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(place / name.lower()))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Write until not a byte more is possible; returns the file to remove."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (65536, 4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue
    return filler


def note(n: int) -> ProjectCreated:
    return ProjectCreated(id=f"{n:026}", name="x" * 9000)


def units(project: Project) -> list[int]:
    return [unit.seq for unit, _ in project.store.journal.read()]


def command(project: Path, *args: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Run a command in the project as a process; returns status and what it said."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.cli.main", *args, "--json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.root
@pytest.mark.real("mount")
def test_a_full_disk_stores_nothing_of_a_unit(small_disk: Path) -> None:
    init_project(small_disk / "p", "full")
    project = open_project(small_disk / "p", via="tui")
    project.store.query("SELECT 1 AS one")
    for n in range(3):
        project.store.append(note(n))
    before = units(project)
    filler = fill(small_disk)
    journal = project.store.journal.path(1)
    size = journal.stat().st_size
    with pytest.raises(WorkbenchError) as refusal:
        project.store.append(note(10), note(11))  # more than the last page of the file has room for
    assert refusal.value.code == "store.write"
    assert "No space left" in refusal.value.why
    assert journal.stat().st_size == size, "nothing of it is there"
    assert units(open_project(small_disk / "p", via="tui")) == before
    for ask in (
        lambda: project.store.decide(lambda view: [note(view.next_number("runs") + 90)]),
        lambda: project.store.objects.put_bytes(os.urandom(100_000)),
    ):
        with pytest.raises((WorkbenchError, OSError)):
            ask()
    assert list((project.paths.objects / "tmp").glob("*")) == []
    filler.unlink()
    assert project.store.append(note(99)).seq == before[-1] + 1
    digest = project.store.objects.put_bytes(b"there is room again")
    assert project.store.objects.read(digest) == b"there is room again"
    assert verify(open_project(small_disk / "p", via="tui").store, objects=True).torn_bytes == 0
    assert project.store.counts()["runs"] == 0


@pytest.mark.root
@pytest.mark.real("mount")
def test_a_full_disk_still_answers_or_says_why(small_disk: Path) -> None:
    """Reading when there is no room for the tables: the records answer, or one clear line does."""
    init_project(small_disk / "p", "full")
    project = open_project(small_disk / "p", via="tui")
    project.store.append(note(1))
    filler = fill(small_disk)
    try:
        rows = project.store.query("SELECT count(*) AS n FROM projects")
    except WorkbenchError as refusal:
        told = refusal
        rows = []
    else:
        told = None
    assert rows == [{"n": 2}] or (told is not None and told.code == "store.projection")
    status, answer = command(small_disk / "p", "audit", "verify")
    assert (status, answer["data"]["units"]) == (0, 2)
    status, answer = command(small_disk / "p", "model", "list")
    assert status == 0 or answer["error"]["code"] in {"store.projection", "system.enospc"}
    filler.unlink()
    later = open_project(small_disk / "p", via="tui")
    assert later.store.query("SELECT count(*) AS n FROM projects") == [{"n": 2}]


@pytest.mark.root
@pytest.mark.real("mount")
def test_init_on_a_full_disk_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "p").mkdir()
    fill(small_disk)
    status, answer = command(small_disk, "init", "p")
    assert status == 1
    assert "No space left" in answer["error"]["why"]
    assert not (small_disk / "p" / ".workbench").exists()


@pytest.mark.root
@pytest.mark.real("mount")
def test_a_read_only_disk_is_read_and_not_written(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init_project(small_disk / "p", "still")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    project = open_project(small_disk / "p", via="tui")
    assert project.store.counts()["runs"] == 0
    with pytest.raises(WorkbenchError, match="Read-only file system") as refusal:
        project.store.append(note(1))
    assert refusal.value.code == "store.write"
    status, answer = command(small_disk / "p", "audit", "verify")
    assert (status, answer["data"]["units"]) == (0, 1)
    status, answer = command(small_disk / "p", "model", "list")
    assert (status, answer["data"]) == (0, [])


def test_a_viewer_reads_a_folder_that_is_not_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        project = init_project(place / "p", "theirs")
        project.store.append(note(1))
        for path in [place / "p", *(place / "p").rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        home = place / "home"
        home.mkdir(mode=0o777)
        home.chmod(0o777)
        for name in ("STATE", "CACHE", "CONFIG"):
            monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        before = sorted(str(path) for path in (place / "p").rglob("*"))

        viewer = Path(__file__).parent / "viewer.py"
        done = subprocess.run(
            [sys.executable, str(viewer), str(place / "p")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(str(path) for path in (place / "p").rglob("*")) == before
        for path in [place / "p", *(place / "p").rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
