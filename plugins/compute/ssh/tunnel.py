"""A port of the loopback here that leads to one of the loopback there, over the SSH connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import paramiko

from workbench.errors import TargetError
from workbench.remote.loopback import LoopbackPort

_PIECE = 64 * 1024
_PATIENCE = 15.0


class Tunnel(LoopbackPort):
    """Leads to the port `there` of the far loopback; `transport` gives the connection each time."""

    def __init__(self, transport: Callable[[], paramiko.Transport], there: int) -> None:
        self._transport = transport
        self._there = there
        super().__init__(f"tunnel {there}")

    def carry(self, caller: socket.socket) -> None:
        """Carry a connection in a channel."""
        try:
            line = self._transport().open_channel(
                "direct-tcpip",
                ("127.0.0.1", self._there),
                ("127.0.0.1", self.port),
                timeout=_PATIENCE,
            )
        except (TargetError, paramiko.SSHException, OSError, EOFError):
            caller.close()  # as a port that nothing listens on
            return
        back = threading.Thread(target=_pour, args=(line, caller), daemon=True)
        back.start()
        _pour(caller, line)
        back.join()
        line.close()
        caller.close()


def _pour(source: socket.socket | paramiko.Channel, sink: socket.socket | paramiko.Channel) -> None:
    """Move bytes until the source has no more, then say so to the sink; its own way back stays open."""
    with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
        sink.shutdown(socket.SHUT_WR)
