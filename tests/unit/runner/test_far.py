"""The loop with several hands and a target behind an agent: slots, cuts, refusals, cancels on the way."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.pipes import Pipes

from workbench.compute.contract import Surroundings
from workbench.compute.forgetting import forget_job
from workbench.compute.jobs import cancel, get_job, queue_record, store_spec
from workbench.compute.processes import marked
from workbench.compute.staging import read_stage
from workbench.errors import Conflict, TargetRefused
from workbench.project.project import Project, init_project, open_project
from workbench.project.settings import write_settings
from workbench.remote.sending import CHUNK
from workbench.remote.target import RemoteTarget
from workbench.runner import follow
from workbench.runner.hands import ManyHands
from workbench.runner.loop import Loop
from workbench.testing.compute import wait_for
from workbench.testing.work import work_spec, write_package


class Far:
    """A project with a target `far`, and a loop with many hands that is turned here."""

    def __init__(self, project: Project, pipes: Pipes) -> None:
        self.project = project
        self.pipes = pipes
        self.target = RemoteTarget("far", pipes, Surroundings(project.paths.cache, "test"))
        self.target.pace = 0.05
        self.target.needs_runtime = False  # this very Python: what is tried is the loop
        self.loop = Loop(project, hands=ManyHands())

    def queue(
        self, target: str = "far", inputs: dict[str, str] | None = None, **work: object
    ) -> str:
        spec = work_spec(inputs, **work)
        digest = store_spec(self.project, spec)
        self.project.store.decide(lambda view: [queue_record(view, spec, digest, target=target)])
        return spec.job

    def until(self, job: str, *states: str):
        def look():
            self.loop.turn()
            self.loop.wait(0.05)
            return get_job(self.project, job)

        return wait_for(look, lambda found: found.state in states, 60.0)

    def log(self, job: str) -> bytes:
        return (self.project.paths.job(job) / "log").read_bytes()


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    monkeypatch.setattr("workbench.compute.jobs.wake_runner", lambda project: None)
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "packages")))
    root = tmp_path / "line"
    init_project(root, "line")
    table = {"kind": "pipes", "slots": 2}
    write_settings(root / "workbench.toml", {("targets", "far"): table})
    (tmp_path / "home").mkdir()
    pipes = Pipes(tmp_path / "home", sys.executable)
    far = Far(open_project(root, via="runner"), pipes)
    real = follow.open_target
    monkeypatch.setattr(
        follow,
        "open_target",
        lambda project, name: far.target if name == "far" else real(project, name),
    )
    yield far
    assert far.loop.close(30)
    pipes.shell = ("sh", "-c")
    for folder in (pipes.home / ".local/state/workbench/jobs").glob("*"):
        far.target.stop({"job": folder.name})
    far.target.close()
    pipes.close()


def test_slots_are_each_targets_own(far: Far, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    there = [far.queue(until=str(gate)) for _ in range(3)]
    here = far.queue("local", until=str(gate))
    for job in (*there[:2], here):
        far.until(job, "running")
    assert get_job(far.project, there[2]).state == "queued"
    gate.touch()
    for job in (*there, here):
        far.until(job, "succeeded")
    assert not list((far.pipes.home / ".local/state/workbench/jobs").iterdir())


def test_a_job_goes_on_while_its_connection_is_cut(far: Far, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = far.queue(print="x" * 100_000, until=str(gate), write="made")
    far.until(job, "running")
    for _ in range(5):
        far.pipes.cut()
        far.loop.turn()
        far.loop.wait(0.05)
    gate.touch()
    far.until(job, "succeeded")
    assert far.log(job) == b"x" * 100_000 + b"ready\n"


class Slow(Pipes):
    """A line that stops before the second megabyte of any one stream until it is released."""

    def __init__(self, home: Path, python: str) -> None:
        super().__init__(home, python)
        self.released = threading.Event()
        self.stuck = threading.Event()

    def open_agent(self):
        pipe = super().open_agent()
        write, sent = pipe.write, 0

        def held(data: bytes) -> None:
            nonlocal sent
            sent += len(data)
            if sent > 2 * CHUNK:
                self.stuck.set()
                self.released.wait(60)
            write(data)

        pipe.write = held
        return pipe


def test_an_upload_does_not_hold_up_others_and_its_cancel_gives_it_up(
    far: Far, tmp_path: Path
) -> None:
    slow = Slow(far.pipes.home, sys.executable)
    far.target = RemoteTarget("far", slow, Surroundings(tmp_path, "test"))
    far.target.needs_runtime = False
    digest = far.project.store.objects.put_bytes(b"\0" * (8 * CHUNK))
    big = far.queue(inputs={"big": digest}, read=[])
    far.until(big, "starting")
    assert slow.stuck.wait(30)
    quick = far.queue("local")
    far.until(quick, "succeeded")
    stage = read_stage(far.project.paths.job(big))
    assert stage is not None
    assert stage.name in {"data", "connect", "code"}
    cancel(far.project, big)
    far.loop.turn()
    slow.released.set()
    found = far.until(big, "cancelled")
    assert found.started_at is None
    assert not list((far.pipes.home / ".local/state/workbench/objects").glob(digest))
    slow.close()


def test_a_cancelled_job_comes_to_its_end_with_what_it_had_made(far: Far, tmp_path: Path) -> None:
    """Only its way there is given up on a cancel: the way back is part of its end."""
    job = far.queue(write="x" * (3 * CHUNK), until=str(tmp_path / "never"))
    far.until(job, "running")
    wait_for(lambda: far.loop.turn() and far.log(job), lambda log: log == b"ready\n", 60.0)
    agents = len(far.pipes.opened)
    cancel(far.project, job)
    far.until(job, "cancelled")
    assert len(far.pipes.opened) == agents  # one whose transfer is given up is let go


def test_what_a_target_refuses_fails_at_once_and_says_why(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise TargetRefused("The host key of far changed", fix="Look who answers there")

    monkeypatch.setattr(far.pipes, "open_agent", refuse)
    found = far.until(far.queue(), "failed")
    assert found.reason == "The host key of far changed. Look who answers there."


def test_a_target_out_of_reach_is_waited_for_and_says_so(far: Far) -> None:
    far.pipes.shell = ("sh", "-c", "echo no route; exit 255")
    job = far.queue()
    for _ in range(5):
        far.loop.turn()
        far.loop.wait(0.1)
    assert get_job(far.project, job).state == "queued"
    stage = read_stage(far.project.paths.job(job))
    assert stage is not None
    assert (stage.name, "no route" in stage.note) == ("waiting", True)
    far.pipes.shell = ("sh", "-c")
    far.until(job, "succeeded")


def test_a_target_that_left_the_settings(far: Far, tmp_path: Path) -> None:
    assert "no target moon" in far.until(far.queue("moon"), "failed").reason


def test_a_job_of_a_target_that_is_gone_ends_here_and_goes_there_later(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.compute.forgetting.wake_runner", lambda project: None)
    monkeypatch.setattr(
        "workbench.compute.forgetting.open_target", lambda project, name, ask: far.target
    )
    job = far.queue(until=str(tmp_path / "never"))
    far.until(job, "running")
    wait_for(lambda: far.loop.turn() and far.log(job), bool)
    with pytest.raises(Conflict) as refusal:
        forget_job(far.project, job)
    assert refusal.value.fix == "workbench job cancel j_1"

    shell, far.pipes.shell = far.pipes.shell, ("false",)
    far.pipes.cut()
    cancel(far.project, job)  # in order: it waits for the target
    for _ in range(5):
        far.loop.turn()
        far.loop.wait(0.05)
    assert get_job(far.project, job).state == "running"
    forget_job(far.project, job)
    found = far.until(job, "cancelled")
    assert found.left_there
    assert found.reason.startswith("the target far was not asked, and what is there stays there:")
    assert far.log(job) == b"ready\n"
    place = far.pipes.home / ".local/state/workbench/jobs" / job
    assert place.is_dir()
    assert marked("WORKBENCH_JOB", job)

    far.pipes.shell = shell
    again = Loop(far.project, hands=ManyHands())  # the next runner
    try:
        again.turn()
        wait_for(lambda: get_job(far.project, job).left_there, lambda left: not left)
    finally:
        assert again.close(30)
    assert not place.exists()
    assert marked("WORKBENCH_JOB", job) == []
    with pytest.raises(Conflict):
        forget_job(far.project, job)


def test_what_waits_in_the_queue_is_cancelled_in_order(far: Far) -> None:
    job = far.queue()
    with pytest.raises(Conflict) as refusal:
        forget_job(far.project, job)
    assert refusal.value.fix == "workbench job cancel j_1"
    cancel(far.project, job)
    far.until(job, "cancelled")
