from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from workbench.compute.contract import Handle, Status
from workbench.compute.jobs import cancel, prioritize, queue_record, store_spec
from workbench.compute.machine import LOST_AFTER, End
from workbench.compute.targets import open_target
from workbench.errors import TargetError
from workbench.ids import new_ulid
from workbench.project.paths import state_home
from workbench.project.project import Project
from workbench.records.jobs import JobChanged
from workbench.records.runs import RunCreated, RunFacts
from workbench.runner import follow, patience
from workbench.runner.hands import ManyHands
from workbench.runner.loop import Loop
from workbench.testing.compute import wait_for
from workbench.testing.work import work_spec


@pytest.fixture(autouse=True)
def nobody_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.compute.jobs.wake_runner", lambda project: None)


def folder(job: str) -> Path:
    return state_home() / "jobs" / job


def states(bench, job: str) -> list[str]:
    lines = (bench.project.paths.journal / "000001.jsonl").read_bytes().splitlines()
    records = [record for line in lines for record in msgspec.json.decode(line)["records"]]
    return [r["state"] for r in records if r["kind"].startswith("job.") and r.get("state")]


def test_a_job_from_start_to_end(bench) -> None:
    text = "".join(map(chr, range(256)))
    job = bench.queue(print=text, write="made")
    found = bench.until(job, "succeeded")
    assert (found.exit_code, found.reason) == (0, "")
    assert found.queued_at <= found.started_at <= found.ended_at
    assert bench.log(job) == text.encode("latin-1")
    assert not folder(job).exists()
    assert states(bench, job) == ["starting", "running", "succeeded"]
    assert bench.loop.turn() is False


def test_the_end_keeps_what_the_job_used(bench) -> None:
    job = bench.queue(print="x" * 100)
    bench.until(job, "succeeded")
    lines = (bench.project.paths.journal / "000001.jsonl").read_bytes().splitlines()
    records = [record for line in lines for record in msgspec.json.decode(line)["records"]]
    [end] = [record for record in records if record["kind"] == "job.ended"]
    assert 0 < end["cpu_seconds"] < 60
    assert 2**20 < end["peak_memory"] < 2**32


def test_a_long_log_is_copied_whole(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.runner.mirror.TURN_CAP", 1000)
    monkeypatch.setattr("workbench.compute.place.READ_CAP", 700)
    text = "0123456789abcdef" * 1000
    job = bench.queue(print=text)
    bench.until(job, "succeeded")
    assert bench.log(job) == text.encode()


def test_what_it_says_of_its_failure_is_the_reason(bench) -> None:
    job = bench.queue(exit=3)
    assert bench.until(job, "failed").reason == "exit status 3"
    told = {"what": "The target is constant", "where": "column y", "why": "1 value", "fix": "x"}
    job = bench.queue(exit=1, failure=told)
    found = bench.until(job, "failed")
    assert (found.exit_code, found.reason) == (1, "The target is constant (column y): 1 value. x.")


def test_slots_bound_what_runs_at_once(bench, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    jobs = [bench.queue(until=str(gate)) for _ in range(3)]
    for job in jobs[:2]:
        bench.until(job, "running")
    assert bench.turn(jobs[2]).state == "queued"
    gate.touch()
    bench.until(jobs[2], "succeeded")


def test_a_queued_job_is_cancelled_without_a_start(bench) -> None:
    job = bench.queue()
    cancel(bench.project, job)
    found = bench.turn(job)
    assert (found.state, found.reason) == ("cancelled", "cancelled before it started")
    assert states(bench, job) == ["cancelled"]


def test_a_running_job_is_cancelled(bench, tmp_path: Path) -> None:
    job = bench.queue(until=str(tmp_path / "never"))
    bench.until(job, "running")
    wait_for(lambda: bench.turn(job) and bench.log(job), bool)
    cancel(bench.project, job)
    assert bench.turn(job).state == "stopping"
    found = bench.until(job, "cancelled")
    assert (found.exit_code, found.reason) == (-15, "cancelled")
    assert bench.log(job) == b"ready\n"


def test_the_next_loop_takes_over_a_running_job(bench, tmp_path: Path) -> None:
    count, gate = tmp_path / "count", tmp_path / "gate"
    job = bench.queue(count=str(count), until=str(gate))
    bench.until(job, "running")
    bench.loop = Loop(bench.project)
    assert bench.turn(job).state == "running"
    gate.touch()
    bench.until(job, "succeeded")
    assert count.read_text() == "x"
    assert bench.log(job) == b"ready\n"


def test_the_next_loop_finds_a_job_that_ended_meanwhile(bench, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job = bench.queue(until=str(gate), exit=4)
    bench.until(job, "running")
    bench.loop = Loop(bench.project)
    gate.touch()
    wait_for(lambda: (folder(job) / "exit").exists(), bool)
    assert bench.turn(job).state == "failed"


def test_a_start_that_was_recorded_and_not_made_is_made(bench, tmp_path: Path) -> None:
    count = tmp_path / "count"
    job = bench.queue(count=str(count))
    handle = open_target(bench.project, "local").prepare(job)
    bench.project.store.append(JobChanged(id=job, state="starting", handle=handle))
    bench.until(job, "succeeded")
    assert count.read_text() == "x"


def test_folders_left_by_a_killed_runner_are_removed(bench) -> None:
    job = bench.queue()
    bench.until(job, "succeeded")
    (folder(job) / "out").mkdir(parents=True)
    Loop(bench.project).clear_leftovers()
    assert not folder(job).exists()


def make_run(bench, spec) -> str:
    run = new_ulid()
    digest = store_spec(bench.project, spec)
    bench.project.store.decide(
        lambda view: [
            RunCreated(
                id=run,
                number=view.next_number("runs"),
                job=spec.job,
                experiment="e",
                problem="0" * 64,
                trainer="t",
                params={},
                seed=0,
                dataset="d@1",
                dataset_version=new_ulid(),
                target="local",
                facts=RunFacts(),
            ),
            queue_record(view, spec, digest),
        ]
    )
    return run


def run_row(bench, run: str) -> dict[str, Any]:
    return bench.project.store.one("SELECT state, error FROM runs WHERE id = ?", (run,))


def test_a_run_follows_its_job_in_the_same_units(bench, tmp_path: Path) -> None:
    spec = work_spec(until=str(tmp_path / "never"))
    run = make_run(bench, spec)
    bench.until(spec.job, "running")
    assert run_row(bench, run)["state"] == "running"
    cancel(bench.project, spec.job)
    assert bench.turn(spec.job).state == "stopping"
    assert run_row(bench, run)["state"] == "running"
    bench.until(spec.job, "cancelled")
    assert run_row(bench, run) == {"state": "cancelled", "error": "cancelled"}
    lines = (bench.project.paths.journal / "000001.jsonl").read_bytes().splitlines()
    kinds = [[r["kind"] for r in msgspec.json.decode(line)["records"]] for line in lines]
    assert kinds[-4:] == [
        ["job.changed", "run.changed"],
        ["job.cancel_requested"],
        ["job.changed"],
        ["job.ended", "run.ended"],
    ]


def test_a_job_without_the_result_of_its_run_has_failed(bench) -> None:
    spec = work_spec()
    run = make_run(bench, spec)
    found = bench.until(spec.job, "failed")
    assert run_row(bench, run)["state"] == "failed"
    assert "without a result" in found.reason
    assert run_row(bench, run)["error"] == found.reason


def test_a_job_that_cannot_be_sent_has_failed_and_says_why(bench) -> None:
    spec = msgspec.structs.replace(work_spec(), plugins=("not_there.at_all:X",))
    job = bench.queue(spec)
    found = bench.until(job, "failed")
    assert "not_there" in found.reason
    assert "Python does not find it" in found.reason
    missing = work_spec({"table": "0" * 64})
    found = bench.until(bench.queue(missing), "failed")
    assert "An object of this project is missing" in found.reason


class Wrapped:
    """The local target behind a line that can break."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        if self.error is not None and name not in {"pace", "needs_runtime"}:
            raise self.error
        return getattr(self.inner, name)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def line(bench, monkeypatch: pytest.MonkeyPatch) -> Wrapped:
    wrapped = Wrapped(open_target(bench.project, "local"))
    monkeypatch.setattr(follow, "open_target", lambda project, name: wrapped)
    clock = wrapped.clock = Clock()

    class Timed(follow.Follower):
        def __init__(self, project, job, **more) -> None:
            super().__init__(project, job, clock=clock, **more)

    monkeypatch.setattr("workbench.runner.loop.Follower", Timed)
    bench.loop = Loop(bench.project, clock=clock)
    return wrapped


UNREACHED = TargetError("The line is cut")


def test_unreached_for_a_minute_is_lost_and_comes_back(
    bench, line: Wrapped, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job = bench.queue(until=str(gate))
    bench.until(job, "running")
    line.error = UNREACHED
    line.clock.now += LOST_AFTER - 1
    assert bench.turn(job).state == "running"
    line.clock.now += 31
    assert bench.turn(job).state == "lost"
    assert bench.loop.turn() is False  # nothing to wait for
    line.error = None
    line.clock.now += 60
    assert bench.turn(job).state == "running"
    gate.touch()
    bench.until(job, "succeeded")


def test_an_answer_ends_the_pause_of_its_target_and_of_no_other(bench, line: Wrapped) -> None:
    line.error = TargetError("The key is locked")
    job = bench.queue()
    for _ in range(6):  # looks again later and later
        bench.turn(job)
        line.clock.now += 40
    bench.turn(job)
    line.error = None
    line.clock.now += 1
    bench.loop.hurry("elsewhere")
    assert bench.turn(job).state == "queued", "its pause has not passed"
    bench.loop.hurry("local")
    assert bench.turn(job).state != "queued"
    bench.until(job, "succeeded")


def test_a_slot_is_free_while_the_end_of_its_job_is_recorded(
    bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = ManyHands()
    bench.loop = Loop(bench.project, hands=hands)
    recording, go = threading.Event(), threading.Event()
    real = follow.end_records

    def slow(project: Project, job: str, out: Path, step: End) -> Any:
        if job == first:
            recording.set()
            assert go.wait(60)
        return real(project, job, out, step)

    monkeypatch.setattr(follow, "end_records", slow)
    first, beside = bench.queue(), bench.queue(until=str(tmp_path / "gate"))
    waiting = bench.queue()
    try:
        wait_for(lambda: bench.turn(waiting).state, lambda state: state == "succeeded")
        assert recording.is_set()
        assert bench.job(first).state == "running"
        assert bench.job(beside).state == "running"
    finally:
        go.set()
        (tmp_path / "gate").touch()
    bench.until(first, "succeeded")
    bench.until(beside, "succeeded")
    assert hands.rest(60)


def test_an_unexpected_error_meets_one_job_only_and_ends_it_after_some_tries(
    bench, line: Wrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = bench.queue(), bench.queue()
    real = line.inner.prepare

    def prepare(job: str) -> Handle:
        if job == bad:
            raise ZeroDivisionError("a bug")
        return real(job)

    with monkeypatch.context() as patch:
        patch.setattr(line.inner, "prepare", prepare, raising=False)
        bench.until(good, "succeeded")
        for _ in range(patience.MOST_SURPRISES):
            line.clock.now += 60
            bench.loop.turn()
    found = bench.job(bad)
    assert (found.state, found.reason) == ("failed", "internal error: ZeroDivisionError: a bug")


def test_a_full_disk_here_does_not_end_the_job(
    bench, line: Wrapped, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.queue(print="text")
    bench.loop.turn()
    with monkeypatch.context() as patch:

        def full(*args: object, **kwargs: object) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(follow, "mirror", full)
        wait_for(lambda: line.inner.poll(line.inner.prepare(job)).state, lambda s: s == "ended")
        for _ in range(5):
            line.clock.now += 60
            assert not bench.turn(job).ended
    line.clock.now += 60
    assert bench.turn(job).state == "succeeded"
    assert bench.log(job) == b"text"


def test_a_job_that_the_target_forgot_is_lost_not_failed(
    bench, line: Wrapped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.queue(until=str(tmp_path / "never"))
    bench.until(job, "running")
    with monkeypatch.context() as patch:
        patch.setattr(line.inner, "poll", lambda handle: Status("unknown"), raising=False)
        found = bench.turn(job)
    assert (found.state, found.reason) == ("lost", "the target no longer knows it")


def test_what_has_priority_starts_first(bench, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    held = [bench.queue(until=str(gate)) for _ in range(2)]
    for job in held:
        bench.until(job, "running")
    low, usual, high = (bench.queue(until=str(tmp_path / "never")) for _ in range(3))
    prioritize(bench.project, low, -1)
    prioritize(bench.project, high, 1)
    gate.touch()
    bench.until(high, "running")
    bench.until(usual, "running")
    assert bench.turn(low).state == "queued"
