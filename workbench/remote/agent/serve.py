"""The agent's loop: read a request, do it, answer. Ends with its stdin, or once nobody speaks to it."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.errors import TargetError, WorkbenchError
from workbench.remote.agent.wire import frame, unpack

F_SETPIPE_SZ = 1031
"""Linux's number; `fcntl` has it from Python 3.10 on."""
ROOM = 1024 * 1024
"""Bytes in a pipe: as many as Linux lets anybody have."""

QUIET = 120.0
"""Seconds without a byte after which an agent ends: who asked it may be gone without a word (a line that
swallows packets, a machine that lost its power), and their end is not told to anybody for hours."""

Far = Callable[[Path, dict[str, Any], bytes], Any]
"""A far function: the base folder there, the arguments, the payload; returns JSON, or (JSON, bytes)."""


def main(folder: str, quiet: float = QUIET) -> None:
    """Serve requests from stdin on stdout until it ends, or nothing comes for `quiet` seconds.

    `folder` is where everything lies there; empty for the state folder of whoever it runs as.
    """
    # What a library prints must not get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # A closed terminal or a dropped connection ends it by the end of stdin, not in the middle of a write.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for pipe in (0, answers.fileno()):
        _widen(pipe)
    base = base_folder(folder)
    requests = io.BufferedReader(_Patient(quiet), ROOM)
    while True:
        try:
            asked = unpack(requests.read)
        except EOFError:
            return
        if asked is None:
            return
        head, payload = asked
        try:
            answer, data = _do(base, head, payload)
            reply = frame({"ok": answer}, data)
        except Exception as error:  # noqa: BLE001  # told to whoever asked
            reply = frame({"error": told(error)}, b"")
        try:
            for part in reply:
                answers.write(part)
            answers.flush()
        except BrokenPipeError:
            return


class _Patient(io.RawIOBase):
    """stdin, which ends once nothing comes on it for `quiet` seconds.

    The loader has read its line and no more: what follows only comes once the agent has said that it
    is there, so nothing waits in the buffer of `sys.stdin`.
    """

    def __init__(self, quiet: float) -> None:
        super().__init__()
        self._quiet = quiet

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        return os.readv(0, [room]) if select.select([0], [], [], self._quiet)[0] else 0


def _widen(pipe: int) -> None:
    """Give a pipe more room where the system lets us: the next piece is read while one is carried."""
    with contextlib.suppress(ImportError, OSError):  # not Linux, not a pipe, or not allowed so much
        import fcntl

        fcntl.fcntl(pipe, F_SETPIPE_SZ, ROOM)


def base_folder(folder: str) -> Path:
    """Return where everything of ours lies there: a folder `workbench`, in `folder` where one is named."""
    if folder:
        named = Path(folder).expanduser()
        return named if named.name == "workbench" else named / "workbench"
    state = os.environ.get("XDG_STATE_HOME") or ""
    home = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return home / "workbench"


def _do(base: Path, head: dict[str, Any], payload: bytes) -> tuple[Any, bytes]:
    op = str(head.pop("op"))
    module, _, name = op.rpartition(".")
    found: Far | None = getattr(sys.modules.get(module), name, None)
    if found is None or not module.startswith("workbench."):
        raise TargetError(
            "The agent does not know that function",
            where=op[:200],
            fix="Report it together with what you did",
            code="target.agent",
        )
    answer = found(base, head, payload)
    return answer if isinstance(answer, tuple) else (answer, b"")


def told(error: Exception) -> dict[str, str]:
    """Return any exception as what, where, why, fix and code, with the class that it had."""
    if isinstance(error, WorkbenchError):
        return {**error.as_dict(), "class": type(error).__name__}
    if isinstance(error, OSError):
        return {
            "class": "TargetError",
            "code": "target.disk",
            "what": "A file cannot be written or read there",
            "where": str(error.filename or ""),
            "why": error.strerror or str(error),
            "fix": "Free space there or correct the folder's mode",
        }
    return {
        "class": "TargetError",
        "code": "target.agent",
        "what": "The agent on the target met an error",
        "where": type(error).__name__,
        "why": str(error)[:500],
        "fix": "Report it together with what you did",
    }
