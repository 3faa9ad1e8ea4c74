"""How a host is reached: the settings that the person's `ssh` would use, for it and each host before it."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.compute.ssh.words import Wanted, is_host, is_user, split_hop
from workbench.errors import TargetRefused
from workbench.text import clean

CONFIG_VARIABLE = "WORKBENCH_SSH_CONFIG"
"""Names a file that is read instead of ~/.ssh/config. The person's alone: such a file runs commands."""

_PATIENCE = 20.0
_LONGEST_ROUTE = 8
_ALIVE = 15.0

Effective = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Hop:
    """One server on the way, as `ssh` would go to it.

    `label` is what a person calls it; `known_as` what its host key is looked up by (without port);
    `keys` are private key files that may not exist, `agent` a socket or empty; `command` is a
    ProxyCommand, ready for a shell. Times in seconds: it is given up as dead after `alive` times
    `alive_count`.
    """

    label: str
    host: str
    port: int
    user: str
    known_as: str
    keys: tuple[Path, ...]
    only_keys: bool
    agent: str
    known_hosts: tuple[Path, ...]
    timeout: float
    alive: float
    alive_count: int
    command: str = ""


def find_route(wanted: Wanted) -> tuple[Hop, ...]:
    """Return the servers to go through, the target itself last. Raises TargetRefused (`target.settings`)."""
    return tuple(_hops(wanted, _LONGEST_ROUTE))


def _hops(wanted: Wanted, left: int) -> list[Hop]:
    if not left:
        raise _unreadable(wanted.host, "its jump hosts go round in a circle")
    found = read_settings(wanted)
    hop = make_hop(wanted.host, found)
    jump = wanted.jump or _one(found, "proxyjump")
    if not jump or jump == "none":
        return [hop]
    before, _, last = jump.rpartition(",")
    user, host, port = split_hop(last)
    if not is_host(host) or (user and not is_user(user)):
        raise _unreadable(wanted.host, f"its jump host {last!r} is no host")
    return [*_hops(Wanted(host, user, port, jump=before), left - 1), hop]


def read_settings(wanted: Wanted) -> Effective:
    """Return what `ssh` would use, by keyword in small letters; without `ssh`, what paramiko reads."""
    program = shutil.which("ssh")
    if program is None:
        return _read_without_ssh(wanted)
    command = [program, "-G"]
    if config := os.environ.get(CONFIG_VARIABLE):
        command += ["-F", config]
    if wanted.user:
        command += ["-l", wanted.user]
    if wanted.port:
        command += ["-p", str(wanted.port)]
    try:
        done = subprocess.run(
            [*command, "--", wanted.host],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(wanted.host, f"ssh -G gave no answer within {_PATIENCE:g} s") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise _unreadable(
            wanted.host, clean(lines[-1] if lines else f"status {done.returncode}", 300)
        )
    found: dict[str, list[str]] = {}
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword.lower(), []).append(value)
    return found | _only(wanted.key)


def _read_without_ssh(wanted: Wanted) -> Effective:
    import paramiko

    path = Path(os.environ.get(CONFIG_VARIABLE) or "~/.ssh/config").expanduser()
    found: dict[str, list[str]] = {}
    if path.exists():
        try:
            read: Mapping[str, Any] = paramiko.SSHConfig.from_path(str(path)).lookup(wanted.host)
        except (paramiko.SSHException, OSError, ValueError) as error:
            raise _unreadable(wanted.host, clean(error, 300)) from error
        found = {
            keyword: list(value) if isinstance(value, list) else [str(value)]
            for keyword, value in read.items()
        }
    if wanted.user:
        found["user"] = [wanted.user]
    if wanted.port:
        found["port"] = [str(wanted.port)]
    return found | _only(wanted.key)


def _only(key: str) -> dict[str, list[str]]:
    """Return the settings by which a key that the target names is the only one."""
    return {"identityfile": [key], "identitiesonly": ["yes"]} if key else {}


def make_hop(label: str, found: Effective) -> Hop:
    """Make a server of what `ssh -G` says of it. Raises TargetRefused where it names no host or user."""
    host, user = _one(found, "hostname") or label, _one(found, "user") or getpass.getuser()
    if not is_host(host) or not is_user(user):
        raise _unreadable(label, f"it goes to {clean(user, 80)!r} at {clean(host, 80)!r}")
    host = host.strip("[]")
    port = int(_number(found, "port", 22))
    tokens = {"h": host, "p": str(port), "r": user, "n": label}
    command = _one(found, "proxycommand")
    alive = _number(found, "serveraliveinterval", 0)
    return Hop(
        label=label,
        host=host,
        port=port,
        user=user,
        known_as=(_one(found, "hostkeyalias") or host).lower(),
        keys=tuple(_identities(found, tokens)),
        only_keys=_one(found, "identitiesonly") == "yes",
        agent=_agent(_one(found, "identityagent"), tokens),
        known_hosts=tuple(
            _path(word, tokens)
            for keyword in ("userknownhostsfile", "globalknownhostsfile")
            for word in _words(_one(found, keyword) or _KNOWN[keyword])
            if word != "none"
        ),
        timeout=min(_number(found, "connecttimeout", 15) or 15, 120),
        alive=alive or _ALIVE,
        alive_count=max(1, int(_number(found, "serveralivecountmax", 3))),
        command="" if command == "none" else _expand(command, tokens),
    )


_KNOWN = {
    "userknownhostsfile": "~/.ssh/known_hosts ~/.ssh/known_hosts2",
    "globalknownhostsfile": "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2",
}
_USUAL_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")


def _identities(found: Effective, tokens: Mapping[str, str]) -> list[Path]:
    names = [name for name in found.get("identityfile", _USUAL_KEYS) if name != "none"]
    return list(dict.fromkeys(_path(name.strip('"'), tokens) for name in names))


def _agent(named: str, tokens: Mapping[str, str]) -> str:
    if named == "none":
        return ""
    if not named or named == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "")
    if named.startswith("$"):
        return os.environ.get(named[1:].strip("{}"), "")
    return str(_path(named, tokens))


def _path(text: str, tokens: Mapping[str, str]) -> Path:
    return Path(_expand(text, tokens)).expanduser()


def _expand(text: str, tokens: Mapping[str, str]) -> str:
    """Replace the tokens of ssh_config(5) that are known without a connection."""
    known = {"%": "%", "d": str(Path.home()), "u": getpass.getuser(), **tokens}
    return re.sub(r"%([%a-zA-Z])", lambda token: known.get(token[1], token[0]), text)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _one(found: Effective, keyword: str) -> str:
    values = found.get(keyword) or [""]
    return values[0].strip()


def _number(found: Effective, keyword: str, default: float) -> float:
    text = _one(found, keyword)
    return float(text) if text.isdigit() else default


def _unreadable(host: str, why: str) -> TargetRefused:
    return TargetRefused(
        f"The settings of ssh for {host} cannot be used",
        where=os.environ.get(CONFIG_VARIABLE) or "~/.ssh/config",
        why=why,
        fix=f"Correct them; see what they come to: ssh -G {host}",
        code="target.settings",
    )
