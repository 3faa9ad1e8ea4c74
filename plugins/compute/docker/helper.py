"""Helper containers: a process beside a job's volumes, spoken to over stdin and stdout.

One is made for what the engine's own calls cannot do well: many reads at an offset, digests on the
far side, an object that is gone on with after a cut. It starts in 0.35 s (an exec in the job's own
container takes 0.08 s, but lives on the job's memory and processes, and dies with them), so short
questions (is there anything new, a small file, the exit status: 2 to 55 ms) go to the engine itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.hardening import HELPER, Mount, body
from workbench.compute.identity import Identity, identify, myself
from workbench.errors import WorkbenchError

SILENCE = 600.0
"""Seconds that a helper may take for one answer: the digest of a large file."""

_STDERR = 2
_SAID = 4096


class Attached:
    """stdin and stdout of a process in a container, as the engine attaches them (`attached` of the SDK)."""

    def __init__(self, attached: Any) -> None:
        self._attached = attached  # holds the connection: without it the socket would be closed
        self._socket = socket_of(attached)
        self._socket.settimeout(SILENCE)
        self._left = 0
        self._said = b""

    def read(self, size: int) -> bytes:
        """Return some bytes of stdout, at most `size`; empty at its end. Raises OSError."""
        while self._left == 0:
            head = self._exactly(8)
            if len(head) < 8:
                return b""
            length = int.from_bytes(head[4:])
            if head[0] == _STDERR:
                self._said = (self._said + self._exactly(length))[-_SAID:]
            else:
                self._left = length
        data = self._socket.recv(min(size, self._left))
        self._left -= len(data)
        return data

    def write(self, data: bytes) -> None:
        """Send `data` to stdin. Raises OSError."""
        self._socket.sendall(data)

    def complaint(self) -> str:
        """Return the end of what came on stderr so far."""
        return self._said.decode(errors="replace")

    def end_input(self) -> None:
        """Let stdin end; TLS knows no half-close, so there both ways do."""
        over = socket.SHUT_RDWR if isinstance(self._socket, ssl.SSLSocket) else socket.SHUT_WR
        with contextlib.suppress(OSError):
            self._socket.shutdown(over)

    def close(self) -> None:
        """Let the connection go."""
        self._attached.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            some = self._socket.recv(size - len(found))
            if not some:
                return found
            found += some
        return found


def socket_of(attached: Any) -> socket.socket:
    """Return the socket in what the SDK attached, which must be kept: with it the socket is closed."""
    found: socket.socket = getattr(attached, "_sock", attached)
    return found


class HelperStream(Attached):
    """stdin and stdout of a helper (a `workbench.remote.stream.Stream`); closing it removes the helper."""

    def __init__(self, engine: Engine, container: str, attached: Any) -> None:
        super().__init__(attached)
        self._engine = engine
        self._container = container

    def close(self) -> None:
        """Let it end; a connection that is gone leaves the rest to the next prune."""
        self.end_input()
        super().close()
        with contextlib.suppress(WorkbenchError):
            discard(self._engine, self._container)


def open_helper(
    engine: Engine,
    image: str,
    command: list[str],
    *,
    labels: dict[str, str],
    mounts: tuple[Mount, ...] = (),
) -> HelperStream:
    """Start `command` in a helper on `image` and return its streams. Raises TargetError."""
    import docker.errors

    wanted = body(
        image,
        command,
        labels=labels | {names.ROLE: "helper", names.CLIENT: client_mark()},
        mounts=mounts,
        allowed=HELPER,
        environment={"PATH": names.PATH, "HOME": "/tmp"},  # noqa: S108  # inside the container
        asked=True,
    )
    with engine.use() as client:
        container = str(client.create_container_from_config(wanted)["Id"])
        try:
            # Attached before it starts, so that nothing it says is missed.
            ends = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            attached = client.attach_socket(container, params=ends)
            client.start(container)
        except BaseException:
            with contextlib.suppress(docker.errors.APIError, OSError):
                client.remove_container(container, force=True)
            raise
    return HelperStream(engine, container, attached)


def run_once(engine: Engine, image: str, command: list[str], owner: str) -> tuple[str, str]:
    """Run `command`, which reads nothing, in a helper to its end; return its stdout and its stderr."""
    stream = open_helper(engine, image, command, labels={names.OWNER: owner})
    try:
        out = bytearray()
        with engine.use():  # a connection that breaks is told like any other
            while some := stream.read(65536):
                out += some
        return out.decode(errors="replace"), stream.complaint()
    finally:
        stream.close()


def discard(engine: Engine, container: str) -> None:
    """Remove a container, whatever it does; harmless when it is gone or going."""
    import docker.errors

    with engine.use() as client:
        try:
            client.remove_container(container, force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.response is None or error.response.status_code != 409:
                raise  # 409: somebody is removing it already


def client_mark() -> str:
    """Return what names this process: helpers of one that has ended are left over."""
    me = myself()
    return f"{socket.gethostname()}:{os.getuid()}:{me.pid}:{me.start}:{me.boot}"


def is_left_over(mark: str) -> bool:
    """Tell whether the process with this mark was on this machine and has ended."""
    try:
        host, _, pid, start, boot = mark.rsplit(":", 4)
        who = Identity(int(pid), int(start), boot)
    except ValueError:
        return False
    return host == socket.gethostname() and identify(who.pid) != who
