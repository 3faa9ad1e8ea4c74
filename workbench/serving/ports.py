"""The listening socket of a deployment: a port of its own or the first free one of the project's."""

from __future__ import annotations

import errno
import socket

from workbench.errors import Conflict, Unavailable, WorkbenchError

BACKLOG = 1024


def listen(host: str, port: int, ports: tuple[int, int]) -> socket.socket:
    """Return a listening socket on `port`, or for 0 on the first free one of `ports` (inclusive).

    Raises Conflict (`deployment.port`) when the port is taken, or all are, and Unavailable when the
    address cannot be used or the port needs root.
    """
    if port:
        return _listen(host, port)
    first, last = ports
    for candidate in range(first, last + 1):
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


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise _cannot(host, port, error) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # At once: two sockets may be bound to one port, only one of them may listen.
        listener.listen(BACKLOG)
        listener.setblocking(False)
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
