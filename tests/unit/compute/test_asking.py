"""Questions between the runner and the person: kept open, answered once, for nobody else."""

import os
import socket
import stat
from pathlib import Path

import pytest

from workbench.compute.asking import (
    STALE,
    Desk,
    give_answer,
    open_questions,
    socket_path,
)
from workbench.compute.contract import Question
from workbench.errors import NotFound
from workbench.project.project import Project, init_project

PASSPHRASE = Question("there", "Passphrase of key: ")
CODE = Question("away", "Code: ", secret=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return init_project(tmp_path / "line", "line")


def test_an_answer_is_given_once() -> None:
    desk = Desk()
    assert desk.ask(PASSPHRASE) is None
    (shown,) = desk.open_questions()
    assert (shown.target, shown.text, shown.secret) == ("there", "Passphrase of key: ", True)
    assert desk.answer(shown.id, "secret")
    assert desk.open_questions() == []
    assert not desk.answer(shown.id, "again")
    assert desk.ask(PASSPHRASE) == "secret"
    assert desk.ask(PASSPHRASE) is None


def test_who_waits_is_told_of_an_answer() -> None:
    heard: list[str] = []
    desk = Desk(answered=heard.append)
    desk.ask(PASSPHRASE)
    (shown,) = desk.open_questions()
    assert not desk.answer("another", "secret")
    assert heard == []
    assert desk.answer(shown.id, "secret")
    assert heard == ["there"]


def test_what_nobody_asks_any_more_is_no_longer_open() -> None:
    now = 0.0
    desk = Desk(lambda: now)
    desk.ask(PASSPHRASE)
    now = STALE - 1
    desk.ask(CODE)
    assert {each.target for each in desk.open_questions()} == {"there", "away"}
    now = STALE
    assert [each.target for each in desk.open_questions()] == ["away"]


@pytest.mark.parametrize("long", [False, True])
def test_over_the_socket(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    if long:  # longer than the path of a socket may be
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ("x" * 120)))
    assert open_questions(project) == []
    desk = Desk()
    with desk.listening(project):
        assert open_questions(project) == []
        desk.ask(PASSPHRASE)
        desk.ask(CODE)
        assert len(open_questions(project)) == 2
        (mine,) = open_questions(project, "there")
        give_answer(project, mine, "sécret\n")
        with pytest.raises(NotFound) as refusal:
            give_answer(project, mine, "again")
        assert refusal.value.code == "target.no_question"
        assert [each.target for each in open_questions(project)] == ["away"]
        assert desk.ask(PASSPHRASE) == "sécret\n"
    assert open_questions(project) == []
    assert not socket_path(project).exists()


def test_the_socket_is_the_persons_alone_and_one_left_behind_is_no_hindrance(
    project: Project,
) -> None:
    path = socket_path(project)
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert open_questions(project) == []  # nobody listens
    with Desk().listening(project):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with socket.socket(socket.AF_UNIX) as rude:
            rude.connect(str(path))
            rude.sendall(b"no JSON\n")
            assert rude.recv(10) == b""
        assert open_questions(project) == []


@pytest.mark.root
def test_another_user_gets_nothing(project: Project, tmp_path: Path) -> None:
    desk = Desk()
    desk.ask(PASSPHRASE)
    with desk.listening(project):
        path = socket_path(project)
        modes = [(each, stat.S_IMODE(each.stat().st_mode)) for each in (path, *path.parents)]
        modes = [(each, mode) for each, mode in modes if not mode & 0o001]
        for each, mode in modes:
            each.chmod(mode | 0o077)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setuid(65534)
                line = socket.socket(socket.AF_UNIX)
                line.connect(str(path))
                line.sendall(b"{}\n")
                status = 0 if line.recv(100) == b"" else 2
            except (BrokenPipeError, ConnectionResetError):
                status = 0  # closed before it was heard
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        for each, mode in modes:
            each.chmod(mode)
