"""A session of an SSH connection as the stream that an agent is talked to over."""

from __future__ import annotations

import threading
from collections.abc import Callable

import paramiko

from plugins.compute.ssh.connection import WINDOW

_STEP = 32 * 1024 - 64  # what one packet of a channel carries to OpenSSH
_COMPLAINT_CAP = 4096
_LAST_WORD = 1.0


class SessionStream:
    """stdin and stdout of a command at the far end. See workbench.remote.stream.Stream."""

    def __init__(self, channel: paramiko.Channel, ended: Callable[[], None]) -> None:
        self._channel = channel
        self._ended = ended
        self._rest = memoryview(b"")
        self._complaint = b""
        self._lock = threading.Lock()
        self._open = True

    def read(self, size: int) -> bytes:
        """Return some bytes, at most `size`; empty once the command has closed its stdout."""
        if not self._rest:
            # All that is there: paramiko moves the rest up each time a part of it is taken.
            self._rest = memoryview(self._heard())
            self._keep_complaint()
            if not self._rest:
                self._raise_if_cut()
                return b""
        some, self._rest = self._rest[:size], self._rest[size:]
        return bytes(some)

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        view = memoryview(data)
        while view:
            # Packet by packet: of what is longer paramiko would copy all that is left each time.
            try:
                sent = self._channel.send(bytes(view[:_STEP]))
            except (paramiko.SSHException, EOFError) as error:
                raise self._cut(error) from error
            if not sent:
                self._raise_if_cut()
                raise BrokenPipeError("the command at the far end has ended")
            view = view[sent:]

    def close(self) -> None:
        """End the command's stdin and let the session go."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        try:
            self._channel.close()
        except (paramiko.SSHException, OSError, EOFError):
            pass
        finally:
            self._ended()

    def complaint(self) -> str:
        """Return what the command said on stderr, or how it ended."""
        self._channel.status_event.wait(_LAST_WORD)
        self._keep_complaint()
        if told := self._complaint.decode(errors="replace").strip():
            return told
        status = self._channel.exit_status
        return "" if status == -1 else f"the command at the far end ended with status {status}"

    def _keep_complaint(self) -> None:
        while self._channel.recv_stderr_ready():
            more = self._channel.recv_stderr(64 * 1024)
            self._complaint = (self._complaint + more)[-_COMPLAINT_CAP:]

    def _heard(self) -> bytes:
        try:
            return self._channel.recv(WINDOW)
        except (
            paramiko.SSHException,
            EOFError,
        ) as error:  # it also sends: that there is room again
            raise self._cut(error) from error

    def _raise_if_cut(self) -> None:
        transport = self._channel.get_transport()
        if not transport.is_active():
            raise self._cut(transport.get_exception())

    def _cut(self, error: Exception | None) -> ConnectionResetError:
        return ConnectionResetError(str(error or "") or "the SSH connection was cut")
