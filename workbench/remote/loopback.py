"""A port of the loopback here whose callers are carried somewhere else."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod


class LoopbackPort(ABC):
    """Listens on `port` of 127.0.0.1 until it is closed. A subclass carries; `name` names its thread."""

    def __init__(self, name: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._listen, name=name, daemon=True).start()

    @abstractmethod
    def carry(self, caller: socket.socket) -> None:
        """Move bytes both ways until both sides have ended, and close `caller`; in a thread of its own."""
        raise NotImplementedError

    def close(self) -> None:
        """Take nobody any more; who is connected stays so while the way there stands."""
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
            threading.Thread(target=self.carry, args=(caller,), daemon=True).start()
