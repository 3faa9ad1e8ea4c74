"""The image of a runtime: the base image with the locked packages in one layer, built without a network.

It is made by running uv in a container and committing what that left, not from a Dockerfile: the
classic builder (all that an engine offers through its API without BuildKit's session) keeps the
wheels in a layer, or leaves a nameless image of a stage behind; the overlay of one container holds
only what is there at its end.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.archives import Entry, pack
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import client_mark, discard
from plugins.compute.docker.refusals import full_disk, missing_image, short
from workbench.compute.contract import Stage, Tell
from workbench.errors import TargetRefused
from workbench.runtimes.runtime import Runtime

BUILD_LIMIT = 1800.0

_SCRIPT = f"""
set -e
umask 022
cd {names.TOOLS}
./uv --no-config --offline --no-cache --quiet --color never \
  venv --no-python-downloads --python "$1" runtime
./uv --no-config --offline --no-cache --quiet --color never \
  pip sync --python {names.PYTHON} --require-hashes --no-index --find-links wheels \
  --no-build --compile-bytecode --allow-empty-requirements lock.txt
rm -rf uv wheels
mkdir -m 1777 {names.JOB_MOUNT} {names.OBJECT_MOUNT}
"""


@dataclass(frozen=True, slots=True)
class Base:
    """A base image on the engine: `image` its id, `digest` what it was pulled by (empty: never pulled)."""

    name: str
    image: str
    digest: str
    architecture: str


class Images:
    """The images of one engine. `owner` marks what is made."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._owner = owner
        self._lock = threading.Lock()
        self._building: dict[str, threading.Lock] = {}

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

        One build at a time here; two that build in two processes make two images, and the first
        one named stays. Raises TargetRefused `runtime.build`, TargetError.
        """
        key = image_key(runtime, base)
        with self._lock:
            lock = self._building.setdefault(key, threading.Lock())
        with lock:
            return self.find(runtime, base) or self._make(key, runtime, base, uv, wheels, tell)

    def _make(
        self, key: str, runtime: Runtime, base: Base, uv: Path, wheels: Path, tell: Tell
    ) -> str:
        labels = {
            names.OWNER: self._owner,
            names.RUNTIME: runtime.digest,
            names.BASE: base.digest or base.image,
        }
        with self._engine.use() as client:
            container = str(
                client.create_container_from_config(_builder(runtime, base, labels))["Id"]
            )
        try:
            with self._engine.use() as client:
                client.put_archive(container, "/", _sent(runtime, uv, wheels, tell))
                client.start(container)
                status = int(client.wait(container, timeout=BUILD_LIMIT)["StatusCode"])
                if status:
                    said = client.logs(container, stdout=True, stderr=True, tail=50)
                    raise _not_built(runtime, base, said.decode(errors="replace"), status)
                changes = "\n".join(_changes(labels))
                image = str(client.commit(container, changes=changes)["Id"])
        finally:
            discard(self._engine, container)
        return self._name(key, image)

    def _name(self, key: str, image: str) -> str:
        """Give the image its name, unless another build was faster: then that one is the image."""
        import docker.errors

        name = names.image_name(key)
        with self._engine.use() as client:
            try:
                first = str(client.inspect_image(name)["Id"])
            except docker.errors.ImageNotFound:
                repository, _, tag = name.partition(":")
                client.tag(image, repository, tag)
                return image
            if first != image:
                with contextlib.suppress(docker.errors.APIError):
                    client.remove_image(image)
            return first

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
    return hashlib.sha256(f"{runtime.digest} {base.image}".encode()).hexdigest()


def _builder(runtime: Runtime, base: Base, labels: dict[str, str]) -> dict[str, Any]:
    """Return the body of the container that builds: root in it, for the files are to be nobody's else."""
    return {
        "Image": base.image,
        "Entrypoint": ["/bin/sh", "-c", _SCRIPT, "build"],
        "Cmd": [runtime.python],
        "User": "0:0",
        "WorkingDir": "/",
        "Env": [],
        "Labels": labels | {names.ROLE: "build", names.CLIENT: client_mark()},
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": "none",
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
            "PidsLimit": 1024,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        },
    }


def _changes(labels: dict[str, str]) -> list[str]:
    """Return, as lines of a Dockerfile, what the image says beside what the container did."""
    marks = labels | {names.ROLE: "runtime", names.CLIENT: ""}
    return [
        "ENTRYPOINT []",
        f'CMD ["{names.PYTHON}"]',
        f"ENV PATH={names.PATH}",
        "USER 65534:65534",
        "WORKDIR /",
        *(f'LABEL {key}="{value}"' for key, value in marks.items()),
    ]


def _sent(runtime: Runtime, uv: Path, wheels: Path, tell: Tell) -> Iterator[bytes]:
    place = names.TOOLS.strip("/")
    files = sorted(path for path in wheels.iterdir() if path.is_file())
    total = sum(path.stat().st_size for path in (uv, *files))
    done = 0

    def told(size: int) -> None:
        nonlocal done
        done += size
        tell(Stage("runtime", done, total, "bytes"))

    entries = [
        Entry(place, 0o755),
        Entry(f"{place}/wheels", 0o755),
        Entry(f"{place}/lock.txt", 0o644, data=runtime.lock),
        Entry(f"{place}/uv", 0o755, source=uv),
        *(Entry(f"{place}/wheels/{path.name}", 0o644, source=path) for path in files),
    ]
    return pack(entries, "0:0", told)


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


def _not_built(runtime: Runtime, base: Base, said: str, status: int) -> TargetRefused:
    lines = [line for line in said.splitlines() if line.strip()]
    if "no interpreter found" in said.lower():
        return TargetRefused(
            f"The image {base.name} has no Python {runtime.python}",
            where=base.name,
            why=f"the runtime of this project is for Python {runtime.python}",
            fix=f"Set the target's option base to an image with it, such as python:{runtime.python}-slim",
            code="runtime.python",
        )
    if "no space left on device" in said.lower():
        return full_disk(base.name, "the packages of the runtime do not fit")
    return TargetRefused(
        "The runtime's packages cannot be installed on the image",
        where=base.name,
        why=short(lines[-1]) if lines else f"the build ended with status {status}",
        fix="Correct [runtime] in workbench.toml, or choose another base image",
        code="runtime.build",
    )
