"""What carries a target over SSH: one connection with many sessions, made again when it broke."""

from __future__ import annotations

import threading
import time

import paramiko

from plugins.compute.ssh.answers import Answers, Unanswered
from plugins.compute.ssh.breaker import Breaker
from plugins.compute.ssh.connection import Connection, connect
from plugins.compute.ssh.refusals import gone, no_session
from plugins.compute.ssh.route import Hop, find_route
from plugins.compute.ssh.stream import SessionStream
from plugins.compute.ssh.tunnel import Tunnel
from plugins.compute.ssh.words import Wanted
from workbench.compute.contract import Ask
from workbench.errors import TargetError
from workbench.remote.bootstrap import command

MOST_CONNECTIONS = 4
"""Connections at once, for a server that gives few sessions on each (MaxSessions)."""
_ROOM_PATIENCE = 5.0
_ROOM_PAUSE = 0.1


class SshConnector:
    """The way to one machine. See workbench.remote.stream.Connector. Safe to use from any thread."""

    def __init__(self, name: str, wanted: Wanted, ask: Ask | None) -> None:
        self.name = name
        self.wanted = wanted
        self.answers = Answers(name, ask)
        self._lock = threading.Lock()
        self._breaker = Breaker()
        self._connections: list[Connection] = []
        self._tunnels: dict[int, Tunnel] = {}

    def open_agent(self) -> SessionStream:
        """Run the agent's command there and return its stdin and stdout. Raises TargetError."""
        return self.run(command(self.wanted.python))

    def run(self, line: str) -> SessionStream:
        """Run a command line in a session of its own there. Raises TargetError."""
        connection, channel = self._session()

        def ended() -> None:
            with self._lock:
                connection.sessions -= 1

        stream = SessionStream(channel, ended)
        try:
            channel.exec_command(line)
        except (paramiko.SSHException, OSError, EOFError) as error:
            stream.close()
            if connection.alive:
                raise no_session(connection.hop, error) from error
            raise gone(connection.hop, str(error) or "it was cut") from error
        return stream

    def tunnel(self, port: int) -> int:
        """Return a port of the loopback here that leads to `port` of the loopback there."""
        with self._lock:
            found = self._tunnels.get(port)
            if found is None:
                found = self._tunnels[port] = Tunnel(self._transport, port)
            return found.port

    def facts(self) -> dict[str, str]:
        """Return who is reached where."""
        hop = self.route()[-1]
        return {"ssh": f"{hop.user}@{hop.host}:{hop.port}"}

    def route(self) -> tuple[Hop, ...]:
        """Return the servers on the way, as the settings are now. Raises TargetError."""
        return find_route(self.wanted)

    def close(self) -> None:
        """Let every connection go; the next call opens one again."""
        with self._lock:
            connections, self._connections = self._connections, []
            tunnels, self._tunnels = self._tunnels, {}
            self._breaker = Breaker()
        for tunnel in tunnels.values():
            tunnel.close()
        for connection in connections:
            connection.close()

    def _transport(self) -> paramiko.Transport:
        return self._connection(with_room=False).transport

    def _session(self) -> tuple[Connection, paramiko.Channel]:
        """Open a session on a connection that has room, on a new one when none has."""
        deadline = time.monotonic() + _ROOM_PATIENCE
        while True:
            connection = self._connection(with_room=True)
            with self._lock:
                connection.sessions += 1
            try:
                channel = connection.session()
            except BaseException as error:
                with self._lock:
                    connection.sessions -= 1
                    connection.full = True
                if not isinstance(error, paramiko.ChannelException):
                    raise
                # A session that was closed takes its place until the command in it has ended.
                if not connection.used or time.monotonic() > deadline:
                    raise no_session(connection.hop, error) from error
                time.sleep(_ROOM_PAUSE)
            else:
                connection.used = True
                return connection, channel

    def _connection(self, *, with_room: bool) -> Connection:
        """Return a living connection, made here if need be: by one thread, while the others wait for it."""
        with self._lock:
            self._connections = [each for each in self._connections if each.alive]
            for connection in self._connections:
                connection.full = connection.full and connection.sessions > 0
                if not (with_room and connection.full):
                    return connection
            if len(self._connections) >= MOST_CONNECTIONS:
                return min(self._connections, key=lambda each: each.sessions)
            error = self._breaker.error
            if not (isinstance(error, Unanswered) and self.answers.came(error.question)):
                self._breaker.check()
            try:
                connection = connect(self.route(), self.answers)
            except TargetError as refusal:
                self._breaker.failed(refusal)
                raise
            self._breaker.worked()
            self._connections.append(connection)
            return connection
