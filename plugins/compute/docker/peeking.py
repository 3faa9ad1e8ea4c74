"""How a job ended and what it uses, read from its folder: files that the job could have written itself."""

from __future__ import annotations

import json
from typing import Final

from plugins.compute.docker import names
from plugins.compute.docker.containers import Containers
from plugins.compute.docker.hardening import HELPER, Mount, body
from plugins.compute.docker.state import Container
from workbench.compute.folder import EXIT, USAGE, Exit
from workbench.compute.limits import Usage, usage_of

_CAP: Final = 4096


def peek(containers: Containers, base: str, job: str, container: Container | None) -> Exit | None:
    """Return what the job's `exit` says, None when it is not there or is damaged.

    Where the container was removed, one that is never started holds the volume for the moment.
    """
    path = f"{names.job_folder(job)}/{EXIT}"
    if container is not None:
        return read_exit(containers.read(container.id, path, _CAP))
    labels = {names.JOB: job, names.ROLE: "helper"}
    mount = Mount(names.volume_name(job), names.JOB_MOUNT, labels, writable=False)
    held = containers.create_any(
        body(base, ["true"], labels=labels, mounts=(mount,), allowed=HELPER)
    )
    try:
        return read_exit(containers.read(held, path, _CAP))
    finally:
        containers.remove(held)


def peek_usage(containers: Containers, job: str, container: Container) -> Usage | None:
    """Return what the shim last wrote of what the job uses, None when there is nothing usable."""
    data = containers.read(container.id, f"{names.job_folder(job)}/{USAGE}", _CAP)
    try:
        return usage_of(json.loads(data or b""))
    except ValueError:
        return None


def read_exit(data: bytes | None) -> Exit | None:
    """Return what the bytes of `exit` say; a container may have written anything there."""
    try:
        found = json.loads(data or b"")
        code, at, reason = found["code"], found["at"], found["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    if not (
        isinstance(code, int | None) and isinstance(at, int | float) and isinstance(reason, str)
    ):
        return None
    return Exit(code, float(at), reason)
