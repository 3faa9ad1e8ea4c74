"""One connection to a server, through those before it: host keys checked, logged in, watched."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence

import paramiko

from plugins.compute.ssh.answers import Answers
from plugins.compute.ssh.hostkeys import judge, known_keys
from plugins.compute.ssh.login import log_in
from plugins.compute.ssh.refusals import bad_host_key, gone, no_protocol, no_session, not_reached
from plugins.compute.ssh.route import Hop

WINDOW = 8 * 1024 * 1024
"""Bytes that may be on their way to us on a channel: 80 MB/s over a line of 100 ms."""
PACKET = 128 * 1024

# AES-GCM first: paramiko moves 1.5 times as much with it as with CTR and a separate HMAC. What is
# left out of its defaults (CBC, SHA-1, MD5) no server needs that is looked after.
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
# paramiko asks for new keys after 512 MB, and when a channel is closed at that moment it waits for
# itself until the connection is given up (30 s). The server asks in time, without that danger; this
# is when OpenSSH itself does, with ciphers of this block size (RFC 4344, 3.2).
_REKEY_BYTES = 2**36
_KEY_TYPES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
_KEEPALIVE = "keepalive@openssh.com"

# Without a handler Python writes what paramiko says to stderr, which is the screen of somebody.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Connection:
    """A connection that is logged in.

    `sessions` counts the open ones, `full` is set once no more fit, `used` once one was given.
    """

    def __init__(self, transports: Sequence[paramiko.Transport], hop: Hop) -> None:
        self.hop = hop
        self.sessions = 0
        self.full = False
        self.used = False
        self._transports = transports
        self.transport = transports[-1]
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name=f"ssh {hop.label}", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it still stands, as far as this side knows."""
        return self.transport.is_active()

    def session(self) -> paramiko.Channel:
        """Open a session. Raises ChannelException when the server gives no more, TargetError else."""
        try:
            return self.transport.open_session(WINDOW, PACKET, timeout=self.hop.timeout)
        except paramiko.ChannelException:
            raise
        except (paramiko.SSHException, OSError, EOFError) as error:
            self.close()
            raise gone(self.hop, str(error) or "it was cut") from error

    def close(self) -> None:
        """Let it go, and those that it went through."""
        self._ended.set()
        for transport in reversed(self._transports):
            transport.close()

    def _watch(self) -> None:
        """Ask for a sign of life now and then: a line that was cut far away says nothing by itself."""
        while not self._ended.wait(self.hop.alive) and self.alive:
            given_up = threading.Timer(self.hop.alive * self.hop.alive_count, self.close)
            given_up.daemon = True
            given_up.start()
            try:
                self.transport.global_request(_KEEPALIVE, wait=True)
            except (paramiko.SSHException, OSError, EOFError):
                self.close()
            finally:
                given_up.cancel()


def connect(route: Sequence[Hop], answers: Answers) -> Connection:
    """Go through every server of the route and log in to each. Raises TargetError."""
    transports: list[paramiko.Transport] = []
    try:
        for hop in route:
            transport = greet(hop, transports[-1] if transports else None)
            transports.append(transport)
            check_host_key(transport, hop, answers.target)
            try:
                log_in(transport, hop, answers)
            except (paramiko.SSHException, OSError, EOFError) as error:
                raise gone(hop, str(error) or "it was cut at the login") from error
        return Connection(transports, route[-1])
    except BaseException:
        for transport in reversed(transports):
            transport.close()
        raise


def greet(hop: Hop, through: paramiko.Transport | None) -> paramiko.Transport:
    """Connect to a server and agree on keys; nothing is known of who it is. Raises TargetError."""
    line = _line(hop, through)
    transport: paramiko.Transport | None = None
    try:
        transport = paramiko.Transport(
            line, default_window_size=WINDOW, default_max_packet_size=PACKET
        )
        transport.banner_timeout = transport.auth_timeout = hop.timeout
        transport.packetizer.REKEY_BYTES = _REKEY_BYTES
        options = transport.get_security_options()
        options.ciphers, options.digests = _CIPHERS, _MACS
        options.key_types = _preferred(hop, options.key_types)
        transport.start_client(timeout=hop.timeout)
        if not transport.initial_kex_done:  # it comes back all the same once the time is over
            raise paramiko.SSHException(f"no agreement on keys within {hop.timeout:g} s")
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        if transport is not None:
            transport.close()
        line.close()
        raise no_protocol(hop, error) from error
    return transport


def check_host_key(transport: paramiko.Transport, hop: Hop, target: str) -> None:
    """Raise TargetError unless a known_hosts file has the key that the server has proved to hold."""
    key = transport.get_remote_server_key()
    known = known_keys(hop.known_hosts, hop.known_as, hop.port)
    verdict, line = judge(known, key.asbytes())
    if verdict != "known":
        raise bad_host_key(hop, verdict, key, line, target)


def _preferred(hop: Hop, usual: Sequence[str]) -> tuple[str, ...]:
    """Return the types of host keys to ask for: those that are on record for this host first."""
    known = known_keys(hop.known_hosts, hop.known_as, hop.port)
    wanted = [
        name
        for key in sorted(known, key=lambda key: key.aside)
        for name in _KEY_TYPES.get(key.type, (key.type,))
        if name in usual
    ]
    return tuple(dict.fromkeys([*wanted, *usual]))


def _line(hop: Hop, through: paramiko.Transport | None) -> socket.socket | paramiko.Channel:
    if through is not None:
        try:
            return through.open_channel(
                "direct-tcpip", (hop.host, hop.port), ("127.0.0.1", 0), timeout=hop.timeout
            )
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise no_session(hop, error) from error
    if hop.command:
        return _Piped(hop.command)
    try:
        line = socket.create_connection((hop.host, hop.port), hop.timeout)
    except OSError as error:
        raise not_reached(hop, error) from error
    _harden(line, hop)
    return line


class _Piped(socket.socket):
    """The person's ProxyCommand as the line to a server: what is written to it goes to its stdin."""

    def __init__(self, command: str) -> None:
        ours, theirs = socket.socketpair()
        super().__init__(fileno=ours.detach())
        # As in ssh(1): the command is the person's own, from their own settings, meant for a shell.
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        # Whenever it ends, somebody must take its status.
        threading.Thread(target=self._process.wait, name="ProxyCommand", daemon=True).start()

    def close(self) -> None:
        """End the command too: not each one ends when its stdin does."""
        super().close()
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGTERM)


def _harden(line: socket.socket, hop: Hop) -> None:
    """Have the kernel notice a dead line too, which a busy one shows by bytes that nobody confirms."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    patience = int(hop.alive * hop.alive_count * 1000)
    with contextlib.suppress(AttributeError, OSError):  # Linux alone has it
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)
