"""The wheels of a runtime for a target that reaches no package index: fetched here, kept by digest.

uv resolves where each file lies (a pylock file, PEP 751) and `packaging` selects for the target's
platform. Neither `uv pip install --target` (it unpacks, and a target wants to verify whole files)
nor `pip download` (it has other settings of indexes, and judges markers by the Python here) do.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import TargetError, Unavailable
from workbench.files import inside, write_atomic
from workbench.runtimes.download import download
from workbench.runtimes.lockfile import read_lock
from workbench.runtimes.platforms import Platform, marker_environment, wheel_tags
from workbench.runtimes.runtime import Runtime
from workbench.runtimes.tool import UvFailed, run_uv
from workbench.store.modes import make_folder

_AT_ONCE = 4

Told = Callable[[int, int], object]
"""Is told bytes so far and in all (0: not known), from any thread."""


def tell_nobody(done: int, total: int) -> None:
    """Leave it unsaid."""
    del done, total


@dataclass(frozen=True, slots=True)
class Wheel:
    """A file of an index: its name, where it is had, the SHA-256 that the lock names, bytes (0: unknown)."""

    name: str
    address: str
    digest: str
    size: int


def wheels(
    runtime: Runtime, where: Platform, cache: Path, *, index: str = "", tell: Told = tell_nobody
) -> Path:
    """Return a folder with every wheel of `runtime` for `where`; each file is there once in `cache`.

    What was fetched before needs no index. Raises TargetError (`runtime.wheel`) for a package
    without a wheel for that platform, Unavailable (`runtime.index`) when no index can be reached.
    """
    store = make_folder(cache / "wheels")
    folder = store / f"{runtime.digest[:32]}-{where.tag}"
    if folder.is_dir():
        return folder
    found = select(runtime, where, cache, index=index)
    fetch(found, store, tell)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=store))
    try:
        for wheel in found:
            os.link(store / wheel.digest, inside(draft, wheel.name))
        draft.rename(folder)
    except FileExistsError:
        pass  # another thread made the same
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def select(runtime: Runtime, where: Platform, cache: Path, *, index: str = "") -> tuple[Wheel, ...]:
    """Return the best wheel of each package of `runtime` for `where`. Raises as `wheels` does."""
    from packaging.pylock import PackageWheel, Pylock, PylockSelectError

    lock = Pylock.from_dict(_pylock(runtime, cache, index))
    environment, tags = marker_environment(where, runtime.python), wheel_tags(where, runtime.python)
    locked = {value for pin in read_lock(runtime.lock) for value in pin.hashes}
    found = []
    try:
        for package, artifact in lock.select(environment=environment, tags=tags):
            if not isinstance(artifact, PackageWheel):
                raise _no_wheel(f"{package.name} {package.version}", where, runtime.python)
            digest = artifact.hashes.get("sha256", "")
            if digest not in locked:
                raise _no_wheel(
                    f"{package.name} {package.version} as locked", where, runtime.python
                )
            address = artifact.url or str(artifact.path)
            found.append(Wheel(artifact.filename, address, digest, artifact.size or 0))
    except PylockSelectError as error:
        # It names the package, and has looked at wheels and at the archive of the source.
        raise _no_wheel(_package_of(str(error)), where, runtime.python) from error
    return tuple(sorted(found, key=lambda wheel: wheel.name))


def fetch(found: tuple[Wheel, ...], store: Path, tell: Told = tell_nobody) -> None:
    """Bring the files of `found` to `store/SHA256`, verified; those that are there are left alone."""
    total = sum(wheel.size for wheel in found)
    done = {wheel.digest: 0 for wheel in found}

    def one(wheel: Wheel) -> None:
        def came(size: int) -> None:
            done[wheel.digest] = size
            tell(sum(done.values()), total)

        path = store / wheel.digest
        if not path.is_file():
            download(wheel.address, path, wheel.digest, came)
        came(path.stat().st_size)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wheels") as pool:
        for _ in pool.map(one, found):
            pass


def _pylock(runtime: Runtime, cache: Path, index: str) -> Mapping[str, Any]:
    """Return where the files of the lock are, asked once."""
    kept = cache / f"pylock-{runtime.digest[:32]}.toml"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="workbench-pylock-") as folder:
            lock = Path(folder, "requirements.txt")
            lock.write_bytes(runtime.lock)
            command = ("pip", "compile", lock, "--python-version", runtime.python, "--no-deps")
            try:
                text = run_uv((*command, "--universal", "--format", "pylock.toml"), index=index)
            except UvFailed as error:
                raise not_found(error) from error
        write_atomic(kept, text.encode(), mode=0o600)
    return tomllib.loads(kept.read_text())


def not_found(error: UvFailed) -> Unavailable:
    """Return the refusal for files that cannot be had here."""
    return Unavailable(
        "The packages of the runtime cannot be fetched here",
        where="package index",
        why=error.why,
        fix="Reach an index from here or from the target, then try again",
        code="runtime.index",
    )


def _no_wheel(package: str, where: Platform, python: str) -> TargetError:
    return TargetError(
        f"There is no wheel of {package} for the target",
        where=f"Python {python} on {where.machine}, {where.libc} {where.version[0]}.{where.version[1]}",
        why="its index has only its source or wheels for other machines, and nothing is compiled there",
        fix="Choose another version under [runtime] in workbench.toml, or another target",
        code="runtime.wheel",
    )


def _package_of(text: str) -> str:
    """Return the first quoted word of a message of `packaging`: the package."""
    quoted: Iterator[str] = iter(text.split("'")[1::2])
    return next(quoted, "a package")
