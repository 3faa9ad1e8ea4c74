"""Connections to an engine that is behind a Unix socket or SSH: plain sockets, each with its end told.

The docker SDK's own way over SSH gives an object that is no socket (no time-out, no half-close, reads
that wait for as many bytes as were asked for); here OpenSSH's client sits at the other end of a pair.
It knows the person's settings, agent, jump hosts and known hosts, and never takes an unknown key.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import tempfile
import threading
from collections import deque
from typing import Any

import requests.adapters
import urllib3
import urllib3.connection
import urllib3.exceptions
from docker.transport.basehttpadapter import BaseHTTPAdapter

from plugins.compute.docker.options import Address

CONNECT_LIMIT = 15.0
ANSWER_LIMIT = 120.0
"""Seconds that an engine may take to answer: starting a container waits for its disks."""

_HANG_UP = 2.0

# Without a handler Python writes what these say to stderr, which is the screen of somebody.
for _name in ("urllib3", "docker"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_POOL = 10


class Dialler:
    """Opens sockets to the engine at `address` (unix or ssh)."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._clients: list[tuple[subprocess.Popen[bytes], Any]] = []
        self._complaints: deque[str] = deque(maxlen=1)

    def open(self) -> socket.socket:
        """Return a new connected socket. Raises OSError."""
        return self._unix() if self.address.scheme == "unix" else self._ssh()

    def complaint(self) -> str:
        """Return what a client of SSH said when it failed, and forget it; empty when none did."""
        self._sweep(wait=True)
        return self._complaints.pop() if self._complaints else ""

    def close(self) -> None:
        """End the clients of SSH that are left."""
        with self._lock:
            clients, self._clients = self._clients, []
        for process, errors in clients:
            process.terminate()
            process.wait()
            errors.close()

    def _unix(self) -> socket.socket:
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.settimeout(CONNECT_LIMIT)
            opened.connect(self.address.path)
        except OSError:
            opened.close()
            raise
        opened.settimeout(ANSWER_LIMIT)
        return opened

    def _ssh(self) -> socket.socket:
        self._sweep(wait=False)
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed when the client has ended
        try:
            process = subprocess.Popen(
                ssh_command(self.address),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=errors,
                env=_without_preloads(os.environ),
                start_new_session=True,  # ctrl-c is for us, not for the connection
            )
        except OSError:
            ours.close()
            errors.close()
            raise
        finally:
            theirs.close()
        with self._lock:
            self._clients.append((process, errors))
        ours.settimeout(ANSWER_LIMIT)
        return ours

    def _sweep(self, *, wait: bool) -> None:
        """Let go of clients that have ended, and keep the words of the last one that failed.

        One that has just hung up needs a moment to end: `wait` for the newest.
        """
        with self._lock:
            clients, self._clients = self._clients, []
            if wait and clients:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    clients[-1][0].wait(_HANG_UP)
            for process, errors in clients:
                if process.poll() is None:
                    self._clients.append((process, errors))
                    continue
                if process.returncode:
                    errors.seek(0)
                    self._complaints.append(errors.read(64 * 1024).decode(errors="replace"))
                errors.close()


def ssh_command(address: Address) -> list[str]:
    """Return what connects stdin and stdout to the engine at the far end, asking nobody anything."""
    who = ["-l", address.user] if address.user else []
    port = ["-p", str(address.port)] if address.port else []
    return [
        "ssh",
        "-T",
        "-oBatchMode=yes",
        "-oStrictHostKeyChecking=yes",
        f"-oConnectTimeout={CONNECT_LIMIT:.0f}",
        "-oServerAliveInterval=15",
        "-oServerAliveCountMax=4",
        *who,
        *port,
        "--",
        address.host,
        "docker system dial-stdio",
    ]


def _without_preloads(environment: os._Environ[str]) -> dict[str, str]:
    return {key: value for key, value in environment.items() if not key.startswith("LD_")}


class _Connection(urllib3.connection.HTTPConnection):
    def __init__(self, dialler: Dialler) -> None:
        super().__init__("localhost", timeout=ANSWER_LIMIT)
        self._dialler = dialler

    def connect(self) -> None:
        try:
            self.sock = self._dialler.open()
        except OSError as error:  # as urllib3 knows that no request has gone out yet
            raise urllib3.exceptions.NewConnectionError(self, str(error)) from error


class _Pool(urllib3.HTTPConnectionPool):
    def __init__(self, dialler: Dialler) -> None:
        super().__init__("localhost", timeout=ANSWER_LIMIT, maxsize=_POOL)
        self._dialler = dialler

    def _new_conn(self) -> _Connection:
        return _Connection(self._dialler)


class DialAdapter(BaseHTTPAdapter):  # type: ignore[misc]  # the SDK has no types
    """Sends the SDK's requests over the sockets of a Dialler; shared by threads."""

    def __init__(self, dialler: Dialler) -> None:
        super().__init__(max_retries=once_more())
        self._pool = _Pool(dialler)

    def get_connection(self, url: str, proxies: object = None) -> _Pool:
        """Return the one pool that there is."""
        del url, proxies
        return self._pool

    def request_url(self, request: Any, proxies: object) -> str:
        """Return the path: there is no host and no proxy."""
        del proxies
        return str(request.path_url)

    def close(self) -> None:
        """Close the idle connections."""
        super().close()
        self._pool.close()


def once_more() -> urllib3.Retry:
    """Repeat a question that asks only, when an idle connection turns out to be dead."""
    return urllib3.Retry(
        total=1, connect=0, read=1, status=0, redirect=0, other=0, allowed_methods={"GET", "HEAD"}
    )


def tcp_adapter() -> requests.adapters.HTTPAdapter:
    """Return what sends requests over TCP."""
    return requests.adapters.HTTPAdapter(pool_maxsize=_POOL, max_retries=once_more())
