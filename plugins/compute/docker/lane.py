"""A port of the loopback here that leads into a container, however far away its engine is.

Nothing is published there: each connection is a process beside the server, whose stdin and stdout the
engine carries. So whoever may speak to the engine reaches the server, and nobody else does.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any, Final

from plugins.compute.docker import names
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import socket_of
from plugins.compute.docker.pump import Pump
from workbench.errors import WorkbenchError
from workbench.remote.loopback import LoopbackPort

JOIN: Final = """
import os, socket, sys, threading
def take(size):
    got = bytearray()
    while len(got) < size:
        more = os.read(0, min(size - len(got), 65536))
        if not more:
            os._exit(1)
        got += more
    return got
take(1)
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 15)
there.settimeout(None)
def back():
    try:
        while piece := there.recv(65536):
            while piece:
                piece = piece[os.write(1, piece):]
    finally:
        os._exit(0)
answers = threading.Thread(target=back, daemon=True)
answers.start()
try:
    while size := int.from_bytes(take(4), "big"):
        there.sendall(take(size))
    there.shutdown(socket.SHUT_WR)
except OSError:
    answers.join()
take(1)
"""
"""Joins stdin (framed: see pump) and stdout to a port of the loopback, inside the container.

Ends when the server hangs up, or when nobody is at the other end of stdin any more.
"""


class Lane(LoopbackPort):
    """Leads to the port `there` in the container."""

    def __init__(self, engine: Engine, container: str, there: int) -> None:
        self.container = container
        self._engine = engine
        self._there = there
        super().__init__(f"lane {container[:12]}")

    def carry(self, caller: socket.socket) -> None:
        """Carry a connection by a process beside the server."""
        with contextlib.closing(caller):
            try:
                attached = self._join()
            except (WorkbenchError, OSError):
                return  # as a port that nothing listens on
            line = socket_of(attached)
            with contextlib.closing(line), contextlib.closing(attached):
                # One of both is gone, or the engine is: whoever is left sees a connection that closes.
                with contextlib.suppress(OSError):
                    Pump(caller, line).run()
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)

    def _join(self) -> Any:
        """Start a process of JOIN beside the server; return what the engine attached. Raises TargetError."""
        command = [names.PYTHON, "-I", "-S", "-c", JOIN, str(self._there)]
        with self._engine.use() as client:
            made = client.exec_create(self.container, command, stdin=True)
            return client.exec_start(made["Id"], socket=True)
