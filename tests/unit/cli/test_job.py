from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workbench.cli.job import group as job_group
from workbench.cli.joblog import split_lines
from workbench.cli.target import group as target_group
from workbench.compute import jobs
from workbench.compute.jobs import queue
from workbench.errors import Conflict, NotFound, TargetError
from workbench.project.project import Project, init_project, open_project
from workbench.records.jobs import JobEnded
from workbench.testing.compute import work_spec


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
    assert first[0].split() == ["JOB", "STATE", "TARGET", "KIND", "TITLE", "QUEUED"]
    assert first[1].split()[:6] == ["j_1", "queued", "local", "test", "contract", "work"]
    (row,) = data(run(job_group, "list", "--unfinished", "--json"), "job.list@1")
    assert (row["number"], row["state"], row["run"]) == (1, "queued", None)


def test_show_and_cancel(project: Project) -> None:
    job = queue(project, work_spec())
    assert run(job_group, "cancel", "j_1").stdout == "j_1 is asked to stop.\n"
    shown = run(job_group, "show", "j_1").stdout
    assert "state   queued (asked to stop)" in shown
    assert f"job     j_1 ({job.id})" in shown
    found = data(run(job_group, "show", "j_1", "--json"), "job.show@1")
    assert found["cancel_requested"] is True
    project.store.append(JobEnded(id=job.id, state="failed", exit_code=3, reason="\x1b[31mbad"))
    shown = run(job_group, "show", "j_1").stdout
    assert "reason  ␛[31mbad" in shown
    assert "exit    3" in shown
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
    assert run(target_group, "list").stdout.splitlines()[1].split() == ["local", "local", "1", "0"]
    assert data(run(target_group, "check", "local", "--json"), "target.check@1")["ok"] is True
    assert "python" in run(target_group, "check", "local").stdout
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(TargetError) as refusal:
        run(target_group, "check", "local")
    assert refusal.value.code == "target.missing"
    assert refusal.value.why.endswith("cannot be made: Not a directory")


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
