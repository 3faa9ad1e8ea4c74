"""The listening sockets of a deployment: a port of its own, shared by its processes.

Each process has a socket of its own on the port (SO_REUSEPORT), between which the system spreads the
connections; a process that ends takes none of the others' with it. That option would also let another
deployment of the same person share the port by accident: so whoever comes first makes sure that nobody
listens, under a lock of that person.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Iterator

from workbench.errors import Conflict, Unavailable, WorkbenchError
from workbench.project.paths import state_home

BACKLOG = 1024


@contextlib.contextmanager
def choosing() -> Iterator[None]:
    """Let one process of this person at a time choose a port."""
    home = state_home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(home / "ports.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def listen(
    host: str, port: int, ports: tuple[int, int], *, before: int = 0, join: bool = False
) -> socket.socket:
    """Return a listening socket on `port`, or for 0 on the first free one of `ports` (inclusive).

    `before` is the port that the deployment had: for 0 it is tried first. With `join` others of this
    deployment listen on `port` already. Raises Conflict (`deployment.port`) when the port is taken, or
    all are, and Unavailable when the address cannot be used or the port needs root.
    """
    if port:
        return _listen(host, port, join=join)
    first, last = ports
    for candidate in ([before] if before else []) + [*range(first, last + 1)]:
        try:
            return _listen(host, candidate)
        except Conflict:
            continue
    raise Conflict(
        "No port is free",
        where=f"{host}, ports {first} to {last}",
        why="every one of them is in use",
        fix="Stop a deployment, or widen serving.ports in workbench.toml",
        code="deployment.port",
    )


def _listen(host: str, port: int, *, join: bool = False) -> socket.socket:
    if not join:
        _bind(host, port, share=False).close()
    listener = _bind(host, port, share=True)
    listener.setblocking(False)
    return listener


def _bind(host: str, port: int, *, share: bool) -> socket.socket:
    """Return a socket that listens; without `share` only if nobody else does."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise _cannot(host, port, error) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        # At once: two sockets may be bound to one port, only one of them may listen.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot(host, port, error) from None
    return listener


def _cannot(host: str, port: int, error: OSError) -> WorkbenchError:
    if error.errno == errno.EADDRINUSE:
        return Conflict(
            f"Port {port} is in use",
            where=f"{host}:{port}",
            why="another process listens there",
            fix="Choose another with --port, or leave it out",
            code="deployment.port",
        )
    return Unavailable(
        f"The server cannot listen on {host}, port {port}",
        where=f"{host}:{port}",
        why=error.strerror or str(error),
        fix="Choose a port above 1023" if error.errno == errno.EACCES else "Choose another address",
        code="deployment.address",
    )
