"""A port of the loopback here that leads to one of the loopback there, over the SSH connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import paramiko

from workbench.errors import TargetError

_PIECE = 64 * 1024
_PATIENCE = 15.0


class Tunnel:
    """Listens on `port` of 127.0.0.1 until it is closed; `transport` gives the connection each time."""

    def __init__(self, transport: Callable[[], paramiko.Transport], there: int) -> None:
        self._transport = transport
        self._there = there
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, name=f"tunnel {there}", daemon=True).start()

    def close(self) -> None:
        """Take nobody any more; who is connected stays so while the SSH connection stands."""
        # A listener that is only closed is still waited on; shut down, its accept ends.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
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
