"""What a container of ours may do: as little as it can work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from plugins.compute.docker.names import user
from plugins.compute.docker.options import MB, Wanted
from workbench.compute.limits import Limits

T = TypeVar("T", int, float)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a container may use: `memory` in bytes, `cpus` in cores; None is no limit. `gpus` -1: all."""

    memory: int | None = None
    cpus: float | None = None
    pids: int = 64
    network: str = "none"
    gpus: int = 0


HELPER = Allowance(memory=512 * MB, pids=64)


def allowance(wanted: Wanted, limits: Limits) -> Allowance:
    """Return what a job may use: the smaller of what the target and the job say."""
    return Allowance(
        memory=_least(wanted.memory, limits.memory),
        cpus=_least(wanted.cpus, limits.cpus),
        pids=wanted.pids,
        network=wanted.network,
        gpus=wanted.gpus,
    )


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of ours at a path; `labels` mark it, should the engine have to make it."""

    volume: str
    path: str
    labels: Mapping[str, str]
    writable: bool = True


def body(
    image: str,
    command: list[str],
    *,
    labels: Mapping[str, str],
    mounts: tuple[Mount, ...] = (),
    allowed: Allowance,
    environment: Mapping[str, str] | None = None,
    asked: bool = False,
) -> dict[str, Any]:
    """Return the body of `POST /containers/create` (Docker's API 1.41).

    `asked`: a helper that reads from stdin, ends with it and leaves nothing; what it says is not
    kept by the engine. The body is written here in full, for the SDK adds the proxies of
    ~/.docker/config.json, with their passwords, to every container's environment.
    """
    return {
        "Image": image,
        "Entrypoint": command[:1],
        "Cmd": command[1:],
        "User": user(),
        "WorkingDir": "/",
        "Env": [f"{key}={value}" for key, value in sorted((environment or {}).items())],
        "Labels": dict(labels),
        "OpenStdin": asked,
        "StdinOnce": asked,
        "AttachStdin": asked,
        "AttachStdout": asked,
        "AttachStderr": asked,
        "Tty": False,
        "NetworkDisabled": allowed.network == "none",
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGTERM",
        "HostConfig": _host(mounts, allowed, asked),
    }


def _host(mounts: tuple[Mount, ...], allowed: Allowance, asked: bool) -> dict[str, Any]:
    host: dict[str, Any] = {
        "AutoRemove": asked,
        "CapDrop": ["ALL"],
        "Init": False,  # the shim is the reaper
        "LogConfig": {"Type": "none", "Config": {}}
        if asked
        else {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        "Mounts": [_mount(mount) for mount in mounts],
        "NetworkMode": allowed.network,
        "PidsLimit": allowed.pids,
        "Privileged": False,
        "ReadonlyRootfs": True,
        "RestartPolicy": {"Name": "no"},
        "SecurityOpt": ["no-new-privileges:true"],
        "Tmpfs": {"/tmp": "rw,nosuid,nodev"},  # noqa: S108  # inside the container
    }
    if allowed.memory is not None:
        # Both alike: no swap on top.
        host |= {"Memory": allowed.memory, "MemorySwap": allowed.memory}
    if allowed.cpus is not None:
        host["NanoCpus"] = round(allowed.cpus * 1e9)
    if allowed.gpus:
        host["DeviceRequests"] = [{"Driver": "", "Count": allowed.gpus, "Capabilities": [["gpu"]]}]
    return host


def _mount(mount: Mount) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Source": mount.volume,
        "Target": mount.path,
        "ReadOnly": not mount.writable,
        "VolumeOptions": {"Labels": dict(mount.labels)},
    }


def _least(ours: T | None, theirs: T | None) -> T | None:
    given = [value for value in (ours, theirs) if value is not None]
    return min(given) if given else None
