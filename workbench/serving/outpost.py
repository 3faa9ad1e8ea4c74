"""The thread that deals with one deployment on a target, so that the watcher never waits for a network.

It does what was asked for, looks, copies back what was written there and keeps the port here leading
to the server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from workbench.compute.contract import Stage
from workbench.compute.serving import Looked, SeatSeen, Server, Serving
from workbench.errors import WorkbenchError
from workbench.serving.folder import Desired, Folder, Told
from workbench.serving.hosting import ask_content
from workbench.serving.mirror import Mirror
from workbench.serving.news import News, SeatNews, write_news
from workbench.serving.orders import Orders
from workbench.serving.relay import Relay
from workbench.text import clean

PACE = 0.5
"""Seconds between two looks."""
LONGEST_PAUSE = 10.0
"""Seconds between two tries to reach a target that does not answer."""
HOST = "127.0.0.1"
"""Where a deployment elsewhere answers here; who else is to reach it goes to its target."""
_SKEW = 2.0

logger = logging.getLogger("workbench.serving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a deployment elsewhere is made with; both calls are made in its thread and may take long.

    `port` is the one that it had here (0: none yet), else one of `ports`; `token` whether it has one.
    """

    deployment: str
    open: Callable[[], Serving]
    pack: Callable[[Desired], Server]
    port: int
    ports: tuple[int, int]
    token: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen after so many orders were `done`, `at` by the monotonic clock here."""

    looked: Looked
    told: Mapping[int, Told | None]
    done: int
    at: float


@dataclass(frozen=True, slots=True)
class Failure:
    """The last error, and since when there is none but errors (monotonic clock)."""

    error: Exception
    since: float


class Outpost:
    """`sight`, `failure`, `content` and `port` may be read by another thread at any time."""

    def __init__(self, folder: Folder, setting: Setting) -> None:
        self.orders = Orders()
        self.began = time.monotonic()
        self.sight: Sight | None = None
        self.failure: Failure | None = None
        self.content: tuple[str, str] | None = None
        """What the server claimed, and the digest that it then gave when it was asked."""
        self._folder = folder
        self._setting = setting
        self._mirror = Mirror(folder)
        self._relay: Relay | None = None
        self._port = setting.port
        self._rests = False
        self._reached = 0.0
        self._stage = ""
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="deployment there", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port of this machine that leads there, 0 while there is none."""
        relay = self._relay
        return relay.port if relay else 0

    def ask(self, do: Callable[[Serving], object]) -> None:
        """Have something done, after all that was asked before."""
        self.orders.give(do)
        self._wake.set()

    def close(self, wait: float) -> None:
        """Do what was asked for if the target is there, then end; waits up to `wait` seconds for that."""
        self._closing.set()
        self._wake.set()
        if wait:
            self._thread.join(wait)

    # What can be asked for

    def fill(self, serving: Serving, desired: Desired) -> None:
        """Send the model, then say that it is to be served."""
        serving.fill(self._setting.pack(desired), self._tell)

    def start(self, serving: Serving, desired: Desired, seat: int) -> None:
        """Start the process of a seat."""
        self._rests = False
        serving.start(self._setting.pack(desired), seat, self._tell)

    def clear(self, serving: Serving, state: str) -> None:
        """Copy the last that was written; then forget the processes there, or remove all of it."""
        name = self._setting.deployment
        looked = serving.look(name)
        self._take_in(serving, looked, everything=True)
        if state == "stopped":
            serving.remove(name)
        else:
            for seat in looked.seats:
                serving.forget(name, seat.number)
        self._rests = True
        self._close_port()

    # The thread

    def _work(self) -> None:
        pause = PACE
        while not self._closing.is_set():
            try:
                self._turn()
                self.failure, pause = None, PACE
            except (WorkbenchError, OSError) as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                self._failed(error)
            except Exception as error:  # without this thread nobody would look again
                pause = LONGEST_PAUSE
                logger.exception("%s: unexpected", self._folder.root.name)
                self._failed(error)
            self._wake.wait(pause)
            self._wake.clear()
        try:
            if not self.orders.all_done:
                self.orders.work(self._setting.open())
        except (WorkbenchError, OSError) as error:
            logger.warning("%s: left undone: %s", self._folder.root.name, clean(error, 500))
        self._close_port()

    def _turn(self) -> None:
        serving = self._setting.open()
        self.orders.work(serving)
        done = self.orders.done
        if self._relay is None and not self._rests:
            self._relay = Relay(HOST, self._port, self._setting.ports)
            self._port = self._relay.port
        looked = serving.look(self._setting.deployment)
        self._stage = ""
        self._reached = time.time()
        told = self._take_in(serving, looked)
        self._lead(serving, looked, told)
        self.sight = Sight(looked, told, done, time.monotonic())
        self._say()

    def _take_in(
        self, serving: Serving, looked: Looked, *, everything: bool = False
    ) -> dict[int, Told | None]:
        """Copy what was written there; return what each process tells."""
        name, shift = self._setting.deployment, time.time() - looked.now
        shift = shift if abs(shift) > _SKEW else 0.0  # less may be the time that the answer took
        told = {seat.number: self._mirror.told(seat, shift, self._port) for seat in looked.seats}

        def read(file: str, offset: int) -> bytes:
            return serving.read(name, file, offset)

        self._mirror.copy(looked, read, everything=everything)
        return told

    def _lead(self, serving: Serving, looked: Looked, told: Mapping[int, Told | None]) -> None:
        """Have the port here lead to every process that listens, and ask it what it serves."""
        relay = self._relay
        if relay is None:
            return
        name = self._setting.deployment
        open_ = [
            s for s in looked.seats if s.process == "alive" and (t := told.get(s.number)) and t.port
        ]
        # One that is still loading turns people away: only where nobody else is there.
        ready = [s for s in open_ if (t := told[s.number]) and t.phase == "serving"]
        ways = {serving.way(name, s.number, _port(s)) for s in ready or open_} - {0}
        relay.lead_to(sorted(ways))
        serves = [each for each in told.values() if each and each.phase == "serving"]
        if not ways or not serves:
            self.content = None
            return
        claim = claim_of(max(serves, key=lambda each: each.since))
        if self.content is None or self.content[0] != claim:
            content = ask_content(HOST, relay.port, self._folder, token=self._setting.token)
            self.content = (claim, content) if content else None

    def _close_port(self) -> None:
        relay, self._relay = self._relay, None
        if relay is not None:
            relay.close()

    def _tell(self, stage: Stage) -> None:
        share = f" {100 * stage.done // stage.total} %" if stage.total else ""
        words = f"{stage.name}{share}"
        if words != self._stage:
            self._stage = words
            self._say()

    def _failed(self, error: Exception) -> None:
        before = self.failure
        since = before.since if before else time.monotonic()
        if before is None or str(before.error) != str(error):
            logger.warning("%s: %s", self._folder.root.name, clean(error, 500))
        self.failure, self.content = Failure(error, since), None
        self._say()

    def _say(self) -> None:
        """Tell everybody what was seen, or why nothing is."""
        seats = self.sight.looked.seats if self.sight else ()
        news = News(
            at=self._reached,
            seats=tuple(SeatNews(number=s.number, process=s.process, pid=s.pid) for s in seats),
            trouble=clean(self.failure.error, 500) if self.failure else "",
            stage=self._stage,
        )
        try:
            write_news(self._folder.root, news)
        except OSError as error:
            logger.warning("there.json cannot be written: %s", error.strerror)


def claim_of(told: Told) -> str:
    """Return what a server says that it serves, as one text."""
    return f"{told.version} {told.content} {told.promotion}"


def _port(seat: SeatSeen) -> int:
    """Return the port there, as the process tells it."""
    try:
        return msgspec.json.decode(seat.told, type=Told).port if seat.told else 0
    except msgspec.MsgspecError:
        return 0
