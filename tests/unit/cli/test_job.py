from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from workbench.cli.job import group as job_group
from workbench.cli.joblog import split_lines
from workbench.cli.target import group as target_group
from workbench.compute import jobs
from workbench.compute.contract import Stage
from workbench.compute.jobs import queue
from workbench.compute.limits import Limits, Usage
from workbench.compute.staging import StageSeen, write_stage, write_usage
from workbench.compute.told import stage_text
from workbench.errors import BadInput, Conflict, NotFound, TargetError
from workbench.project.project import Project, init_project, open_project
from workbench.records.jobs import JobChanged, JobEnded
from workbench.testing.work import work_spec


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(jobs, "wake_runner", lambda project: None)
    init_project(tmp_path / "line", "line")
    project = open_project(tmp_path / "line", via="test")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    return project


def run(group, *words: str) -> Result:
    result = CliRunner().invoke(group, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def data(result: Result, schema: str):
    body = json.loads(result.stdout)
    assert body["schema"] == f"workbench/{schema}"
    return body["data"]


def test_list(project: Project) -> None:
    assert run(job_group, "list").stdout == "No jobs.\n"
    queue(project, work_spec())
    first = run(job_group, "list").stdout.splitlines()
    assert first[0].split() == [
        "JOB", "STATE", "TARGET", "KIND", "TITLE", "NOW", "QUEUED",
    ]  # fmt: skip
    assert first[1].split()[:6] == ["j_1", "queued", "local", "test", "contract", "work"]
    (row,) = data(run(job_group, "list", "--unfinished", "--json"), "job.list@1")
    assert (row["number"], row["state"], row["run"]) == (1, "queued", None)


def test_show_and_cancel(project: Project) -> None:
    job = queue(project, work_spec())
    assert run(job_group, "cancel", "j_1").stdout == "j_1 is asked to stop.\n"
    shown = run(job_group, "show", "j_1").stdout
    assert "state    queued (asked to stop)" in shown
    assert f"job      j_1 ({job.id})" in shown
    found = data(run(job_group, "show", "j_1", "--json"), "job.show@1")
    assert found["cancel_requested"] is True
    project.store.append(JobEnded(id=job.id, state="failed", exit_code=3, reason="\x1b[31mbad"))
    shown = run(job_group, "show", "j_1").stdout
    assert "reason   ␛[31mbad" in shown
    assert "exit     3" in shown
    with pytest.raises(Conflict):
        run(job_group, "cancel", "j_1")


def test_logs_are_cleaned_for_people_and_exact_for_programs(project: Project) -> None:
    job = queue(project, work_spec())
    folder = project.paths.job(job.id)
    folder.mkdir(parents=True)
    (folder / "log").write_bytes(b"plain\r\n\x1b]0;x\x07\x9b31m \xe2\x80\xae!\nhalf")
    assert run(job_group, "logs", "j_1").stdout.splitlines() == [
        "plain",
        "␛]0;x␇\ufffd31m \ufffd!",
        "half",
    ]
    lines = [
        json.loads(line) for line in run(job_group, "logs", "j_1", "--json").stdout.splitlines()
    ]
    assert lines[0] == {"offset": 0, "text": "plain"}
    assert lines[1]["offset"] == 7
    assert lines[2]["text"] == "half"
    assert run(job_group, "logs", "j_1", "--offset", "7", "--json").stdout.startswith(
        '{"offset":7,'
    )
    project.store.append(JobEnded(id=job.id, state="failed"))
    assert run(job_group, "logs", "-f", "j_1").stdout.splitlines()[-1] == "half"


def test_what_a_job_does_now_is_in_the_list_and_in_what_is_shown(project: Project) -> None:
    spec = replace(work_spec(), limits=Limits(5400.0, 4 * 2**30, 2.0))
    first, second = queue(project, spec), queue(project, work_spec())
    project.store.append(
        JobChanged(id=first.id, state="starting", handle={}),
        JobChanged(id=second.id, state="running"),
    )
    write_stage(project.paths.job(first.id), Stage("data", 2**20, 4 * 2**20, "bytes"))
    write_usage(project.paths.job(second.id), Usage(93.4, 300 * 2**20, 2**30))
    lines = run(job_group, "list").stdout.splitlines()
    assert "300.0 MiB" in lines[1]
    assert "data 25%" in lines[2]
    (_, row) = data(run(job_group, "list", "--json"), "job.list@1")
    assert (row["stage"]["name"], row["stage"]["done"], row["usage"]) == ("data", 2**20, None)
    shown = run(job_group, "show", "j_1").stdout
    assert "stage    sending data: 25% of 4.0 MiB" in shown
    assert "limits   1h30m, 4G memory, 2 cores" in shown
    assert "uses     300.0 MiB (peak 1.0 GiB), 93 s of CPU" in run(job_group, "show", "j_2").stdout
    project.store.append(JobEnded(id=second.id, state="succeeded", exit_code=0))
    assert "used     93 s of CPU, peak 1.0 GiB" in run(job_group, "show", "j_2").stdout
    found = data(run(job_group, "show", "j_1", "--json"), "job.show@1")
    assert found["limits"] == {"time": 5400.0, "memory": 4 * 2**30, "cpus": 2.0}


def test_an_old_word_of_a_stage_says_how_old_it_is() -> None:
    seen = StageSeen(name="data", done=2**30, total=2**31, unit="bytes", rate=0.0, at=1000.0)
    assert stage_text(seen, 1100.0) == "sending data: 50% of 2.0 GiB, no news for 100 s"
    seen = StageSeen(name="runtime", done=3, total=0, unit="packages", at=1000.0)
    assert stage_text(seen, 1001.0) == "building the runtime: 3 packages"
    assert stage_text(StageSeen(name="odd", at=0.0), 1.0) == "odd"


def test_only_the_jobs_of_a_target(project: Project) -> None:
    queue(project, work_spec())
    assert len(data(run(job_group, "list", "--target", "local", "--json"), "job.list@1")) == 1
    with pytest.raises(NotFound):
        run(job_group, "list", "--target", "moon")


def test_a_queued_job_is_put_before_others(project: Project) -> None:
    job = queue(project, work_spec())
    assert run(job_group, "prioritize", "j_1", "5").stdout == "j_1 has priority 5.\n"
    assert "priority 5" in run(job_group, "list").stdout
    assert (
        data(run(job_group, "prioritize", "j_1", "-7", "--json"), "job.prioritize@1")["priority"]
        == -7
    )
    before = project.store.changed()
    run(job_group, "prioritize", "j_1", "-7")
    assert project.store.changed() == before
    with pytest.raises(BadInput) as bad:
        run(job_group, "prioritize", "j_1", "101")
    assert bad.value.code == "job.priority"
    project.store.append(JobChanged(id=job.id, state="starting", handle={}))
    with pytest.raises(Conflict) as late:
        run(job_group, "prioritize", "j_1", "1")
    assert (late.value.code, late.value.why) == ("job.started", "it is starting")


def test_a_log_is_saved_as_it_came_and_no_file_is_lost(project: Project, tmp_path: Path) -> None:
    job = queue(project, work_spec())
    folder = project.paths.job(job.id)
    folder.mkdir(parents=True)
    raw = b"a\r\n\x1b]0;x\x07\xff\x00end"
    (folder / "log").write_bytes(raw)
    file = tmp_path / "saved"
    assert (
        run(job_group, "logs", "j_1", "--save", str(file)).stdout
        == f"Wrote {file}, {len(raw)} bytes.\n"
    )
    assert file.read_bytes() == raw
    with pytest.raises(Conflict) as refusal:
        run(job_group, "logs", "j_1", "--save", str(file))
    assert refusal.value.code == "file.exists"
    found = data(
        run(job_group, "logs", "j_1", "--offset", "3", "--save", f"{file}2", "--json"), "job.logs@1"
    )
    assert found["bytes"] == len(raw) - 3


def test_attaching_ends_with_the_job_and_tells_how(project: Project) -> None:
    job = queue(project, work_spec())
    folder = project.paths.job(job.id)
    folder.mkdir(parents=True)
    (folder / "log").write_bytes(b"one\n\x1b[31mtwo")
    project.store.append(JobEnded(id=job.id, state="failed", exit_code=3, reason="exit status 3"))
    result = CliRunner().invoke(job_group, ["attach", "j_1"], standalone_mode=False)
    assert result.return_value == 1
    assert result.stdout.splitlines() == ["one", "␛[31mtwo"]
    assert result.stderr == "j_1 failed: exit status 3\n"


def test_ctrl_c_detaches(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(project, work_spec())

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.compute.waiting.time.sleep", interrupt)
    result = CliRunner().invoke(job_group, ["attach", "j_1"], standalone_mode=False)
    assert result.return_value == 130
    assert result.stderr.startswith("Detached: j_1 goes on.")
    assert not jobs.get_job(project, "j_1").cancel_requested


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([], []),
        ([b"a"], [(10, b"a")]),
        ([b"a\nb", b"c\n", b"\nd"], [(10, b"a\n"), (12, b"bc\n"), (15, b"\n"), (16, b"d")]),
        ([b"x" * 70000, b"y\n"], [(10, b"x" * 70000), (70010, b"y\n")]),
    ],
)
def test_split_lines(chunks: list[bytes], lines: list[tuple[int, bytes]]) -> None:
    assert list(split_lines(chunks, 10)) == lines


def test_there_is_no_such_job(project: Project) -> None:
    for words in (["show", "j_9"], ["logs", "j_9"], ["logs", "-f", "j_9"], ["cancel", "j_9"]):
        with pytest.raises(NotFound) as refusal:
            run(job_group, *words)
        assert refusal.value.code == "job.none"


def test_targets(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(target_group, "list").stdout.splitlines()[1].split()[:5] == [
        "local", "local", "1", "0", "built",
    ]  # fmt: skip
    assert data(run(target_group, "check", "local", "--json"), "target.check@1")["ok"] is True
    assert "python" in run(target_group, "check", "local").stdout
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(TargetError) as refusal:
        run(target_group, "check", "local")
    assert refusal.value.code == "target.missing"
    assert refusal.value.why.endswith("cannot be written: Not a directory")


def test_the_runner_in_the_foreground(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.cli.runner import runner
    from workbench.runner import process

    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "0")
    monkeypatch.setattr(process, "_Stop", lambda: type("Never", (), {"wanted": False})())
    monkeypatch.setattr(process, "log_to_stderr", lambda: None)
    assert run(runner).stdout == "The runner has ended.\n"
    monkeypatch.setattr(process, "_LOCK_PATIENCE", 0.05)
    lock = process.Lock(project.paths.own / f"runner-{os.getuid()}.lock")
    assert lock.take()
    with pytest.raises(Conflict) as refusal:
        run(runner)
    assert refusal.value.code == "runner.runs"
    assert refusal.value.why == f"process {os.getpid()} holds its lock"
    lock.release()
