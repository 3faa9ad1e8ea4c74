"""What can go wrong on the way to a server, each as one error that says what to do.

A TargetRefused stays until somebody does something about it; anything else may pass by itself.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from plugins.compute.ssh.hostkeys import Verdict, fingerprint
from plugins.compute.ssh.route import Hop
from workbench.errors import TargetError, TargetRefused
from workbench.text import clean

if TYPE_CHECKING:
    import paramiko


def not_reached(hop: Hop, error: OSError) -> TargetError:
    """Say why there is no connection to the port of a host."""
    place = f"{hop.host}, port {hop.port}"
    if isinstance(error, socket.gaierror):
        return TargetError(
            f"The host {hop.host} is not known",
            where=hop.label,
            why=clean(error.strerror or error, 200),
            fix=f"Correct the host's name, or give its address in ~/.ssh/config (Host {hop.label})",
            code="target.host",
        )
    if isinstance(error, ConnectionRefusedError):
        return TargetError(
            f"{hop.label} refuses the connection",
            where=place,
            why="nothing listens there, or a firewall says no",
            fix="See whether sshd runs there, and on which port",
            code="target.refused",
        )
    if isinstance(error, TimeoutError):
        return TargetError(
            f"{hop.label} does not answer",
            where=place,
            why=f"no connection within {hop.timeout:g} s",
            fix="See whether it is on, and whether a firewall or a VPN is in between",
            code="target.timeout",
        )
    return TargetError(
        f"{hop.label} cannot be reached",
        where=place,
        why=clean(error.strerror or error, 200),
        fix="See whether this machine has a network, and a way there",
        code="target.network",
    )


def no_protocol(hop: Hop, error: Exception) -> TargetError:
    """Say why the two sides did not come to a common language."""
    from paramiko.ssh_exception import IncompatiblePeer

    place = f"{hop.host}, port {hop.port}"
    if isinstance(error, IncompatiblePeer):
        return TargetRefused(
            f"{hop.label} speaks only what is no longer safe",
            where=place,
            why=clean(error, 300),
            fix="Have its SSH server brought up to date",
            code="target.algorithms",
        )
    return TargetError(
        f"{hop.label} does not answer as an SSH server",
        where=place,
        why=clean(error, 300) or "it closed the connection",
        fix="See whether the port is that of sshd; a busy server lets few in at once",
        code="target.protocol",
    )


def bad_host_key(
    hop: Hop, verdict: Verdict, key: paramiko.PKey, line: str, target: str
) -> TargetRefused:
    """Say that the host did not prove who it is, with the fingerprint that it showed."""
    shown = f"it shows {key.get_name()} {fingerprint(key.asbytes())}"
    if verdict == "unknown":
        return TargetRefused(
            f"The host key of {hop.label} is not known",
            where=f"{hop.host}, port {hop.port}",
            why=shown,
            fix="Compare the fingerprint with what its administrator says, then:"
            f" workbench target trust {target}",
            code="target.host_key_unknown",
        )
    if verdict == "revoked":
        return TargetRefused(
            f"The host key of {hop.label} is revoked",
            where=line,
            why=shown,
            fix="Do not connect; ask its administrator for its new key",
            code="target.host_key_revoked",
        )
    return TargetRefused(
        f"The host key of {hop.label} has changed: somebody may be in between",
        where=line,
        why=f"{shown}, another one is on record",
        fix="Ask its administrator. If the host was set up anew: remove that line,"
        f" then: workbench target trust {target}",
        code="target.host_key_changed",
    )


def no_session(hop: Hop, error: Exception) -> TargetError:
    """Say that a server let us in and then gives no session."""
    return TargetError(
        f"{hop.label} opens no session",
        where=f"{hop.user}@{hop.host}, port {hop.port}",
        why=clean(error, 300) or "it does not say why",
        fix="See its log; the user needs a shell there, and MaxSessions of sshd must not be 0",
        code="target.session",
    )


def gone(hop: Hop, why: str) -> TargetError:
    """Say that a connection broke."""
    return TargetError(
        f"The connection to {hop.label} is gone",
        where=f"{hop.host}, port {hop.port}",
        why=why,
        fix="It is tried again by itself",
        code="target.connection",
    )
