"""The image of a runtime: the base image with the locked packages in one layer, built without a network.

It is made by running uv in a container and committing what that left, not from a Dockerfile: the
classic builder (all that an engine offers through its API without BuildKit's session) keeps the
wheels in a layer, or leaves a nameless image of a stage behind; the overlay of one container holds
only what is there at its end.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.containers import has_status
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import discard, is_left_over
from plugins.compute.docker.recipe import (
    VERSION,
    Base,
    builder_body,
    image_changes,
    not_built,
    sent_files,
)
from plugins.compute.docker.refusals import missing_image
from workbench.compute.contract import Stage, Tell
from workbench.runtimes.runtime import Runtime

BUILD_LIMIT = 1800.0
"""Seconds that a build may take, somebody else's too."""

_WAIT = 0.5


class Images:
    """The images of one engine. `owner` marks what is made."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._owner = owner

    def find_base(self, name: str) -> Base | None:
        """Return the image `name` as the engine has it, None when it does not."""
        import docker.errors

        with self._engine.use() as client:
            try:
                found = client.inspect_image(name)
            except docker.errors.ImageNotFound:
                return None
        digests = [text.partition("@")[2] for text in found.get("RepoDigests") or []]
        digest = digests[0] if digests else ""
        return Base(name, str(found["Id"]), digest, str(found.get("Architecture", "")))

    def get_base(self, name: str, tell: Tell) -> Base:
        """Return the image `name`, pulled when it is missing. Raises TargetRefused `target.image`."""
        found = self.find_base(name)
        if found is None:
            self._pull(name, tell)
            found = self.find_base(name)
        if found is None:
            raise missing_image(name, self._engine.address, "it was pulled and is gone again")
        return found

    def find(self, runtime: Runtime, base: Base) -> str | None:
        """Return the id of the image of `runtime` on `base`, None when it was not built."""
        found = self.find_base(names.image_name(image_key(runtime, base)))
        return None if found is None else found.image

    def build(self, runtime: Runtime, base: Base, uv: Path, wheels: Path, tell: Tell) -> str:
        """Return the id of the image of `runtime` on `base`, built when it is not there.

        One build of it at a time, whoever asks: the builder's name is taken meanwhile.
        Raises TargetRefused `runtime.build`, TargetError.
        """
        key = image_key(runtime, base)
        labels = {
            names.OWNER: self._owner,
            names.RUNTIME: runtime.digest,
            names.BASE: base.digest or base.image,
        }
        deadline = time.monotonic() + BUILD_LIMIT
        while time.monotonic() < deadline:
            found = self.find(runtime, base)
            if found is not None:
                return found
            builder = self._begin(key, builder_body(runtime, base, labels))
            if builder is not None:
                return self._make(
                    builder, key, runtime, base, labels, sent_files(runtime, uv, wheels, tell)
                )
            tell(Stage("waiting", note="somebody else builds the same runtime there"))
            time.sleep(_WAIT)
        raise not_built(runtime, base, "somebody else has been building it for too long", 1)

    def _begin(self, key: str, wanted: dict[str, Any]) -> str | None:
        """Make the container that builds; None while another one has its name."""
        import docker.errors

        name = names.builder_name(key)
        with self._engine.use() as client:
            try:
                return str(client.create_container_from_config(wanted, name)["Id"])
            except docker.errors.APIError as error:
                if not has_status(error, 409):
                    raise
            try:
                other = client.inspect_container(name)
            except docker.errors.NotFound:
                return None
        if is_left_over(other["Config"]["Labels"].get(names.CLIENT, "")):
            discard(self._engine, str(other["Id"]))
        return None

    def _make(
        self,
        builder: str,
        key: str,
        runtime: Runtime,
        base: Base,
        labels: Mapping[str, str],
        sent: Iterator[bytes],
    ) -> str:
        try:
            found = self.find(runtime, base)  # one that ended between the look and the name
            if found is not None:
                return found
            with self._engine.use() as client:
                client.put_archive(builder, "/", sent)
                client.start(builder)
                status = int(client.wait(builder, timeout=BUILD_LIMIT)["StatusCode"])
                if status:
                    said = client.logs(builder, stdout=True, stderr=True, tail=50)
                    raise not_built(runtime, base, said.decode(errors="replace"), status)
                repository, _, tag = names.image_name(key).partition(":")
                changes = "\n".join(image_changes(labels))
                return str(client.commit(builder, repository, tag, changes=changes)["Id"])
        finally:
            discard(self._engine, builder)

    def _pull(self, name: str, tell: Tell) -> None:
        import docker.errors

        layers: dict[str, tuple[int, int]] = {}
        with self._engine.use() as client:
            try:
                for event in client.pull(*_reference(name), stream=True, decode=True):
                    if "error" in event:
                        raise missing_image(name, self._engine.address, str(event["error"]))
                    _count(event, layers)
                    done, total = (
                        (sum(column) for column in zip(*layers.values(), strict=True))
                        if layers
                        else (0, 0)
                    )
                    tell(Stage("image", done, total, "bytes"))
            except docker.errors.APIError as error:
                raise missing_image(name, self._engine.address, error.explanation or "") from error


def image_key(runtime: Runtime, base: Base) -> str:
    """Return what names the image of `runtime` on `base`: another base is another image."""
    return hashlib.sha256(f"{VERSION} {runtime.digest} {base.image}".encode()).hexdigest()


def _reference(name: str) -> tuple[str, str | None]:
    """Split NAME:TAG or NAME@DIGEST as the SDK wants it; without either the tag is `latest`."""
    if "@" in name:
        return name, None
    head, colon, tag = name.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (name, "latest")


def _count(event: dict[str, Any], layers: dict[str, tuple[int, int]]) -> None:
    detail = event.get("progressDetail") or {}
    if event.get("status") == "Downloading" and "total" in detail:
        layers[str(event.get("id"))] = (int(detail.get("current", 0)), int(detail["total"]))
