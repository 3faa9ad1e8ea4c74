"""Learning to know a host: show the key that it proves to hold, write it down when the person says so."""

from __future__ import annotations

import os
from pathlib import Path

import paramiko

from plugins.compute.ssh.connection import greet
from plugins.compute.ssh.connector import SshConnector
from plugins.compute.ssh.hostkeys import fingerprint, judge, known_keys, written
from plugins.compute.ssh.login import log_in
from plugins.compute.ssh.route import Hop
from workbench.compute.trusting import HostKey
from workbench.errors import Refused, Unavailable


def fetch(connector: SshConnector) -> HostKey:
    """Return the first key on the way that is not known, else the last server's. Raises TargetError.

    A server behind a jump host is only reached once that one is known and lets us in.
    """
    transports: list[paramiko.Transport] = []
    try:
        for hop in connector.route():
            transport = greet(hop, transports[-1] if transports else None)
            transports.append(transport)
            found = _host_key(transport.get_remote_server_key(), hop)
            if found.state != "known" or hop == connector.route()[-1]:
                return found
            log_in(transport, hop, connector.answers)
    finally:
        for transport in reversed(transports):
            transport.close()
    raise AssertionError  # a route has an end


def accept(connector: SshConnector, wanted: str) -> HostKey:
    """Append the key with the fingerprint `wanted` to the person's known_hosts.

    Raises Refused when the host shows another one (`target.fingerprint`), or when a different key
    is on record (`target.host_key_changed`), Unavailable when the file cannot be written.
    """
    found = fetch(connector)
    if found.state in {"changed", "revoked"}:
        raise Refused(
            f"The host key of {found.host} is not written down: it is {found.state}",
            where=found.file,
            why=f"it shows {found.type} {found.fingerprint}, another one is on record",
            fix="Ask its administrator; if it was set up anew, remove the old line first",
            code=f"target.host_key_{found.state}",
        )
    if found.fingerprint != wanted:
        raise Refused(
            f"{found.host} shows another host key",
            where=found.host,
            why=f"it is {found.fingerprint}, and {wanted[:80]} was to be trusted",
            fix="Compare it with what its administrator says",
            code="target.fingerprint",
        )
    if found.state == "unknown":
        _append(Path(found.file), found.line)
        connector.close()  # and with it the pause after the refusal
    return found


def _host_key(key: paramiko.PKey, hop: Hop) -> HostKey:
    blob, kind = key.asbytes(), key.get_name()
    state, where = judge(known_keys(hop.known_hosts, hop.known_as, hop.port), blob)
    return HostKey(
        host=hop.label,
        address=f"{hop.host}, port {hop.port}",
        type=kind,
        fingerprint=fingerprint(blob),
        line=written(hop.known_as, hop.port, kind, blob),
        file=where or str(hop.known_hosts[0]),
        state=state,
    )


def _append(path: Path, line: str) -> None:
    """Add a line to a file of lines that ssh reads too; made 0600 when it is not there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            # One write: what others append meanwhile stays whole.
            os.write(descriptor, (b"\n" if cut else b"") + line.encode() + b"\n")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(
            "The host key cannot be written down",
            where=str(path),
            why=error.strerror or str(error),
            fix="Correct the mode of the file or its folder",
            code="target.known_hosts",
        ) from error
