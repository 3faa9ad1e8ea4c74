"""A target as the place of a deployment's processes.

What is asked for is done by the deployment's outpost, a thread; here is what was seen last. When the
runner dies the server goes on; the next runner finds it by what its folder there says.
"""

from __future__ import annotations

import hashlib
import time

import msgspec

from workbench.compute.serving import SeatSeen
from workbench.errors import TargetError, TargetRefused, WorkbenchError
from workbench.serving.folder import Desired, Folder, Told
from workbench.serving.hosting import Trouble
from workbench.serving.known import Seat
from workbench.serving.memory import Memory
from workbench.serving.outpost import Outpost, Setting, Sight, claim_of
from workbench.text import clean

SLOW_SECONDS = 60.0
"""A look that takes longer says that the target does not answer."""


class There:
    """See workbench.serving.hosting.Host."""

    def __init__(self, folder: Folder, setting: Setting) -> None:
        self._folder = folder
        self._name = setting.deployment
        self._memories: dict[int, Memory] = {}
        self._launched: set[int] = set()
        self._settled = ""
        self._desired: Desired | None = None
        self._post = Outpost(folder, setting)

    @property
    def untouched(self) -> bool:
        """Whether no process was ever started there, as far as is known."""
        sight = self._post.sight
        seen = sight.looked.seats if sight else ()
        return not self._launched and all(seat.process == "none" for seat in seen)

    @property
    def trouble(self) -> Trouble | None:
        """Why the target does not answer, or does not do what it was told."""
        post, now = self._post, time.monotonic()
        if post.failure is not None:
            error = post.failure.error
            unreached = isinstance(error, TargetError) and error.code.startswith("target")
            refused = isinstance(error, TargetRefused) or not unreached
            why = clean(str(error), 500)
            return Trouble(why, now - post.failure.since, unreached=unreached, refused=refused)
        quiet = now - (post.sight.at if post.sight else post.began)
        if quiet > SLOW_SECONDS and post.orders.all_done:
            why = f"the target has not answered for {quiet:.0f} seconds"
            return Trouble(why, quiet, unreached=True, refused=False)
        return None

    @property
    def port(self) -> int:
        """The port of this machine at which it answers."""
        return self._post.port

    @property
    def empty(self) -> bool:
        """Whether nothing of it can be there: it was never told anything."""
        return self._read_desired() is None and not self._launched

    def wanted(self, desired: Desired) -> Desired:
        """Return `desired` without what the target decides: where the model lies, where to listen."""
        return msgspec.structs.replace(desired, path="", host="", port=0)

    def written(self) -> Desired | None:
        """Return what it was told to serve, as far as the target still says the same."""
        desired, sight = self._read_desired(), self._post.sight
        if desired is None or sight is None:
            return None
        mark = hashlib.sha256(msgspec.json.encode(desired)).hexdigest()
        return desired if mark == sight.looked.sent else None

    def look(self, workers: int) -> tuple[Seat, ...] | None:
        """Return what was seen last; None while what was asked for is not done, or it is not reached."""
        post = self._post
        sight = post.sight
        if sight is None or post.failure or sight.done != post.orders.given:
            return None
        seen = {seat.number: seat for seat in sight.looked.seats}
        numbers = sorted({*seen, *range(workers)})
        return tuple(self._seat(seen.get(n) or SeatSeen(n), sight) for n in numbers)

    def write(self, desired: Desired) -> None:
        """Send the model, then say that it is to be served."""
        # Here first: what is not here was never sent.
        self._folder.write_desired(desired)
        self._desired = desired
        self._settled = ""
        post = self._post
        post.ask(lambda serving: post.fill(serving, desired))

    def launch(self, seat: int) -> None:
        """Start the process of a seat."""
        desired = self._read_desired()
        assert desired is not None  # it is written before anything is started
        self._settled = ""
        self._launched.add(seat)
        self._memory(seat).forget()
        post = self._post
        post.ask(lambda serving: post.start(serving, desired, seat))

    def fell(self, seat: int, reason: str, *, final: bool) -> None:
        """Remember that a process ended by itself."""
        self._memory(seat).fell(reason, final=final)
        self._post.ask(lambda serving: serving.forget(self._name, seat))

    def end(self, seat: int, *, now: bool) -> None:
        """Ask a process to stop, or end it at once."""
        self._memory(seat).ask()
        self._post.ask(lambda serving: serving.end(self._name, seat, now=now))

    def settle(self, state: str) -> bool:
        """Copy the last that was written; then forget the processes there, or remove all of it."""
        if self._settled != state:
            self._settled = state
            self._launched.clear()
            post = self._post
            post.ask(lambda serving: post.clear(serving, state))
            return False
        return self._post.orders.all_done

    def abandon(self) -> None:
        """Do nothing more of what was asked for: the target is given up."""
        self._post.orders.drop()

    def answer(self, host: str, told: Told, *, token: bool) -> str | None:
        """Return what the server said, through the port here, since it told this."""
        del host, token
        content = self._post.content
        return content[1] if content and content[0] == claim_of(told) else None

    def close(self, wait: float = 0.0) -> None:
        """Do what was asked for if the target is there, then look no more; the processes go on."""
        self._post.close(wait)

    def _memory(self, seat: int) -> Memory:
        return self._memories.setdefault(seat, Memory())

    def _seat(self, seen: SeatSeen, sight: Sight) -> Seat:
        memory, told = self._memory(seen.number), sight.told.get(seen.number)
        then = time.time() - (time.monotonic() - sight.at)
        return Seat(
            number=seen.number,
            # Once its end was noted, who it was does not count any more.
            process="none" if memory.down else seen.process,
            launched=seen.number in self._launched,
            exit_status=None if memory.down else seen.exit_code,
            told=told,
            asked=memory.asked,
            silent=max(then - told.at, 0.0) if told and told.at else 0.0,
            pid=seen.pid,
            last_line=seen.last_line,
            down=memory.down,
            crashes=memory.crashes,
            rested=memory.rested,
            final=memory.final,
        )

    def _read_desired(self) -> Desired | None:
        if self._desired is None:
            try:
                self._desired = self._folder.read_desired()
            except WorkbenchError:
                return None  # damaged: it is written again
        return self._desired
