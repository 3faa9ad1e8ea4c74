"""A server process of a deployment: `python -P -m workbench.serving.server FOLDER [SEAT]`.

It lives on its own: a session of its own, hang-ups ignored, no runner needed. It listens first, then
loads what `desired.json` names, looks four times a second whether another version is wanted, loads
that beside the one that answers and swaps between two requests. A version that cannot be loaded
leaves the one that answers in its place, and `serving.json` says why. SIGTERM ends it in order:
requests under way are answered, the prediction log is written to its last line. Where a deployment
has several, each sits in a seat of its own and follows `desired.json` by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Generator
from pathlib import Path

import msgspec

from workbench.compute.identity import myself
from workbench.compute.processes import is_alive
from workbench.errors import Conflict, WorkbenchError
from workbench.serving.app import Application
from workbench.serving.folder import Desired, Folder, Phase, Told
from workbench.serving.http import Door, Limits
from workbench.serving.listening import Server, make_server
from workbench.serving.loading import load
from workbench.serving.metrics import Meter
from workbench.serving.ports import choosing, listen
from workbench.serving.predictions import PredictionLog
from workbench.text import clean

LOOK_SECONDS = 0.25
BEAT_SECONDS = 2.0

logger = logging.getLogger("workbench.serving")


class Process:
    """Everything of one server process; `run` returns its exit status."""

    def __init__(self, folder: Folder, desired: Desired, listener: socket.socket) -> None:
        self.folder = folder
        self.listener = listener
        self.limits = Limits()
        self.log = PredictionLog(folder.predictions)
        token = folder.read_token() if desired.token else None
        self.application = Application(
            desired.name,
            Door(token, frozenset({desired.host})),
            self.log,
            self.limits,
            meter=Meter(folder.read_metrics()),
            others=lambda: folder.all_metrics(but=folder.seat),
        )
        self.server: Server = make_server(self.application)
        self.refused: Desired | None = None
        self.failure = ""
        self._told = Told(phase="loading")

    async def run(self) -> int:
        """Serve until SIGTERM or until the first version cannot be loaded."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        self.tell("loading")
        helpers = [asyncio.create_task(self._follow()), asyncio.create_task(self._beat())]
        try:
            await self.server.serve(sockets=[self.listener])
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self.application.batcher.close()
            await asyncio.to_thread(self.log.close)
            self.tell("failed" if self.failure else "stopped")
        return 1 if self.failure else 0

    def tell(self, phase: Phase | None = None) -> None:
        """Write serving.json when it would say something new, or when the last beat is old."""
        if phase is None:
            phase = "serving" if self.application.served else "loading"
        health = self.application.health()
        told = Told(
            phase=phase,
            port=self.listener.getsockname()[1] if self.listener.fileno() >= 0 else self._told.port,
            version=health.version,
            reference=health.reference,
            content=health.content,
            promotion=health.promotion,
            since=health.since,
            refused=self.refused.version if self.refused else "",
            error=self.failure,
            requests=health.requests,
            errors=health.errors,
            logged=health.logged,
            dropped=health.dropped,
            at=self._told.at,
        )
        now = time.time()
        if told != self._told or now - told.at >= BEAT_SECONDS:
            self._told = msgspec.structs.replace(told, at=now)
            try:
                self.folder.write_told(self._told)
                self.folder.write_metrics(self.application.metrics())
            except OSError as error:
                logger.warning("serving.json cannot be written: %s", error.strerror)

    def _stop(self) -> None:
        logger.info("asked to stop")
        self.server.should_exit = True

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self.folder.root.is_dir():
                # The project was removed or moved: nobody could find or stop this process any more.
                logger.warning("the folder of this deployment is gone; ending")
                self.server.should_exit = True
                return
            self.tell()

    async def _follow(self) -> None:
        """Serve what desired.json names, now and whenever it changes."""
        seen: tuple[int, int, int] | None = None
        while True:
            with contextlib.suppress(FileNotFoundError):
                status = self.folder.desired.stat()
                mark = (status.st_ino, status.st_mtime_ns, status.st_size)
                if mark != seen:
                    seen = mark
                    await self._serve_wanted()
            await asyncio.sleep(LOOK_SECONDS)

    async def _serve_wanted(self) -> None:
        desired: Desired | None = None
        try:
            desired = self.folder.read_desired()
            if desired is not None:
                await self._serve(desired)
        except Exception as error:
            # A model file may make its loader raise anything; whatever it was, the old one stays.
            reason = str(error) if isinstance(error, WorkbenchError) else repr(error)
            known = isinstance(error, WorkbenchError)
            logger.log(logging.ERROR, "%s", clean(reason), exc_info=None if known else error)
            name = desired.reference if desired else "what is wanted"
            self.failure = f"{name} cannot be served: {clean(reason, 500)}"
            self.application.refused = f"{name} cannot be served"
            self.refused = desired
            if self.application.served is None:
                self.server.should_exit = True
        self.tell()

    async def _serve(self, desired: Desired) -> None:
        application = self.application
        served = application.served
        if served is not None and served.version == desired.version:
            if served.promotion != desired.promotion:
                served.promotion = desired.promotion
                application.since = time.time()
        else:
            logger.info("loading %s", desired.reference)
            application.swap(await asyncio.to_thread(load, desired, self.limits.rows))
            logger.info("%s answers", desired.reference)
        application.refused = self.failure = ""
        self.refused = None


class _Lines(logging.Formatter):
    """Log lines with UTC times, cleaned: an exception's text may hold what a client sent."""

    @staticmethod
    def converter(seconds: float | None = None) -> time.struct_time:
        """Give the time in UTC."""
        return time.gmtime(seconds)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line without what a terminal would obey."""
        return clean(super().format(record), 20_000, lines=True)


def main(arguments: list[str]) -> int:
    """Run a server of the deployment folder named by the first argument, in the seat of the second."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handler = logging.StreamHandler()
    who = f"[{int(arguments[1]) + 1}] " if len(arguments) > 1 and arguments[1] != "0" else ""
    line = f"%(asctime)sZ %(levelname)s {who}%(message)s"
    handler.setFormatter(_Lines(line, "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    folder = Folder(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0)
    folder.make_own()
    try:
        with _alone(folder):
            folder.write_pid(myself())
            return _run(folder)
    except WorkbenchError as refusal:
        logger.log(logging.ERROR, "%s", refusal)  # one line: a refusal needs no traceback
        return 1


def _run(folder: Folder) -> int:
    try:
        desired = folder.read_desired()
        if desired is None:
            raise Conflict(
                "Nothing is to be served",
                where=str(folder.desired),
                why="the file is not there",
                fix="Create the deployment with workbench deploy create",
            )
        listener = _listen(folder, desired)
        process = Process(folder, desired, listener)
    except WorkbenchError as refusal:
        folder.write_told(Told(phase="failed", error=str(refusal), at=time.time()))
        raise
    # A prediction holds the interpreter for fractions of a millisecond; the default of 5 ms would
    # let it keep the event loop waiting.
    sys.setswitchinterval(0.0005)
    return asyncio.run(process.run())


def _listen(folder: Folder, desired: Desired) -> socket.socket:
    """Listen beside the other processes of this deployment, or be the first and choose the port."""
    with choosing():
        others = [folder.at(seat) for seat in folder.seats() if seat != folder.seat]
        told = [(other.read_pid(), other.read_told()) for other in others]
        shared = [t.port for who, t in told if who and t and t.port and is_alive(who)]
        if shared:
            listener = listen(desired.host, shared[0], desired.ports, join=True)
        else:
            ports = [each.port for _, each in [(None, folder.read_told()), *told] if each]
            before = next((port for port in ports if port), 0)
            listener = listen(desired.host, desired.port, desired.ports, before=before)
        port = listener.getsockname()[1]
        folder.write_told(Told(phase="loading", port=port, at=time.time()))
    return listener


@contextlib.contextmanager
def _alone(folder: Folder) -> Generator[None, None, None]:
    """Hold the folder's lock: two servers would mix their answers in one serving.json."""
    descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "This deployment has a server already",
                where=str(folder.root),
                why="another process holds its lock",
                fix="Stop the deployment first",
                code="deployment.running",
            ) from None
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
