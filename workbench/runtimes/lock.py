"""Making the lock of a project's runtime, from what is installed here and what the project names."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import BadInput, Unavailable
from workbench.files import write_atomic
from workbench.runtimes.closure import OURSELVES, canonical, installed_version, pins
from workbench.runtimes.lockfile import read_lock, write_lock
from workbench.runtimes.runtime import Runtime
from workbench.runtimes.tool import UvFailed, run_uv
from workbench.store.modes import make_folder

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from workbench.project.project import Project

WORKER = ("msgspec", "numpy", "polars", "scikit-learn", "skops")
"""What a worker imports whatever it does; a test holds it to these."""
SERVER = (*WORKER, "httptools", "uvicorn")
"""What a server of a deployment imports."""

_OURS = frozenset({"workbench", "plugins", "screens", "sample_data"})


def lock_runtime(
    project: Project, plugins: Iterable[str], needed: Sequence[str] = WORKER
) -> Runtime:
    """Return what work of `project` runs in: locked packages and a version of Python.

    The packages are those `needed` (WORKER or SERVER), those that the distributions of `plugins`
    (references such as `plugins.trainers.hgb:TRAINER`) require, and those of `[runtime]` in
    workbench.toml; whatever of them, or of what they need, is installed here is pinned at that
    version. The lock is kept in the project's cache by what went in, and holds no address of an
    index. Raises BadInput
    (`runtime.package`) for packages that cannot be had together, Unavailable (`runtime.index`)
    when no index can be reached and no lock is kept.
    """
    settings = project.settings.runtime
    python = settings.python or default_python()
    roots, pinned = _ingredients((*needed, *_required(plugins)), settings.packages)
    text = "\n".join([python, *roots, "", *pinned, "", settings.index]).encode()
    kept = project.paths.cache / f"runtime-{hashlib.sha256(text).hexdigest()[:32]}.lock"
    if not kept.is_file():
        lock = _resolve(roots, pinned, python, settings.index, project)
        make_folder(project.paths.cache)
        write_atomic(kept, lock, mode=0o600)
    return Runtime(python, kept.read_bytes())


def default_python() -> str:
    """Return the version of Python that runs here: `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _required(plugins: Iterable[str]) -> tuple[str, ...]:
    """Return what the distributions require that the plugins of others come from."""
    tops = {plugin.partition(":")[0].partition(".")[0] for plugin in plugins} - _OURS
    if not tops:
        return ()  # the look at all distributions takes 100 ms and more
    from importlib.metadata import requires

    owners = packages_distributions()
    names = sorted(
        {name for top in tops for name in owners.get(top, ()) if canonical(name) != OURSELVES}
    )
    return tuple(sorted({need for name in names for need in requires(name) or ()}))


def _ingredients(needed: Iterable[str], asked: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the requirements, those that are installed here pinned, and the constraints."""
    wanted = [_requirement(text) for text in (*needed, *asked)]
    wanted = [one for one in wanted if canonical(one.name) != OURSELVES]
    # An extra of a plugin's distribution is for other uses of it.
    wanted = [one for one in wanted if one.marker is None or "extra" not in str(one.marker)]
    found = pins(one for one in wanted if _fits(one))
    roots = sorted({str(one) for one in wanted})
    return roots, [f"{name}=={version}" for name, version in sorted(found.items())]


def _fits(wanted: Requirement) -> bool:
    """Tell whether what is installed here is what is asked for; else it is left to the index."""
    version = installed_version(wanted.name)
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def _requirement(text: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement as error:
        raise _refuse(text, str(error).partition("\n")[0]) from None
    if found.url:
        raise _refuse(found.name, "an address is not a package of an index")
    return found


def _refuse(text: str, why: str) -> BadInput:
    return BadInput(
        "A package of the runtime cannot be read",
        where=text[:80],
        why=why,
        fix='Write it like packages = ["xgboost>=3"] under [runtime] in workbench.toml',
        code="runtime.package",
    )


def _resolve(
    roots: list[str], pinned: list[str], python: str, index: str, project: Project
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="workbench-lock-") as folder:
        wanted, constraints = Path(folder, "wanted.in"), Path(folder, "installed.txt")
        wanted.write_text("\n".join(roots) + "\n")
        constraints.write_text("\n".join(pinned) + "\n")
        command = ("pip", "compile", wanted, "-c", constraints, "--python-version", python)
        shape = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-sources")
        try:
            # Wheels only: building from source would run a stranger's code here, and a target has
            # no compiler.
            text = run_uv((*command, *shape, "--only-binary", ":all:"), index=index)
        except UvFailed as error:
            raise _no_lock(error, project) from error
    return write_lock(read_lock(text.encode()))


def _no_lock(error: UvFailed, project: Project) -> BadInput | Unavailable:
    if error.offline:
        return Unavailable(
            "The runtime cannot be locked without a package index",
            where="[runtime] in workbench.toml",
            why=error.why,
            fix="Do it once where an index can be reached; the lock is kept, later no index is needed",
            code="runtime.index",
        )
    return BadInput(
        "The packages of the runtime cannot be had together",
        where=f"{project.paths.settings}, [runtime]",
        why=error.why,
        fix="Change packages or python under [runtime]; only packages with wheels can be used",
        code="runtime.package",
    )
