"""Server processes on a target behind an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from workbench.compute.contract import Stage, Tell, tell_nobody
from workbench.compute.place import digest
from workbench.compute.processes import Life
from workbench.compute.serving import Looked, SeatSeen, Server
from workbench.errors import TargetError
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.remote.sending import send_objects
from workbench.remote.stream import Connector
from workbench.runtimes.runtime import Runtime

HOST = "127.0.0.1"
OPS = "workbench.remote.agent.serving."

EnsureRuntime = Callable[[Runtime | None, Tell], str]


class RemoteServing:
    """See workbench.compute.serving.Serving. `ensure` gives the interpreter of a runtime there."""

    def __init__(
        self,
        name: str,
        agents: Pool,
        connector: Connector,
        ensure: EnsureRuntime,
        *,
        needs_runtime: bool,
    ) -> None:
        self.needs_runtime = needs_runtime
        self._name = name
        self._agents = agents
        self._connector = connector
        self._ensure = ensure

    def fill(self, server: Server, tell: Tell = tell_nobody) -> None:
        """Bring code, model and token there, then say what is to be served."""
        tell(Stage("connect"))
        self._agents.use(lambda agent: send_server(agent, server, tell, host=HOST, port=0))

    def start(self, server: Server, seat: int, tell: Tell = tell_nobody) -> None:
        """Start the process of a seat in the runtime, unless one lives there."""
        python = self._ensure(server.runtime, tell)
        self._ask("start", server.deployment, seat=seat, python=python, code=digest(server.code))

    def look(self, deployment: str) -> Looked:
        """Say how it is."""
        return read_looked(self._ask("look", deployment), self._name)

    def read(self, deployment: str, name: str, offset: int) -> bytes:
        """Return what one of its files has from byte `offset` on, at most 1 MiB."""
        return self._agents.use(
            lambda agent: agent.call(OPS + "read", deployment=deployment, name=name, offset=offset)[
                1
            ]
        )

    def end(self, deployment: str, seat: int, *, now: bool) -> None:
        """Ask the process of a seat to stop, or with `now` kill it."""
        self._ask("end", deployment, seat=seat, now=now)

    def forget(self, deployment: str, seat: int) -> None:
        """Forget a process that is gone."""
        self._ask("forget", deployment, seat=seat)

    def remove(self, deployment: str) -> None:
        """End what is left of it there and remove it."""
        self._ask("remove", deployment)

    def way(self, deployment: str, seat: int, port: int) -> int:
        """Return a port of this machine's loopback that leads to `port` there."""
        del deployment, seat  # the processes of a deployment share one
        return self._connector.tunnel(port)

    def _ask(self, op: str, deployment: str, **arguments: Any) -> Any:
        return self._agents.use(
            lambda agent: agent.ask(OPS + op, deployment=deployment, **arguments)
        )


def send_server(agent: Agent, server: Server, tell: Tell, *, host: str, port: int) -> None:
    """Send code and model, as far as they are missing; then say what is to be served at `host:port`."""
    code = digest(server.code)
    send_objects(agent, {code: server.code}, "code", tell)
    send_objects(agent, {server.object: server.model}, "data", tell)
    agent.ask(
        OPS + "fill",
        server.desired,
        deployment=server.deployment,
        code=code,
        model=server.object,
        token=server.token,
        host=host,
        port=port,
    )


def read_looked(found: Any, name: str) -> Looked:
    """Return what an agent of the target `name` answers to `look`. Raises TargetError."""
    try:
        return _looked(msgspec.convert(found, _Looked))
    except msgspec.ValidationError as error:
        raise TargetError(
            "The agent's word on a deployment cannot be read",
            where=name,
            why=str(error),
            fix="Report it together with what you did",
            code="target.agent",
        ) from error


class _Seat(msgspec.Struct, frozen=True):
    number: int
    process: str
    pid: int | None
    exit_code: int | None
    told: str
    metrics: str
    last_line: str


class _Looked(msgspec.Struct, frozen=True):
    now: float
    sent: str
    files: dict[str, int]
    seats: list[_Seat]


_LIVES: dict[str, Life] = {
    "alive": "alive",
    "dead": "dead",
    "reused": "reused",
    "rebooted": "rebooted",
}


def _looked(found: _Looked) -> Looked:
    return Looked(
        now=found.now,
        sent=found.sent,
        files=found.files,
        seats=tuple(
            SeatSeen(
                number=seat.number,
                process=_LIVES.get(seat.process, "none"),
                pid=seat.pid,
                exit_code=seat.exit_code,
                told=seat.told.encode(),
                metrics=seat.metrics.encode(),
                last_line=seat.last_line,
            )
            for seat in found.seats
        ),
    )
