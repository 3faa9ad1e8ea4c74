"""Data in place: an agent that sees the project's folder reads what it verified, and nothing else."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from real.pipes import Pipes

from workbench.compute.contract import Bundle, Stage, Surroundings
from workbench.compute.events import EventReader, Message
from workbench.errors import TargetError
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.remote.agent import inplace as far
from workbench.remote.target import RemoteTarget

DATA = b"rows " * 20_000


class Site:
    """A project, seen at `folder` by a target on this machine, and one object of its data."""

    def __init__(self, project: Project, pipes: Pipes, folder: Path) -> None:
        self.project = project
        self.pipes = pipes
        self.folder = folder
        self.digest = project.store.objects.put_bytes(DATA)
        self.object = project.store.objects.path(self.digest)
        self.base = pipes.home / ".local/state/workbench"
        self.stages: list[Stage] = []
        self.target = self.open(str(folder))

    def open(self, folder: str) -> RemoteTarget:
        project = self.project
        cache = project.paths.cache
        cache.mkdir(exist_ok=True)
        around = Surroundings(cache, "test", project=project.id)
        return RemoteTarget("there", self.pipes, around, project_folder=folder)

    def send(self, job: str = "", target: RemoteTarget | None = None) -> Path:
        """Bring a job there; return where its input leads."""
        code = self.project.root / "code.zip"
        code.write_bytes(b"code")
        job = job or new_ulid()
        source = self.project.paths.root / "kept"
        source.write_bytes(DATA)  # what this side has, whatever is made of the object
        bundle = Bundle(job, code, b"{}", "m", {"data": source}, {"data": self.digest})
        self.stages.clear()
        (target or self.target).send(bundle, self.stages.append)
        return (self.base / "jobs" / job / "in" / "data").readlink()

    def copied(self) -> bool:
        return (self.base / "objects" / self.digest).exists()

    def told(self, job: str) -> list[str]:
        events = EventReader(self.base / "jobs" / job / "events.jsonl").read()
        return [event.text for event in events if isinstance(event, Message)]

    def spoil(self, data: bytes) -> None:
        """Have other bytes in the object's file, its time as it was."""
        before = self.object.stat()
        self.object.chmod(0o600)
        self.object.write_bytes(data)
        self.object.chmod(0o400)
        os.utime(self.object, ns=(before.st_atime_ns, before.st_mtime_ns))


@contextmanager
def make_site(root: Path) -> Iterator[Site]:
    project = init_project(root / "p", "p", via="test")
    (root / "seen").symlink_to(root / "p")  # another path to the same folder
    (root / "home").mkdir()
    pipes = Pipes(root / "home", sys.executable)
    made = Site(project, pipes, root / "seen")
    yield made
    made.target.close()
    pipes.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with make_site(tmp_path) as made:
        yield made


def test_an_object_is_read_in_place_and_verified_once(site: Site) -> None:
    assert site.send().samefile(site.object)
    assert not site.copied()
    assert [stage.name for stage in site.stages if stage.name in {"verify", "data"}] == ["verify"]
    assert site.send().samefile(site.object)
    assert [stage for stage in site.stages if stage.name == "verify"] == []


def test_a_larger_one_is_verified_by_steps(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.object.open("rb") as stream:
        assert len(stream.read()) < far.STEP
    big = b"\0" * (far.STEP * 2 + 5)
    site.digest = site.project.store.objects.put_bytes(big)
    site.object = site.project.store.objects.path(site.digest)
    monkeypatch.setitem(globals(), "DATA", big)
    assert site.send().samefile(site.object)
    steps = [(stage.done, stage.total) for stage in site.stages if stage.name == "verify"]
    assert steps == [(0, len(big)), (far.STEP, len(big)), (far.STEP * 2, len(big))]


def test_one_byte_that_differs_is_never_read(site: Site) -> None:
    site.spoil(DATA[:-1] + b"!")
    job = new_ulid()
    place = site.send(job)
    assert place == site.base / "objects" / site.digest
    assert place.read_bytes() == DATA
    line = f"data is copied, not read in place at {site.folder}: its bytes differ"
    assert site.told(job) == [line]
    assert {stage.note for stage in site.stages if stage.name == "data"} == {line}


def test_one_that_changed_since_it_was_verified_is_read_again(site: Site) -> None:
    job = new_ulid()
    assert site.send(job).samefile(site.object)
    site.spoil(DATA[:-1] + b"!")  # the same size, the same time
    assert site.send(job) == site.base / "objects" / site.digest  # the job's link follows
    assert site.send() == site.base / "objects" / site.digest
    site.spoil(DATA)
    assert site.send().samefile(site.object)


def test_a_job_is_not_filled_with_what_changed_on_the_way(site: Site) -> None:
    site.send()
    site.spoil(b"x" * len(DATA))
    with pytest.raises(TargetError) as refused:
        site.target.agents.use(
            lambda agent: agent.ask(
                "workbench.remote.agent.jobs.fill", b"{}", job=new_ulid(), code="0" * 64,
                inputs={"data": site.digest}, shared=str(site.folder),
                sizes={site.digest: len(DATA)},
            )
        )  # fmt: skip
    assert (refused.value.code, refused.value.why) == (
        "job.object",
        "it changed since it was verified",
    )


def replace_by_link(site: Site) -> None:
    secret = site.project.root / "secret"
    secret.write_bytes(DATA)  # even the right bytes
    site.object.unlink()
    site.object.symlink_to(secret)


def replace_folder_by_link(site: Site) -> None:
    away = site.project.root / "away"
    site.object.parent.rename(away)
    site.object.parent.symlink_to(away)


def replace_by_pipe(site: Site) -> None:
    site.object.unlink()
    os.mkfifo(site.object)


def shorten(site: Site) -> None:
    site.spoil(DATA[:-1])


def take_away(site: Site) -> None:
    site.object.unlink()


def replace_by_folder(site: Site) -> None:
    site.object.unlink()
    site.object.mkdir()


BAD = {
    "link": (replace_by_link, "a link is in its place"),
    "folder is a link": (replace_folder_by_link, "a link is in its place"),
    "pipe": (replace_by_pipe, "it is no plain file"),
    "folder": (replace_by_folder, "it is no plain file"),
    "shorter": (shorten, f"it has {len(DATA) - 1} bytes, not {len(DATA)}"),
    "gone": (take_away, "it is not there"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_the_object_is_copied_and_told(site: Site, name: str) -> None:
    spoil, why = BAD[name]
    spoil(site)
    job = new_ulid()
    place = site.send(job)
    assert place == site.base / "objects" / site.digest
    assert place.read_bytes() == DATA
    assert site.told(job) == [f"data is copied, not read in place at {site.folder}: {why}"]


def another(site: Site) -> str:
    return str(init_project(site.project.root.parent / "other", "other", via="test").root)


def empty(site: Site) -> str:
    (site.project.root.parent / "empty").mkdir()
    return str(site.project.root.parent / "empty")


def pipe_for_id(site: Site) -> str:
    (site.project.paths.own / "project-id").unlink()
    os.mkfifo(site.project.paths.own / "project-id")
    return str(site.folder)


WRONG = {
    "missing": (lambda site: "/no/such/place", "there is no such folder"),
    "user": (lambda site: "~nobody-of-that-name/p", "there is no such user"),
    "file": (lambda site: str(site.object), "it cannot be read: Not a directory"),
    "empty": (empty, "there is no project in it"),
    "another": (another, "another project is in it"),
    "pipe": (pipe_for_id, "another project is in it"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_place_is_one_clear_line_in_check_and_job(site: Site, name: str) -> None:
    make, why = WRONG[name]
    folder = make(site)
    target = site.open(folder)
    job = new_ulid()
    try:
        probe = target.probe()
        assert probe.ok  # jobs run all the same
        assert probe.facts["data"] == "copied"
        [lack] = [lack for lack in probe.missing if "not seen" in lack.why]
        assert lack.why == f"This project is not seen at {folder} there, so data are copied: {why}"
        assert site.send(job, target) == site.base / "objects" / site.digest
    finally:
        target.close()
    assert site.told(job) == [f"data are copied, not read in place at {folder}: {why}"]


@pytest.mark.root
@pytest.mark.real("setpriv", "/usr/bin/python3")
@pytest.mark.parametrize("what", ["project", "object"])
def test_what_another_user_cannot_read_is_copied_and_told(what: str) -> None:
    become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with TemporaryDirectory(dir="/var/tmp") as root, make_site(Path(root)) as site:
        Path(root).chmod(0o755)
        os.chown(site.pipes.home, 65534, 65534)
        if what == "object":
            own = site.project.paths
            for path in (own.root, own.own, own.objects, site.object.parent):
                path.chmod(0o755)
        site.pipes.shell = (*become, "sh", "-c")
        site.pipes.python = "/usr/bin/python3"  # ours may lie where that user cannot go
        job = new_ulid()
        assert site.send(job) == site.base / "objects" / site.digest
        [line] = site.told(job)
        assert line.endswith("cannot be read: Permission denied")


def test_check_tells_the_place_from_a_copy_of_it(site: Site, tmp_path: Path) -> None:
    probe = site.target.probe()
    assert (probe.facts["data"], probe.missing) == (f"read in place at {site.folder}", ())
    copy = tmp_path / "copy"
    (copy / ".workbench").mkdir(parents=True)
    for name in ("project-id", "objects"):
        os.system(f"cp -a {site.project.paths.own / name} {copy / '.workbench'}")
    target = site.open(str(copy))
    try:
        found = target.probe()
        place = site.send(target=target)
    finally:
        target.close()
    assert found.ok
    assert [lack.why for lack in found.missing] == [
        f"At {copy} there is a copy of this project: what it lacks is copied"
    ]
    assert place.is_relative_to(copy)  # what it has is the very object
    assert hashlib.sha256(place.read_bytes()).hexdigest() == site.digest
    assert list(site.project.paths.cache.glob(".seen-*")) == []


def test_without_the_option_all_is_sent(site: Site) -> None:
    target = site.open("")
    assert "data" not in target.probe().facts
    assert site.send(target=target) == site.base / "objects" / site.digest
    target.close()


def test_notes_that_nobody_wants_are_pruned(site: Site) -> None:
    site.send()
    note = site.base / "verified" / site.digest
    old = note.stat().st_mtime - 100_000
    assert site.target.prune(0) == ()
    os.utime(note, (old, old))
    site.send()  # wanted again
    assert site.target.prune(50_000) == ()
    os.utime(note, (old, old))
    assert [(one.kind, one.name) for one in site.target.prune(50_000)] == [
        ("verified", site.digest)
    ]
    assert site.object.exists()
