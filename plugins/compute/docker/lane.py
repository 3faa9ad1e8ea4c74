"""A port of the loopback here that leads into a container, however far away its engine is.

Nothing is published there: each connection is a process beside the server, whose stdin and stdout the
engine carries. So whoever may speak to the engine reaches the server, and nobody else does.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final

from plugins.compute.docker import names
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import Attached
from workbench.errors import WorkbenchError
from workbench.remote.loopback import LoopbackPort

_PIECE = 64 * 1024

JOIN: Final = """
import os, socket, sys, threading
there = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 15)
there.settimeout(None)
def back():
    while piece := there.recv(65536):
        while piece:
            piece = piece[os.write(1, piece):]
    os._exit(0)
threading.Thread(target=back, daemon=True).start()
while piece := os.read(0, 65536):
    there.sendall(piece)
there.shutdown(socket.SHUT_WR)
threading.Event().wait(60)
"""
"""Joins stdin and stdout to a port of the loopback, inside the container. Ends when the server hangs up."""


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
                line = self._join()
            except (WorkbenchError, OSError):
                return  # as a port that nothing listens on
            back = threading.Thread(target=_pour_back, args=(line, caller), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while piece := caller.recv(_PIECE):
                    line.write(piece)
            line.end_input()
            back.join()
            line.close()

    def _join(self) -> Attached:
        """Start a process of JOIN beside the server. Raises TargetError."""
        command = [names.PYTHON, "-I", "-S", "-c", JOIN, str(self._there)]
        with self._engine.use() as client:
            made = client.exec_create(self.container, command, stdin=True)
            return Attached(client.exec_start(made["Id"], socket=True))


def _pour_back(line: Attached, caller: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := line.read(_PIECE):
            caller.sendall(piece)
    with contextlib.suppress(OSError):
        caller.shutdown(socket.SHUT_RDWR)  # the server hung up: nothing more is read either
