"""The options of a Docker target, and the address of an engine that they name. Reaches nothing."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from workbench.errors import BadInput
from workbench.options import Option, Value

MB: Final = 1024 * 1024

OPTIONS: Final = (
    Option(
        "engine",
        "str",
        "",
        "where the Docker engine is: unix:///PATH, ssh://USER@HOST or tcp://HOST:PORT with TLS;"
        " empty: DOCKER_HOST, else this machine",
    ),
    Option(
        "base",
        "str",
        "python:3.11-slim",
        "image that jobs are built on, as NAME:TAG or NAME@sha256:DIGEST; it must have Python",
    ),
    Option("network", "choice", "none", "network of a job", choices=("none", "bridge", "host")),
    Option("memory", "int", None, "memory that a job has", minimum=64, unit="MB"),
    Option("cpus", "float", None, "cores that a job has", minimum=0, open_minimum=True),
    Option("pids", "int", 4096, "processes and threads that a job has", minimum=16),
    Option("gpus", "str", "", "GPUs that a job has: all, or how many; empty: none"),
    Option("tls_ca", "str", "", "file with the certificate of who signed the engine's (tcp)"),
    Option("tls_cert", "str", "", "file with this side's certificate (tcp)"),
    Option("tls_key", "str", "", "file with the key of this side's certificate (tcp)"),
)

_SOCKET = "/var/run/docker.sock"
_TLS_PORT = 2376
_SCHEMES = "unix, ssh and tcp"


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM: who signed the engine's certificate (empty: who the system trusts), and ours."""

    ca: str = ""
    cert: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine is; `shown` is what people read. `path` is of unix, the rest of ssh and tcp."""

    scheme: Literal["unix", "ssh", "tcp"]
    shown: str
    path: str = ""
    user: str = ""
    host: str = ""
    port: int | None = None
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of a target say: `memory` in bytes, `gpus` -1 for all of them."""

    address: Address
    base: str
    network: str
    memory: int | None
    cpus: float | None
    pids: int
    gpus: int


def read_options(name: str, options: Mapping[str, Value]) -> Wanted:
    """Return what the settled `options` of the target `name` say. Raises BadInput."""
    memory, cpus, pids = options["memory"], options["cpus"], options["pids"]
    return Wanted(
        address=_address(name, options, os.environ),
        base=str(options["base"]),
        network=str(options["network"]),
        memory=memory * MB if isinstance(memory, int) else None,
        cpus=cpus if isinstance(cpus, float) else None,
        pids=pids if isinstance(pids, int) else 0,
        gpus=_gpus(name, str(options["gpus"])),
    )


def _gpus(name: str, text: str) -> int:
    if text == "all":
        return -1
    if text == "" or text.isdecimal():
        return int(text or 0)
    raise _refuse(
        name, "gpus", f"{text[:80]!r} is neither all nor a number", "Write all, or how many"
    )


def _address(name: str, options: Mapping[str, Value], environment: Mapping[str, str]) -> Address:
    tls = Tls(*(str(options[key]) for key in ("tls_ca", "tls_cert", "tls_key")))
    text = str(options["engine"])
    if text == "":
        text = environment.get("DOCKER_HOST", "") or f"unix://{_local_socket(environment)}"
        if tls == Tls() and environment.get("DOCKER_TLS_VERIFY"):
            folder = Path(environment.get("DOCKER_CERT_PATH") or "~/.docker").expanduser()
            tls = Tls(*(str(folder / file) for file in ("ca.pem", "cert.pem", "key.pem")))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _refuse(name, "engine", f"{text[:80]!r} is no address", "Correct it") from error
    # A password in an address would end up in lists, records and logs.
    if parts.password is not None:
        raise _refuse(
            name, "engine", "it holds a password", "Leave it out and use a key or an agent"
        )
    if parts.scheme == "unix":
        return Address("unix", text, path=(parts.netloc + parts.path) or _SOCKET)
    if parts.scheme == "ssh" and parts.hostname:
        return Address("ssh", text, user=parts.username or "", host=parts.hostname, port=port)
    if parts.scheme == "tcp" and parts.hostname:
        return _tcp(name, text, parts, port, tls)
    why = f"{text[:80]!r} is none of {_SCHEMES} with a host"
    raise _refuse(name, "engine", why, "Write unix:///PATH, ssh://USER@HOST or tcp://HOST:PORT")


def _tcp(name: str, text: str, parts: SplitResult, port: int | None, tls: Tls) -> Address:
    host = parts.hostname or ""
    if tls == Tls():
        # Whoever reaches a plain port is root on that machine.
        if port is None or not _is_loopback(host):
            raise _refuse(
                name,
                "engine",
                "tcp without TLS is open to everybody on the way",
                "Set tls_ca, tls_cert and tls_key, or use ssh://USER@HOST",
            )
        return Address("tcp", text, host=host, port=port)
    if bool(tls.cert) != bool(tls.key):
        raise _refuse(name, "tls_cert", "a certificate and its key go together", "Set both or none")
    for key, file in (("tls_ca", tls.ca), ("tls_cert", tls.cert), ("tls_key", tls.key)):
        if file and not Path(file).expanduser().is_file():
            raise _refuse(name, key, f"there is no file {file}", "Correct the path")
    full = Tls(*(file and str(Path(file).expanduser()) for file in (tls.ca, tls.cert, tls.key)))
    return Address("tcp", text, host=host, port=port or _TLS_PORT, tls=full)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _local_socket(environment: Mapping[str, str]) -> str:
    """Return the system's socket, or that of an engine which runs as this person where only it is there."""
    own = Path(environment.get("XDG_RUNTIME_DIR") or "/nowhere", "docker.sock")
    return str(own) if not Path(_SOCKET).exists() and own.exists() else _SOCKET


def _refuse(name: str, key: str, why: str, fix: str) -> BadInput:
    return BadInput(
        f"The target {name} cannot be used as it is written",
        where=f"targets.{name}.{key}",
        why=why,
        fix=fix,
        code="target.options",
    )
