"""Where the processes of a deployment are: what the watcher asks of that place, and this machine as one."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import msgspec

from workbench.errors import WorkbenchError
from workbench.serving.client import Client
from workbench.serving.folder import Desired, Folder, Told
from workbench.serving.keeper import Keeper
from workbench.serving.known import Seat

ANSWER_SECONDS = 2.0
"""How long is waited for an answer of a server that says it is ready."""

logger = logging.getLogger("workbench.serving")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the place cannot be asked or does not do what it was told, and for how many seconds already.

    `unreached`: nobody knows how the deployment is; `refused`: it stays so until a person does something.
    """

    why: str
    seconds: float
    unreached: bool
    refused: bool


class Host(Protocol):
    """The place where one deployment's processes are. None of its calls waits for a network.

    What is asked for (`write`, `launch`, `fell`, `end`) is done in order, at once or soon; until it
    is, `look` says None.
    """

    @property
    def untouched(self) -> bool:
        """Whether no process was ever started there, as far as is known."""
        ...

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong with the place; None when nothing is."""
        ...

    @property
    def empty(self) -> bool:
        """Whether nothing of the deployment can be there."""
        ...

    @property
    def port(self) -> int:
        """The port of this machine at which it answers, 0 where the server itself chooses it."""
        ...

    def wanted(self, desired: Desired) -> Desired:
        """Return `desired` as it is to be for this place."""
        ...

    def written(self) -> Desired | None:
        """Return what it was told to serve, None before that or when that is damaged."""
        ...

    def look(self, workers: int) -> tuple[Seat, ...] | None:
        """Return every seat that is wanted or was ever taken; None when that is not known now."""
        ...

    def write(self, desired: Desired) -> None:
        """Say what is to be served."""
        ...

    def launch(self, seat: int) -> None:
        """Start the process of a seat."""
        ...

    def fell(self, seat: int, reason: str, *, final: bool) -> None:
        """Remember that a process ended by itself, and why."""
        ...

    def end(self, seat: int, *, now: bool) -> None:
        """Ask a process to stop, or end it at once."""
        ...

    def settle(self, state: str) -> bool:
        """Leave nothing that is not to stay in `state`, stopped or suspended; True once that is done."""
        ...

    def abandon(self) -> None:
        """Do nothing more of what was asked for: the place is given up."""
        ...

    def answer(self, host: str, told: Told, *, token: bool) -> str | None:
        """Return the content digest that the server itself gives, None when it does not (yet)."""
        ...

    def close(self, wait: float = 0.0) -> None:
        """Look no more; the processes go on. Waits `wait` seconds until nothing is done any more."""
        ...


class Here:
    """This machine: every seat has a keeper."""

    trouble: Trouble | None = None
    empty = False
    port = 0

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._keepers: dict[int, Keeper] = {}
        self._written: Desired | None = None

    @property
    def untouched(self) -> bool:
        """Whether neither this runner nor one before it ever started a process."""
        return all(keeper.untouched for keeper in self._keepers.values())

    def wanted(self, desired: Desired) -> Desired:
        """Return `desired`, on the port that it was given once."""
        before = self.written()
        return msgspec.structs.replace(desired, port=before.port) if before else desired

    def written(self) -> Desired | None:
        """Return what the servers are told; a damaged file is written again."""
        if self._written is None:
            try:
                self._written = self._folder.read_desired()
            except WorkbenchError:
                return None
        return self._written

    def look(self, workers: int) -> tuple[Seat, ...]:
        """Look at every seat that is wanted or was ever taken."""
        if not self._keepers:
            for seat in self._folder.seats():
                self._keeper(seat)
        for seat in range(workers):
            self._keeper(seat)
        return tuple(self._keepers[seat].look() for seat in sorted(self._keepers))

    def write(self, desired: Desired) -> None:
        """Say what is to be served."""
        self._folder.write_desired(desired)
        self._written = desired

    def launch(self, seat: int) -> None:
        """Start the process of a seat."""
        self._keeper(seat).launch()

    def fell(self, seat: int, reason: str, *, final: bool) -> None:
        """Remember that a process ended by itself."""
        self._keeper(seat).fell(reason, final=final)

    def end(self, seat: int, *, now: bool) -> None:
        """Ask a process to stop, or end it at once."""
        self._keeper(seat).end(now=now)

    def settle(self, state: str) -> bool:
        """Forget who the processes were that rest; the folder stays, with all that was answered."""
        if state == "suspended":
            for keeper in self._keepers.values():
                keeper.forget()
        return True

    def abandon(self) -> None:
        """There is nothing that waits."""

    def answer(self, host: str, told: Told, *, token: bool) -> str | None:
        """Ask the server itself, through the door that everybody uses."""
        return ask_content(reachable(host), told.port, self._folder, token=token)

    def close(self, wait: float = 0.0) -> None:
        """There is nothing to let go."""
        del wait

    def _keeper(self, seat: int) -> Keeper:
        if seat not in self._keepers:
            self._keepers[seat] = Keeper(self._folder.at(seat))
        return self._keepers[seat]


def ask_content(host: str, port: int, folder: Folder, *, token: bool) -> str | None:
    """Return the digest of what the server at `host:port` serves, None when it is not ready to say."""
    try:
        secret = folder.read_token() if token else None
        with Client(host, port, secret, ANSWER_SECONDS) as client:
            if not client.ready():
                return None
            return str(msgspec.json.decode(client.get("/healthz"))["content"])
    except (WorkbenchError, msgspec.MsgspecError, KeyError) as error:
        logger.info("%s does not answer yet: %s", folder.root.name, error)
        return None


def reachable(host: str) -> str:
    """Return the address under which a server that listens on `host` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
