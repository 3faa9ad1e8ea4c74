"""The runner as a process: detached, alone by a lock, with a bounded log, gone when there is no work."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType

from workbench.compute.asking import Desk
from workbench.compute.targets import ask_through, close_targets
from workbench.compute.wake import runner_lock, runner_log
from workbench.errors import WorkbenchError
from workbench.project.project import Project
from workbench.runner.hands import ManyHands
from workbench.runner.loop import BUSY_PAUSE, QUIET_PAUSE, Loop, idle_limit
from workbench.store.modes import file_mode
from workbench.text import clean

LOG_BYTES = 512 * 1024
"""Bytes after which the log is set aside; one older part is kept."""
_LOCK_PATIENCE = 1.0
_TROUBLE_PAUSE = 5.0

logger = logging.getLogger("workbench.runner")


class Lock:
    """The one runner of a person in a project: flock on a file that says who holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    def take(self) -> bool:
        """Take the lock; False when another runner has it. Waits for a moment: askers probe it."""
        descriptor = os.open(
            self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, file_mode(self.path.parent)
        )
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(descriptor)
                    return False
                time.sleep(0.02)
            else:
                os.pwrite(descriptor, f"{os.getpid():<20}".encode(), 0)
                self._descriptor = descriptor
                return True

    def holds(self) -> bool:
        """Tell whether the locked file is still the one under its name (the project was not removed)."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        mine = os.fstat(self._descriptor)
        return (found.st_dev, found.st_ino) == (mine.st_dev, mine.st_ino)

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)
        self._descriptor = -1


class _Stop:
    """Becomes true on SIGTERM or SIGINT: the turn at hand is finished, then the runner ends."""

    def __init__(self) -> None:
        self.wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.wanted = True


def serve(project: Project) -> bool:
    """Be the project's runner until there is no work or a signal comes; False when another one is."""
    lock = Lock(runner_lock(project.paths.own))
    stop = _Stop()
    while lock.take():
        logger.info("runner %d starts", os.getpid())
        loop = Loop(project, hands=ManyHands())
        with _questions(project, loop.hurry):
            _run(loop, lock, stop)
            _close(loop)
        still_there = lock.holds()
        lock.release()
        logger.info("runner %d ends", os.getpid())
        # Who wrote an intent while the lock was held did not start another one: look once more.
        if stop.wanted or not still_there or not loop.unread():
            return True
    return False


@contextlib.contextmanager
def _questions(project: Project, answered: Callable[[str], object]) -> Iterator[None]:
    """Keep what targets ask open for the person meanwhile; without a socket they say what to do."""
    desk = Desk(answered=answered)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(desk.listening(project))
        except OSError as error:
            logger.warning("no questions can be asked: %s", error)
        else:
            ask_through(desk.ask)
        yield
        ask_through(None)


def _run(loop: Loop, lock: Lock, stop: _Stop) -> None:
    limit = idle_limit()
    last_work = time.monotonic()
    leftovers = True
    while not stop.wanted and lock.holds():
        pause, worked = QUIET_PAUSE, False
        try:
            if leftovers:
                loop.clear_leftovers()
                leftovers = False
            worked = loop.turn()
            if loop.busy:
                pause = BUSY_PAUSE
        except Exception as error:  # noqa: BLE001  # the top of the loop: said, and gone on with
            _tell(error)
            pause = _TROUBLE_PAUSE
        if worked:
            last_work = time.monotonic()
        elif time.monotonic() - last_work > limit:
            return
        loop.wait(pause)


def _close(loop: Loop) -> None:
    """Let what was begun come to its end; a thread that hangs does not keep the next runner waiting."""
    if not loop.close():
        logger.warning("runner %d ends with a job in hand: the next one goes on", os.getpid())
        logging.shutdown()
        os._exit(0)
    close_targets()


def _tell(error: Exception) -> None:
    if isinstance(error, WorkbenchError | OSError):
        logger.error("%s", error)
    else:
        logger.exception("unexpected")


class _Line(logging.Formatter):
    """A line with its moment in UTC; errors quote text from outside, so all of it is cleaned."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record), lines=True)


def log_to_file(own: Path) -> None:
    """Send what the runner says to `.workbench/runner-UID.log`, of bounded size."""
    handler = RotatingFileHandler(
        runner_log(own), maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
    )
    _set_up(handler)


def log_to_stderr() -> None:
    """Send what the runner says to stderr, for the foreground."""
    _set_up(logging.StreamHandler())


def _set_up(handler: logging.Handler) -> None:
    handler.setFormatter(_Line())
    top = logging.getLogger("workbench")  # what the watched deployments say comes here too
    top.addHandler(handler)
    top.setLevel(logging.INFO)
    top.propagate = False
