from __future__ import annotations

from pathlib import Path

import pytest

from workbench.compute import jobs
from workbench.compute.events import EventWriter, Phase
from workbench.compute.jobs import cancel, events, get_job, list_jobs, log, queue
from workbench.compute.targets import list_targets, open_target, probe
from workbench.compute.waiting import follow, follow_log, log_so_far
from workbench.errors import Conflict, NotFound
from workbench.project.project import Project, init_project, open_project
from workbench.records.jobs import JobChanged, JobEnded
from workbench.testing.work import work_spec


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Project]:
    called: list[Project] = []
    monkeypatch.setattr(jobs, "wake_runner", called.append)
    monkeypatch.setattr("workbench.compute.waiting.wake_runner", called.append)
    return called


@pytest.fixture
def project(tmp_path: Path, woken: list[Project]) -> Project:
    init_project(tmp_path / "line", "line")
    return open_project(tmp_path / "line", via="test")


def test_queue_list_and_get(project: Project, woken: list[Project]) -> None:
    first, second = queue(project, work_spec()), queue(project, work_spec())
    assert woken == [project, project]
    assert (first.reference, second.reference) == ("j_1", "j_2")
    assert (first.state, first.kind_of_work, first.target, first.title) == (
        "queued",
        "test",
        "local",
        "contract work",
    )
    assert [job.id for job in list_jobs(project)] == [second.id, first.id]
    assert [job.id for job in list_jobs(project, limit=1)] == [second.id]
    for ref in ("j_1", first.id, first.id[-8:], first.id[-8:].lower()):
        assert get_job(project, ref).id == first.id
    assert project.store.objects.read(
        project.store.one("SELECT spec FROM jobs WHERE id = ?", (first.id,))["spec"]
    ).startswith(b'{"inputs":{}')


def test_unfinished_only(project: Project) -> None:
    first, second = queue(project, work_spec()), queue(project, work_spec())
    project.store.append(JobEnded(id=first.id, state="cancelled"))
    project.store.append(JobChanged(id=second.id, state="lost"))
    assert [job.reference for job in list_jobs(project, unfinished=True)] == ["j_2"]


@pytest.mark.parametrize(
    "ref", ["j_9", "r_1", "nonsense!", "", "01J9ZZZZZZZZZZZZZZZZZZZZZZ", "j_0"]
)
def test_there_is_no_such_job(project: Project, ref: str) -> None:
    queue(project, work_spec())
    with pytest.raises(NotFound) as refusal:
        get_job(project, ref)
    assert refusal.value.code == "job.none"
    assert refusal.value.fix == "See: workbench job list"


def test_a_suffix_of_two_is_not_guessed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from msgspec.structs import replace

    for head in "AB":
        queue(project, replace(work_spec(), job=f"01J9ZZZZZZZZZZZZZZZZZ{head}WXYZ"))
    with pytest.raises(Conflict) as refusal:
        get_job(project, "WXYZ")
    assert (refusal.value.code, refusal.value.why) == ("job.ambiguous", "j_1, j_2")
    assert get_job(project, "AWXYZ").number == 1


def test_cancel_is_a_wish_written_once(project: Project, woken: list[Project]) -> None:
    job = queue(project, work_spec())
    assert not job.cancel_requested
    found = cancel(project, "j_1")
    assert (found.state, found.cancel_requested) == ("queued", True)
    before = project.store.changed()
    assert cancel(project, "j_1").cancel_requested
    assert project.store.changed() == before
    assert len(woken) == 3


def test_what_has_ended_is_not_cancelled(project: Project) -> None:
    job = queue(project, work_spec())
    project.store.append(JobEnded(id=job.id, state="cancelled"))
    with pytest.raises(Conflict) as refusal:
        cancel(project, job.id)
    assert (refusal.value.code, refusal.value.why) == ("job.ended", "it is cancelled")


def folder(project: Project, job: str) -> Path:
    path = project.paths.job(job)
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_log_and_events_are_read_from_the_copies(project: Project) -> None:
    job = queue(project, work_spec())
    assert log(project, "j_1") == b""
    assert events(project, "j_1") == []
    (folder(project, job.id) / "log").write_bytes(b"\x1b[31mred\xff\n")
    with EventWriter(folder(project, job.id) / "events.jsonl") as writer:
        writer.phase("load")
    assert log(project, "j_1") == b"\x1b[31mred\xff\n"
    assert log(project, "j_1", 5) == b"red\xff\n"
    assert log(project, "j_1", 5, limit=3) == b"red"
    (event,) = events(project, "j_1")
    assert isinstance(event, Phase)


def test_a_log_is_followed_to_the_end_of_the_job(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queue(project, work_spec())
    path = folder(project, job.id) / "log"
    script = iter(
        [
            lambda: path.write_bytes(b"one\n"),
            lambda: None,
            lambda: path.open("ab").write(b"two\nthr"),
            lambda: (
                path.open("ab").write(b"ee\n"),
                project.store.append(JobEnded(id=job.id, state="failed")),
            ),
        ]
    )
    monkeypatch.setattr("workbench.compute.waiting.time.sleep", lambda seconds: next(script)())
    assert b"".join(follow_log(project, "j_1")) == b"one\ntwo\nthree\n"
    assert b"".join(log_so_far(project, "j_1", 4)) == b"two\nthree\n"


def test_follow_yields_states_and_events_in_order(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = queue(project, work_spec())
    writer = EventWriter(folder(project, job.id) / "events.jsonl")
    script = iter(
        [
            lambda: project.store.append(JobChanged(id=job.id, state="running")),
            lambda: writer.phase("fold", 1, 2),
            lambda: (
                writer.phase("fold", 2, 2),
                project.store.append(JobEnded(id=job.id, state="succeeded", exit_code=0)),
            ),
        ]
    )
    monkeypatch.setattr("workbench.compute.waiting.time.sleep", lambda seconds: next(script)())
    seen = [item.done if isinstance(item, Phase) else item.state for item in follow(project, "j_1")]
    assert seen == ["queued", "running", 1, 2, "succeeded"]
    writer.close()


def test_targets(project: Project) -> None:
    queue(project, work_spec())
    (local,) = list_targets(project)
    assert (local.name, local.kind, local.unfinished) == ("local", "local", 1)
    assert probe(project, "local").ok


def test_there_is_no_such_target(project: Project) -> None:
    with pytest.raises(NotFound) as refusal:
        open_target(project, "moon")
    assert (refusal.value.code, refusal.value.why) == ("target.none", "known: local")
