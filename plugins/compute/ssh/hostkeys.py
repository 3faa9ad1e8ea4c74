"""Host keys as known_hosts files have them (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). No network here."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PORT = 22

Verdict = Literal["known", "unknown", "changed", "revoked"]


@dataclass(frozen=True, slots=True)
class Known:
    """One key of a host: where it is written (`FILE, line N`), and whether it is `@revoked`.

    `aside`: it is written for the host on the usual port, and another port was asked for. Such a key
    vouches for the host, and another one there says nothing against it (as in `ssh`).
    """

    type: str
    blob: bytes
    where: str
    revoked: bool = False
    aside: bool = False


def known_keys(files: Iterable[Path], host: str, port: int) -> list[Known]:
    """Return every key that the files have for a host on a port; what does not parse is passed over."""
    found = []
    host = host.lower()
    name, bare = (name_of(host, port), "" if port == PORT else host)
    for path in files:
        try:
            lines = path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            key = _parse(line, name, bare, f"{path}, line {number}")
            if key is not None:
                found.append(key)
    return found


def name_of(host: str, port: int) -> str:
    """Return what a host on a port is called in known_hosts."""
    return host.lower() if port == PORT else f"[{host.lower()}]:{port}"


def judge(known: Iterable[Known], blob: bytes) -> tuple[Verdict, str]:
    """Say what a host is that shows the key `blob`, and which line says so.

    Any other key of that very host makes it `changed`: a second type of key could be anybody's.
    """
    keys = list(known)
    for key in keys:
        if key.revoked and hmac.compare_digest(key.blob, blob):
            return "revoked", key.where
    for key in keys:
        if not key.revoked and hmac.compare_digest(key.blob, blob):
            return "known", key.where
    others = [key for key in keys if not key.revoked and not key.aside]
    return ("changed", others[0].where) if others else ("unknown", "")


def fingerprint(blob: bytes) -> str:
    """Return what `ssh-keygen -l` shows of a key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def written(host: str, port: int, kind: str, blob: bytes) -> str:
    """Return the line of a known_hosts file for a key."""
    return f"{name_of(host, port)} {kind} {base64.b64encode(blob).decode()}"


def _parse(line: str, name: str, bare: str, where: str) -> Known | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0].startswith("@") else ""
    # A certificate authority vouches for certificates of hosts, which paramiko does not read.
    if len(fields) < 3 or fields[0].startswith("#") or marker not in {"", "@revoked"}:
        return None
    exact = _names(fields[0], name)
    if not exact and not (bare and _names(fields[0], bare)):
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return Known(fields[1], blob, where, marker == "@revoked", aside=not exact)


def _names(field: str, name: str) -> bool:
    """Tell whether the first field of a line means `name`: hashed, or patterns of which `!` excepts."""
    if field.startswith("|1|"):
        return _hashed(field, name)
    hit = False
    for pattern in field.lower().split(","):
        excepted = pattern.startswith("!")
        # Brackets are part of a name here, not a set of characters.
        if fnmatch.fnmatchcase(name, pattern.removeprefix("!").replace("[", "[[]")):
            if excepted:
                return False
            hit = True
    return hit


def _hashed(field: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in field.split("|")[2:4])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)
