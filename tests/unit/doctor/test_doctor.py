"""Each thing that `workbench doctor` can find wrong is made wrong here, and it must say so."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.cli.main import workbench
from workbench.compute.wake import runner_lock
from workbench.doctor import machine, records, terminal, work
from workbench.doctor.examine import examine_project, no_project
from workbench.doctor.findings import Finding, broken
from workbench.errors import NotFound
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.records.jobs import JobQueued


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return init_project(tmp_path / "lab", "lab")


def only(found: list[Finding], identifier: str) -> Finding:
    return next(each for each in found if each.id == identifier)


def told(finding: Finding | None) -> str:
    assert finding is not None
    if finding.state != "pass":
        assert finding.why
        assert finding.fix
    return f"{finding.state}: {finding.what}"


def test_an_old_python() -> None:
    assert told(machine.check_python((3, 10, 1))) == "fail: Python 3.10.1 is too old"
    assert told(machine.check_python((3, 12, 4))) == "pass: Python 3.12.4"


def test_a_missing_package() -> None:
    def version(name: str) -> str:
        if name == "duckdb":
            raise PackageNotFoundError(name)
        return "1"

    wanted = ["click>=8.2", "duckdb==2.0.0", "uvicorn>=0.34 ; extra == 'x'"]
    assert told(machine.check_packages(wanted, version)) == "fail: Packages are missing: duckdb"
    assert machine.check_packages(["click>=8.2"]).state == "pass"
    assert machine.check_packages().state == "pass"  # those of this very installation


@pytest.mark.parametrize(
    ("check", "what"),
    [(machine.check_git, "git is not installed"), (machine.check_ssh, "ssh is not installed")],
)
def test_missing_programs(check: object, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert told(check()) == f"warn: {what}"  # type: ignore[operator]  # one of two functions


def test_docker_absent_deaf_and_there(tmp_path: Path) -> None:
    place = tmp_path / "d.sock"
    environ = {"DOCKER_HOST": f"unix://{place}"}
    assert told(machine.check_docker(environ)) == "warn: Docker is not there"
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(place))
        assert told(machine.check_docker(environ)) == "warn: Docker does not run"
        daemon.listen()
        assert machine.check_docker(environ).state == "pass"
    assert machine.check_docker({"DOCKER_HOST": "tcp://other:2375"}).state == "pass"


@pytest.mark.parametrize(
    ("room", "state"), [(2**40, "pass"), (2**30, "warn"), (100 * 2**20, "fail")]
)
def test_a_full_disk(tmp_path: Path, room: int, state: str) -> None:
    [found] = machine.check_space({"it": tmp_path / "not" / "yet"}, lambda _: room)
    assert found.state == state
    assert str(tmp_path) in found.why or state == "pass"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "pass: 16 million colours"),
        ({"TERM": "tmux-256color"}, "pass: 256 colours"),
        ({"TERM": "xterm"}, "warn: 16 colours"),
        ({"TERM": "dumb"}, "warn: The terminal says that it can do nothing"),
        ({}, "warn: The terminal says that it can do nothing"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "pass: No colours, as NO_COLOR asks"),
    ],
)
def test_colours(environ: dict[str, str], expected: str) -> None:
    assert told(terminal.check_colours(environ)) == expected


def test_size_and_letters() -> None:
    assert told(terminal.check_size((79, 24))) == "warn: The terminal is 79 columns by 24 rows"
    assert told(terminal.check_size(None)) == "warn: No terminal here"
    assert told(terminal.check_size((80, 24))) == "pass: 80 columns by 24 rows"
    assert told(terminal.check_letters("ANSI_X3.4-1968")).startswith("warn: Letters are written as")
    assert told(terminal.check_letters("UTF-8")) == "pass: UTF-8"


@pytest.mark.real("tmux")
@pytest.mark.parametrize(("value", "state"), [("off", "warn"), ("on", "pass")])
def test_a_tmux_that_keeps_what_is_copied(
    value: str, state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = ["tmux", "-S", str(tmp_path / "s"), "-f", "/dev/null"]
    monkeypatch.setenv("TMUX", "")
    subprocess.run([*server, "new-session", "-d", "exec sleep 300"], check=True)
    try:
        subprocess.run([*server, "set-option", "-g", "allow-passthrough", value], check=True)
        monkeypatch.setenv("TMUX", f"{tmp_path / 's'},1,0")
        found = terminal.check_clipboard(os.environ)
        assert told(found).startswith(state)
    finally:
        monkeypatch.setenv("TMUX", "")
        subprocess.run([*server, "kill-server"], check=True)


def test_outside_of_tmux_there_is_nothing_to_say() -> None:
    assert terminal.check_clipboard({}) is None
    assert terminal.check_clipboard({"TMUX": "x"}, lambda: "").state == "pass"  # type: ignore[union-attr]  # in tmux


def test_settings_with_a_wrong_key(project: Project) -> None:
    assert records.check_settings(project).state == "pass"
    with project.paths.settings.open("a") as file:
        file.write("\n[runnner]\nslots = 2\n")
    found = records.check_settings(project)
    assert told(found).startswith("fail: ")
    assert "runnner" in found.what + found.why


def test_a_problem_file_that_is_none(project: Project) -> None:
    project.paths.experiments.mkdir()
    (project.paths.experiments / "late.toml").write_text("goal = 3\n")
    [found] = records.check_problems(project)
    assert found.state == "warn"
    assert "late.toml" in found.what


def test_locks_that_keep_nobody_out(tmp_path: Path) -> None:
    assert records.check_locks(tmp_path).state == "pass"
    deaf = records.check_locks(tmp_path, lambda _descriptor, _operation: None)
    assert told(deaf).startswith("fail: Locks do not work")
    assert "two holders" in deaf.why

    def none(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    assert records.check_locks(tmp_path, none).why == "No locks available"
    assert list(tmp_path.iterdir()) == []  # it leaves nothing


def test_locks_on_a_network_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "is_network", lambda _path: True)
    assert records.check_locks(tmp_path).what == "Locks hold, on a network file system"


def test_a_project_that_can_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_options: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(records.tempfile, "NamedTemporaryFile", refuse)
    assert told(records.check_locks(tmp_path)) == (
        "warn: You can read this project but not write to it"
    )
    assert records.check_clock(tmp_path, None).state == "pass"


def test_a_journal_that_was_changed(project: Project) -> None:
    assert records.check_journal(project).what == "The journal is whole: 1 units"
    segment = project.store.journal.path(1)
    segment.write_bytes(segment.read_bytes().replace(b'"lab"', b'"bal"'))
    assert told(records.check_journal(project)).startswith("fail: The journal is damaged")


def test_tables_that_were_damaged(project: Project, tmp_path: Path) -> None:
    assert records.check_tables(project, tmp_path).what == "The tables answer"
    project.store._projection.path.write_bytes(b"no tables" * 1000)
    found = records.check_tables(project, tmp_path)
    assert found.state == "warn"
    assert found.what == "The tables were made anew"


def test_a_clock_that_went_back(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    early = records.check_clock(project.paths.own, now + timedelta(hours=3), now)
    assert told(early) == "warn: The newest record is from the future: 2026-05-01 03:00:00 UTC"
    assert records.check_clock(project.paths.own, now, now).state == "pass"
    real = time.time()
    monkeypatch.setattr(records.time, "time", lambda: real - 3600)
    slow = records.check_clock(project.paths.own, None, now)
    assert slow.what.endswith("s ahead")


def queue(project: Project) -> None:
    project.store.append(
        JobQueued(
            id=new_ulid(), number=1, kind_of_work="train", target="local", spec="0" * 64, title="t"
        )
    )


def test_work_without_a_runner_and_a_runner_that_is_held(project: Project) -> None:
    assert work.check_runner(project).what == "No runner, and no work for one"
    queue(project)
    assert told(work.check_runner(project)) == "warn: Nobody looks after what runs here"
    code = (
        "import fcntl, os, signal, sys\n"
        "fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
        "fcntl.flock(fd, fcntl.LOCK_EX)\n"
        "os.pwrite(fd, f'{os.getpid():<20}'.encode(), 0)\n"
        "print('held', flush=True)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(runner_lock(project.paths.own))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        os.waitpid(holder.pid, os.WUNTRACED)
        found = work.check_runner(project)
        assert told(found) == f"warn: The runner (process {holder.pid}) is held"
        holder.send_signal(signal.SIGCONT)
        with suppress(ChildProcessError):
            os.waitpid(holder.pid, os.WCONTINUED)
        assert work.check_runner(project).what == f"The runner runs (process {holder.pid})"
        holder.kill()


@pytest.mark.parametrize(
    ("state", "life", "words"),
    [
        ("stopped", "alive", "eta is stopped, but its server still runs (process 7)"),
        ("failed", "alive", "eta is failed, but its server still runs (process 7)"),
        ("healthy", "dead", "eta is said to be healthy, but its server is gone"),
        ("degraded", "rebooted", "eta is said to be degraded, but its server is gone"),
        ("healthy", "alive", ""),
        ("stopped", "dead", ""),
        ("starting", None, ""),
    ],
)
def test_servers_left_over(state: str, life: str | None, words: str) -> None:
    found = work.judge_server("eta", state, 7, life)  # type: ignore[arg-type]  # one of Life
    assert (found.what if found else "") == words


def test_plugins_that_do_not_load() -> None:
    def say(rows: object) -> list[str]:
        text = json.dumps({"data": rows})
        return [sys.executable, "-c", f"print({text!r})"]

    row = {"kind": "gates", "name": "mine", "object": "a:b", "error": "ImportError: no a"}
    [theirs] = work.check_plugins(say([row | {"distribution": "other"}]))
    assert told(theirs) == "warn: The plugin mine (gates) does not load"
    [ours] = work.check_plugins(say([row | {"distribution": "ml-workbench"}]))
    assert ours.state == "fail"
    [ends] = work.check_plugins([sys.executable, "-c", "import os; os._exit(0)"])
    assert told(ends) == "fail: A plugin ends the process that loads it"


def test_where_there_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = NotFound("There is no project here", why="none", fix="init", code="project.none")
    assert no_project(error, named=False).state == "warn"
    assert no_project(error, named=True).state == "fail"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workbench.doctor.work.check_plugins", list)
    done = CliRunner().invoke(workbench, ["doctor", "--json"], standalone_mode=False)
    assert only_json(done.output, "project")["what"] == "No project here"
    assert done.return_value is None
    named = CliRunner().invoke(
        workbench, ["doctor", "--json", "--project", str(tmp_path)], standalone_mode=False
    )
    assert only_json(named.output, "project")["state"] == "fail"
    assert named.return_value == 1


def only_json(text: str, identifier: str) -> dict[str, str]:
    answer = json.loads(text)
    assert answer["schema"] == "workbench/doctor@1"
    found: dict[str, str] = next(each for each in answer["data"] if each["id"] == identifier)
    return found


def test_a_sound_project_is_well_and_a_broken_one_exits_1(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = examine_project(project)
    assert not broken(found)
    assert {each.state for each in found if each.id != "space"} == {"pass"}
    monkeypatch.setattr("workbench.doctor.work.check_plugins", list)
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "workbench" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[keys]\nfly = "F"\n')
    well = CliRunner().invoke(workbench, ["doctor", "--project", str(project.root)])
    assert well.exit_code == 0
    assert "✓ The journal is whole: 1 units" in well.output
    assert "▲ config.toml, [keys]: there is no verb fly" in well.output
    segment = project.store.journal.path(1)
    segment.write_bytes(segment.read_bytes().replace(b'"lab"', b'"bal"'))
    ill = CliRunner().invoke(workbench, ["doctor", "--project", str(project.root)])
    assert ill.exit_code == 1
    assert "✗ The journal is damaged" in ill.output
    assert "Restore" in ill.output
