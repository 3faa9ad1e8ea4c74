"""Targets of the kind `docker`: jobs run in containers of a Docker engine, near or far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from plugins.compute.docker.options import OPTIONS, read_options
from workbench.compute.contract import Surroundings
from workbench.options import Option, Value

if TYPE_CHECKING:
    from plugins.compute.docker.target import DockerTarget


class DockerKind:
    """A Docker engine: this machine's, or one behind SSH or TLS."""

    name = "docker"
    summary = "containers of a Docker engine, here or behind SSH or TLS"
    options: tuple[Option, ...] = OPTIONS

    def open(self, name: str, options: Mapping[str, Value], around: Surroundings) -> DockerTarget:
        """Return the target that `options` describe; raises BadInput for an address that cannot be."""
        from plugins.compute.docker.target import DockerTarget

        return DockerTarget(name, read_options(name, options), around)


KIND = DockerKind()
