"""The keys that a person may log in with, in the order in which `ssh` would offer them."""

from __future__ import annotations

import base64
import binascii
import contextlib
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugins.compute.ssh.answers import Answers, Unanswered
from plugins.compute.ssh.hostkeys import fingerprint
from plugins.compute.ssh.route import Hop

if TYPE_CHECKING:
    import paramiko

_AGENT_PATIENCE = 10.0
_TRIES = 3


class Offer:
    """A key to log in with: `key` signs, `told` is how a message names it."""

    def __init__(self, key: paramiko.PKey, told: str) -> None:
        self.key = key
        self.told = told


def offers(hop: Hop, answers: Answers) -> Iterator[Offer]:
    """Yield the keys for a server: the agent's that the settings name, the agent's others, files.

    Files that need a passphrase come last, and only then is it asked for; what is wrong with one is
    raised when it is its turn: Unanswered (`target.passphrase`).
    """
    with _agent_keys(hop) as agent:
        named = {blob: path for path in hop.keys if (blob := public_blob(path))}
        for blob in sorted(agent, key=lambda blob: blob not in named):
            if blob in named or not hop.only_keys:
                told = f"{named.get(blob, 'a key')} of ssh-agent {fingerprint(blob)}"
                yield Offer(agent[blob], told)
        files = [path for path in hop.keys if public_blob(path) not in agent]
    locked: list[Path] = []
    for path in files:
        key = answers.keys.get(path) or _load(path, None)
        if key is not None:
            yield Offer(key, str(path))
        elif path.is_file():
            locked.append(path)
    for path in locked:
        yield Offer(_unlock(hop, path, answers), str(path))


def public_blob(path: Path) -> bytes:
    """Return the public half of a key file without its passphrase; empty where it cannot be told."""
    try:
        fields = path.with_name(path.name + ".pub").read_text(errors="replace").split()
        return base64.b64decode(fields[1], validate=True)
    except (OSError, IndexError, binascii.Error, ValueError):
        pass
    try:
        lines = path.read_text(errors="replace").split("-----")
        return _public_part(base64.b64decode("".join(lines[2].split())))
    except (OSError, IndexError, binascii.Error, ValueError, struct.error):
        return b""


def _public_part(data: bytes) -> bytes:
    """Return the public key of OpenSSH's own format (PROTOCOL.key), which is not encrypted."""
    magic = b"openssh-key-v1\0"
    if not data.startswith(magic):
        return b""
    at = len(magic)
    for _ in range(3):  # cipher, its key derivation and the options of that
        at += 4 + struct.unpack_from(">I", data, at)[0]
    at += 4  # how many keys: one
    size = struct.unpack_from(">I", data, at)[0]
    return data[at + 4 : at + 4 + size]


def _load(path: Path, passphrase: str | None) -> paramiko.PKey | None:
    """Read a private key; None when it is not there, cannot be read or needs another passphrase."""
    import paramiko

    # The annotation of from_path says text; what it hands on must be bytes.
    word: Any = None if passphrase is None else passphrase.encode()
    try:
        return paramiko.PKey.from_path(str(path), word)
    except (OSError, TypeError, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
        return None


def _unlock(hop: Hop, path: Path, answers: Answers) -> paramiko.PKey:
    text = f"Passphrase of {path}: "
    for _ in range(_TRIES):
        passphrase = answers.get(text)
        if passphrase is None:
            break
        if (key := _load(path, passphrase)) is not None:
            answers.keys[path] = key
            return key
    raise Unanswered(
        answers.question(text),
        f"The key {path} needs its passphrase",
        where=hop.label,
        why="nobody is here to be asked, and ssh-agent does not have the key",
        fix=f"Give it to the agent: ssh-add {path} – or: workbench target unlock {answers.target}",
        code="target.passphrase",
    )


@contextlib.contextmanager
def _agent_keys(hop: Hop) -> Iterator[dict[bytes, paramiko.PKey]]:
    """Give the keys of the hop's agent by their public half; none when there is no agent."""
    import paramiko

    found: dict[bytes, paramiko.PKey] = {}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(_AGENT_PATIENCE)
        # paramiko's own Agent knows only SSH_AUTH_SOCK; IdentityAgent may name another.
        agent: Any = paramiko.agent.AgentSSH()
        with contextlib.suppress(OSError, paramiko.SSHException):
            if hop.agent:
                line.connect(hop.agent)
                agent._connect(line)
                found = {key.asbytes(): key for key in agent.get_keys()}
        yield found
