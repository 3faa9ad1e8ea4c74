"""Having a runtime on a target: found there, or built there from its index or from wheels of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import TargetError
from workbench.runtimes.carried import uv_for
from workbench.runtimes.lockfile import read_lock
from workbench.runtimes.platforms import Platform
from workbench.runtimes.runtime import Runtime
from workbench.runtimes.wheels import Told, tell_nobody, wheels

FAR = "workbench.runtimes.far."
NO_INDEX = "runtime.index"


class FarSide(Protocol):
    """A target as building a runtime sees it. Both calls block and raise TargetError."""

    def put(self, objects: Mapping[str, Path]) -> None:
        """Bring the files (SHA-256 → path here) there; those that are there are not sent again."""
        ...

    def call(self, op: str, payload: bytes, **args: Any) -> Any:
        """Do `op` (a module and a function of it) there and return its answer."""
        ...


def ensure(
    far: FarSide,
    runtime: Runtime,
    platform: Callable[[], Platform],
    cache: Path,
    *,
    index: str = "",
    tell: Told = tell_nobody,
) -> str:
    """Return the interpreter there that has the packages of `runtime`; built once, then found.

    `index` is the package index (empty: as uv is set up there, and here). A target that reaches it
    fetches by itself, another one gets wheels for its `platform` from here. `tell` is told packages
    that are there and packages in all. Raises what `far.build`, `wheels` and `uv_for` raise.
    """
    python: str = far.call(FAR + "state", b"", digest=runtime.digest)
    if python:
        return python
    count = len(read_lock(runtime.lock))
    tell(0, count)
    where = platform()
    tool = uv_for(where, cache, index=index)
    uv = _digest(tool)
    far.put({uv: tool})
    asked = {"digest": runtime.digest, "python": runtime.python, "uv": uv}
    python = _from_index(far, runtime, asked, index) or _from_here(
        far, runtime, asked, wheels(runtime, where, cache, index=index)
    )
    tell(count, count)
    return python


def _from_index(far: FarSide, runtime: Runtime, asked: Mapping[str, str], index: str) -> str:
    """Build with the target's own index; empty when it reaches none, or loses it on the way."""
    if not far.call(FAR + "reach", b"", index=index):
        return ""
    try:
        return str(far.call(FAR + "build", runtime.lock, **asked, index=index))
    except TargetError as error:
        if error.code != NO_INDEX:
            raise
        return ""


def _from_here(far: FarSide, runtime: Runtime, asked: Mapping[str, str], folder: Path) -> str:
    files = {path.name: (_digest(path), path) for path in sorted(folder.iterdir())}
    far.put(dict(files.values()))
    sent = {name: digest for name, (digest, _) in files.items()}
    return str(far.call(FAR + "build", runtime.lock, **asked, wheels=sent))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
