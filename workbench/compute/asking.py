"""Questions that a target has for the person, between the runner and whoever is at a terminal.

The runner has no terminal. What a target asks it (`Desk.ask`) is laid open on a socket of the
person's state folder; `workbench target unlock` and the interface list what is open and answer.
An answer lies in the runner's memory until it is taken, and nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.compute.contract import Question
from workbench.errors import NotFound, Unavailable
from workbench.project.paths import state_home

if TYPE_CHECKING:
    from workbench.project.project import Project

STALE = 120.0
"""Seconds after which a question that was not asked again is no longer open."""
_PATIENCE = 5.0
_CAP = 64 * 1024
_PATH_CAP = 100  # a socket's path has 108 bytes on Linux, 104 elsewhere


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that waits: `id` names it, `secret` says that the answer is typed unseen."""

    id: str
    target: str
    text: str
    secret: bool


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    """What a client says; with an `id` it answers that question."""

    id: str = ""
    answer: str = ""


class _Reply(msgspec.Struct):
    taken: bool
    questions: list[OpenQuestion]


class Desk:
    """The runner's side: keeps questions open until somebody answers. Safe to use from any thread.

    `answered` is called with the name of a target for which an answer has come.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        answered: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._answered = answered
        self._lock = threading.Lock()
        self._asked: dict[Question, float] = {}
        self._answers: dict[Question, str] = {}

    def ask(self, question: Question) -> str | None:
        """Return the answer if one has come, once; else keep the question open. Never waits."""
        with self._lock:
            if question in self._answers:
                return self._answers.pop(question)
            self._asked[question] = self._clock()
            return None

    def open_questions(self) -> list[OpenQuestion]:
        """Return what was asked lately and has no answer."""
        with self._lock:
            now = self._clock()
            self._asked = {each: at for each, at in self._asked.items() if now - at < STALE}
            return [_shown(question) for question in self._asked]

    def answer(self, id_: str, text: str) -> bool:
        """Take the answer to an open question; False when it is not open."""
        with self._lock:
            found = next((each for each in self._asked if _shown(each).id == id_), None)
            if found is None:
                return False
            del self._asked[found]
            self._answers[found] = text
        self._answered(found.target)
        return True

    @contextlib.contextmanager
    def listening(self, project: Project) -> Iterator[None]:
        """Answer on the project's socket meanwhile. Raises OSError when there can be none."""
        path = socket_path(project)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)  # nobody else reaches the socket while it has not its own mode
        path.unlink(missing_ok=True)  # left by a runner that was killed: its lock is ours now
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            with _short(path) as name:
                listener.bind(name)
            path.chmod(0o600)
            listener.listen(16)
            thread = threading.Thread(target=self._listen, args=(listener,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)  # ends the thread's accept
                thread.join(_PATIENCE)

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller, contextlib.suppress(OSError, msgspec.MsgspecError):
                caller.settimeout(_PATIENCE)
                if _peer(caller) == os.getuid():
                    caller.sendall(msgspec.json.encode(self._reply(_receive(caller))) + b"\n")

    def _reply(self, line: bytes) -> _Reply:
        request = msgspec.json.decode(line, type=_Request)
        taken = bool(request.id) and self.answer(request.id, request.answer)
        return _Reply(taken, self.open_questions())


def open_questions(project: Project, target: str | None = None) -> list[OpenQuestion]:
    """Return what this project's runner waits for, of one target or all; nothing when none runs."""
    reply = _call(project, _Request())
    return [each for each in reply.questions if target in {None, each.target}] if reply else []


def give_answer(project: Project, question: OpenQuestion, answer: str) -> None:
    """Give the runner the answer. Raises NotFound (`target.no_question`) when it is not waited for."""
    reply = _call(project, _Request(question.id, answer))
    if reply is None or not reply.taken:
        raise NotFound(
            "The question is no longer open",
            where=question.target,
            why="it was answered meanwhile, or nobody asks it any more",
            fix=f"See how the target is: workbench target check {question.target}",
            code="target.no_question",
        )


def socket_path(project: Project) -> Path:
    """Return where the runner of this person and project is asked."""
    return state_home() / "asking" / f"{project.id}.sock"


def _call(project: Project, request: _Request) -> _Reply | None:
    """Return the runner's reply; None when no runner is there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_PATIENCE)
        try:
            with _short(socket_path(project)) as name:
                line.connect(name)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise _no_answer(project, error.strerror or str(error)) from error
        try:
            if _peer(line) != os.getuid():
                raise _no_answer(project, "it belongs to another user")
            line.sendall(msgspec.json.encode(request) + b"\n")
            return msgspec.json.decode(_receive(line), type=_Reply)
        except (OSError, msgspec.MsgspecError) as error:
            raise _no_answer(project, str(error)) from error


def _no_answer(project: Project, why: str) -> Unavailable:
    return Unavailable(
        "The runner cannot be asked what it waits for",
        where=str(socket_path(project)),
        why=why,
        fix="Try again; its log is .workbench/runner-UID.log",
        code="runner.asking",
    )


def _shown(question: Question) -> OpenQuestion:
    words = f"{question.target}\0{question.text}\0{question.secret}"
    name = hashlib.sha256(words.encode()).hexdigest()[:16]
    return OpenQuestion(id=name, target=question.target, text=question.text, secret=question.secret)


def _receive(line: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < _CAP:
        piece = line.recv(4096)
        if not piece:
            break
        data += piece
    return data


def _peer(line: socket.socket) -> int:
    """Return the user at the other end; where the system does not say, the folder's mode must do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return os.getuid()
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return int(uid)


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """Give a name of the socket that fits: a long one through its folder's descriptor (Linux)."""
    if len(os.fsencode(path)) < _PATH_CAP:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
