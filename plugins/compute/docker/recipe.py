"""How the image of a runtime is made: what runs in the builder, what is sent to it, what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugins.compute.docker import names
from plugins.compute.docker.archives import Entry, pack
from plugins.compute.docker.helper import client_mark
from plugins.compute.docker.refusals import full_disk, short
from workbench.compute.contract import Stage, Tell
from workbench.errors import TargetRefused
from workbench.runtimes.runtime import Runtime

VERSION = 2
"""Of the recipe: another one makes another image."""

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


def builder_body(runtime: Runtime, base: Base, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of the container that builds: root in it, for the files are to be nobody's else."""
    return {
        "Image": base.image,
        # The image keeps the entry point, and then runs whatever it is told to.
        "Entrypoint": ["/usr/bin/env"],
        "Cmd": ["/bin/sh", "-c", _SCRIPT, "build", runtime.python],
        "User": "0:0",
        "WorkingDir": "/",
        "Env": [],
        "Labels": {**labels, names.ROLE: "build", names.CLIENT: client_mark()},
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


def image_changes(labels: Mapping[str, str]) -> list[str]:
    """Return, as lines of a Dockerfile, what the image says beside what the container did."""
    marks = {**labels, names.ROLE: "runtime", names.CLIENT: ""}
    return [
        f'CMD ["{names.PYTHON}"]',
        f"ENV PATH={names.PATH}",
        "USER 65534:65534",
        "WORKDIR /",
        *(f'LABEL {key}="{value}"' for key, value in marks.items()),
    ]


def sent_files(runtime: Runtime, uv: Path, wheels: Path, tell: Tell) -> Iterator[bytes]:
    """Yield the tar of what the builder needs; `tell` is told how much of it was taken."""
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


def not_built(runtime: Runtime, base: Base, said: str, status: int) -> TargetRefused:
    """Return the refusal for a builder that ended with `status` and said `said`."""
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
