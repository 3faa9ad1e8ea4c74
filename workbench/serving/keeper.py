"""One process of a deployment as the runner keeps it: started, looked at, ended, its deaths remembered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Literal

from workbench.compute.identity import Identity
from workbench.compute.processes import Life, look, send
from workbench.serving.folder import Folder, Told
from workbench.serving.known import Seat
from workbench.serving.memory import Memory


class Keeper:
    """What the runner remembers of one process; all of it can be lost, the next runner looks again."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._who: Identity | None = None
        self._memory = Memory()
        self._mark: tuple[int, int] | None = None
        self._told: Told | None = None

    @property
    def untouched(self) -> bool:
        """Whether neither this runner nor one before it ever started it."""
        return self._child is None and self._who is None

    def look(self) -> Seat:
        """Return what is known now: two stats and a look at the process, when nothing changed."""
        told = self._read_told()
        if self._who is None and not self._memory.down:
            self._who = self._folder.read_pid()
        process: Literal["none"] | Life = look(self._who) if self._who else "none"
        now = time.time()
        memory = self._memory
        return Seat(
            number=self._folder.seat,
            process=process,
            launched=self._child is not None,
            exit_status=_status(self._child, gone=process == "dead"),
            told=told,
            asked=memory.asked,
            silent=now - told.at if told and told.at else 0.0,
            pid=self._who.pid if self._who else None,
            last_line=self._folder.last_log_line() if process != "alive" else "",
            down=memory.down,
            crashes=memory.crashes,
            rested=memory.rested,
            final=memory.final,
        )

    def launch(self) -> None:
        """Start the process: a session of its own, nothing inherited but the environment."""
        folder = self._folder
        folder.make_own()
        self.forget()
        told = self._read_told()
        if (
            told is not None
        ):  # what the process before it said does not count any more, but its port
            folder.write_told(Told(phase="loading", port=told.port, at=time.time()))
        with folder.log.open("ab") as log:
            self._child = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "workbench.serving.server",
                    str(folder.root),
                    str(folder.seat),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # A few rows gain nothing from threads, and wait for them where the cores are taken.
                env={"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"} | os.environ,
                start_new_session=True,
            )

    def end(self, *, now: bool) -> None:
        """Ask the process to stop, or end it at once."""
        if self._who:
            send(self._who, signal.SIGKILL if now else signal.SIGTERM)
        self._memory.ask()

    def fell(self, reason: str, *, final: bool) -> None:
        """Remember that the process ended by itself."""
        self.forget()
        self._memory.fell(reason, final=final)

    def forget(self) -> None:
        """Forget the process that was: who it was is not to be taken for the next one."""
        self._folder.pid.unlink(missing_ok=True)
        self._who = self._child = self._mark = None
        self._memory.forget()

    def _read_told(self) -> Told | None:
        """Return what the process told last, read again only when the file changed."""
        try:
            status = self._folder.serving.stat()
        except FileNotFoundError:
            return None
        mark = (status.st_ino, status.st_mtime_ns)
        if mark != self._mark:
            self._told = self._folder.read_told()
            self._mark = mark
        return self._told


def _status(child: subprocess.Popen[bytes] | None, *, gone: bool) -> int | None:
    """Return the exit status of a process that this runner started, None while it runs."""
    if child is None or not gone:
        return child.poll() if child else None
    try:
        # A killed process counts as gone when its first thread is; its status comes with the last.
        return child.wait(1.0)
    except subprocess.TimeoutExpired:
        return None
