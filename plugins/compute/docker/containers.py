"""The calls to an engine that jobs need, each one question or one deed."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterable
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.archives import Entry, first_file, pack
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import discard
from plugins.compute.docker.state import Container, read_container

STOP_GRACE = 3
"""Seconds between the shim's SIGTERM and SIGKILL for the whole container: the shim takes less than two."""

_GOING = 10.0
"""Seconds that a container may hold a volume on its way out; the engine needs a fraction of one."""
_LOOK = 0.1

_NOT_PLAIN = sum(1 << bit for bit in (31, 27, 26, 25, 24, 21, 19))
"""Bits of Go's os.FileMode: folder, link, device, pipe, socket, character device, irregular."""


class ImageGone(Exception):
    """The image was removed since it was looked at."""


class Containers:
    """Containers and volumes of jobs on one engine. Everything raises TargetError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, job: str) -> Container | None:
        """Return the container of `job`, None without one."""
        import docker.errors

        with self._engine.use() as client:
            try:
                return read_container(client.inspect_container(names.container_name(job)))
            except docker.errors.NotFound:
                return None

    def create(self, job: str, wanted: dict[str, Any]) -> Container | None:
        """Make the container of `job`; None when there is one already. Raises ImageGone."""
        import docker.errors

        with self._engine.use() as client:
            try:
                made = client.create_container_from_config(wanted, names.container_name(job))
                return read_container(client.inspect_container(str(made["Id"])))
            except docker.errors.NotFound as error:
                if "no such image" in str(error.explanation).lower():
                    raise ImageGone from error
                return None  # removed between the two calls
            except docker.errors.APIError as error:
                if not has_status(error, 409):
                    raise
                return None

    def create_any(self, wanted: dict[str, Any]) -> str:
        """Make a container without a name of ours; return its id."""
        with self._engine.use() as client:
            return str(client.create_container_from_config(wanted)["Id"])

    def fill(self, container: str, folder: str, entries: Iterable[Entry]) -> None:
        """Write `entries` below `folder` inside a container, owned by its user."""
        with self._engine.use() as client:
            client.put_archive(container, folder, pack(entries, names.user()))

    def start(self, container: str) -> bool:
        """Start this very container; False when it is gone, or somebody is removing it."""
        import docker.errors

        with self._engine.use() as client:
            try:
                client.start(container)
            except docker.errors.NotFound:
                return False
            except docker.errors.APIError as error:
                if not has_status(error, 409):
                    raise
                return False
            return True

    def stop(self, container: str) -> None:
        """End a container: SIGTERM to its shim, SIGKILL to all when that takes too long."""
        import docker.errors

        with self._engine.use() as client:
            try:
                client.stop(container, timeout=STOP_GRACE)
            except docker.errors.NotFound:
                return

    def remove(self, container: str) -> None:
        """Remove a container, whatever it does."""
        discard(self._engine, container)

    def size(self, container: str, path: str) -> int | None:
        """Return the size of a plain file inside a container, None where there is none."""
        with self._engine.use() as client:
            url = client._url("/containers/{0}/archive", container)  # the SDK has no call for it
            answer = client.head(url, params={"path": path}, timeout=client.timeout)
            if answer.status_code == 404:
                return None
            client._raise_for_status(answer)
            return _plain_size(answer.headers.get("X-Docker-Container-Path-Stat", ""))

    def read(self, container: str, path: str, cap: int) -> bytes | None:
        """Return a small plain file inside a container; None without one, or with more than `cap` bytes."""
        import docker.errors
        import requests.exceptions

        with self._engine.use() as client:
            try:
                pieces, _ = client.get_archive(container, path)
            except docker.errors.NotFound:
                return None
            try:
                return first_file(pieces, cap)
            except requests.exceptions.RequestException:
                return None  # it grew while it was packed

    def add_volume(self, name: str, labels: dict[str, str]) -> None:
        """Make a volume; one that is there stays as it is."""
        with self._engine.use() as client:
            client.create_volume(name, labels=labels)

    def has_volume(self, name: str) -> bool:
        """Tell whether there is a volume of that name."""
        import docker.errors

        with self._engine.use() as client:
            try:
                client.inspect_volume(name)
            except docker.errors.NotFound:
                return False
            return True

    def drop_volume(self, name: str) -> None:
        """Remove a volume and what is in it; harmless when it is gone.

        A container that is just going holds its volumes a moment longer than it is listed: it is
        waited for. Raises TargetError where one that stays uses it.
        """
        import docker.errors

        deadline = time.monotonic() + _GOING
        with self._engine.use() as client:
            while True:
                try:
                    client.remove_volume(name)
                except docker.errors.NotFound:
                    return
                except docker.errors.APIError as error:
                    if not has_status(error, 409) or time.monotonic() > deadline:
                        raise
                    time.sleep(_LOOK)
                else:
                    return

    def labelled(self, *labels: str) -> list[dict[str, Any]]:
        """Return the containers, running or not, that bear all `labels` (KEY or KEY=VALUE)."""
        with self._engine.use() as client:
            return list(client.containers(all=True, filters={"label": list(labels)}))


def has_status(error: Any, status: int) -> bool:
    """Tell whether the engine answered with this status of HTTP."""
    return error.response is not None and error.response.status_code == status


def _plain_size(header: str) -> int | None:
    try:
        found = json.loads(base64.b64decode(header))
        return None if int(found["mode"]) & _NOT_PLAIN else int(found["size"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
