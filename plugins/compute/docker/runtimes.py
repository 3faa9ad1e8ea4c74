"""The image that a runtime has on this engine: found, or built from wheels that are fetched here."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.compute.docker.agents import facts_of
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.images import Images
from plugins.compute.docker.recipe import Base
from workbench.compute.contract import Stage, Surroundings, Tell
from workbench.errors import PluginError
from workbench.runtimes.runtime import Runtime

if TYPE_CHECKING:
    from workbench.runtimes.platforms import Platform


class Runtimes:
    """Runtimes on the base image `base` of one engine."""

    def __init__(self, engine: Engine, images: Images, around: Surroundings, base: str) -> None:
        self._engine = engine
        self._images = images
        self._around = around
        self._base = base
        self._lock = threading.Lock()
        self._platforms: dict[str, Platform] = {}

    def ensure(self, runtime: Runtime | None, tell: Tell) -> str:
        """Return the id of the image of `runtime`, built when it is not there.

        Raises TargetRefused for a base image that cannot be had, packages that cannot be fetched or
        installed, TargetError.
        """
        if runtime is None:
            raise PluginError(
                "A job for a container brings no runtime",
                where=self._base,
                why="no packages of this machine are there",
                fix="Report it together with what you did",
                code="runtime.none",
            )
        base = self._images.get_base(self._base, tell)
        found = self._images.find(runtime, base)
        if found is not None:
            return found
        tell(Stage("runtime"))
        where = self._platform(base)
        uv, wheels = self._fetch(runtime, where, tell)
        return self._images.build(runtime, base, uv, wheels, tell)

    def _fetch(self, runtime: Runtime, where: Platform, tell: Tell) -> tuple[Path, Path]:
        from workbench.runtimes.carried import uv_for
        from workbench.runtimes.wheels import wheels

        cache, index = self._around.cache, self._around.index

        def told(done: int, total: int) -> None:
            tell(Stage("runtime", done, total, "bytes"))

        uv = uv_for(where, cache, index=index)
        return uv, wheels(runtime, where, cache, index=index, tell=told)

    def _platform(self, base: Base) -> Platform:
        """Return for which platform wheels must be, as a Python in the base image tells it."""
        from workbench.runtimes.platforms import platform_of

        with self._lock:
            if base.image not in self._platforms:
                found = facts_of(self._engine, base.image, self._around.owner)
                self._platforms[base.image] = platform_of(found["platform"])
            return self._platforms[base.image]
