"""The code that a job carries: a zip of the installed `workbench/` and of the plugins it needs.

The same files give the same bytes: sorted names, fixed times and modes. Kept by the digest of its
content in the project's cache, so that a bundle is made once a version of the code.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from workbench.errors import PluginError
from workbench.files import write_atomic

LIMIT = 50 * 1024 * 1024
"""The most that a bundle may hold, in bytes before packing."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say
_LEFT_OUT = ("__pycache__",)
_SECRET_SUFFIXES = (".pem", ".key", ".p12", ".pfx")


def top_packages(plugins: Iterable[str]) -> tuple[str, ...]:
    """Return the top-level packages behind references such as `plugins.trainers.hgb:TRAINER`, sorted."""
    return tuple(sorted({plugin.partition(":")[0].partition(".")[0] for plugin in plugins}))


def make_bundle(cache: Path, plugins: Iterable[str]) -> Path:
    """Return a zip in `cache` with `workbench/` and the packages of `plugins`.

    Raises PluginError when a package is not to be found, is not pure Python, or is too big.
    """
    places = _collect(sorted({"workbench", *top_packages(plugins)}))
    looks = tuple((name, place.path, place.mark) for name, place in places.items())
    path = cache / f"bundle-{_digest(looks)[:32]}.zip"
    if not path.is_file():
        write_atomic(path, _pack({name: place.path for name, place in places.items()}), mode=0o600)
    return path


class _Place(NamedTuple):
    """A file that travels; `mark` tells whether it is still the one that was read: inode, size, time."""

    path: str
    mark: tuple[int, int, int]


@lru_cache(maxsize=8)
def _digest(looks: tuple[tuple[str, str, tuple[int, int, int]], ...]) -> str:
    """Return the digest of names and contents; reading 400 files takes 20 ms, looking at them 3."""
    hasher = hashlib.sha256()
    for name, path, _ in looks:
        data = Path(path).read_bytes()
        hasher.update(f"{len(name)} {name} {len(data)} ".encode())
        hasher.update(data)
    return hasher.hexdigest()


def _collect(packages: Iterable[str]) -> dict[str, _Place]:
    """Return the place of every file by its name in the zip, sorted."""
    found, total = {}, 0
    for package in packages:
        for name, path in _files(package):
            status = os.stat(path)  # noqa: PTH116  # of 400 files before every job: Path takes five times as long
            total += status.st_size
            if total > LIMIT:
                raise _refuse(package, f"the code is larger than {LIMIT // 1024**2} MB")
            found[name] = _Place(path, (status.st_ino, status.st_size, status.st_mtime_ns))
    return dict(sorted(found.items()))


def _files(package: str) -> Iterator[tuple[str, str]]:
    """Yield the name inside the zip and the place of every file of a top-level package or module."""
    spec = _find(package)
    for folder in spec.submodule_search_locations or ():
        yield from _walk(folder, package)
    if spec.submodule_search_locations is None:
        path = Path(spec.origin or "")
        if path.suffix != ".py":
            raise _refuse(package, f"{path.name or package} is not a Python file")
        yield path.name, str(path)


def _find(package: str) -> ModuleSpec:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise _refuse(package, "Python does not find it")
    return spec


def _walk(folder: str, package: str) -> Iterator[tuple[str, str]]:
    for where, folders, names in os.walk(folder):
        inside = f"{package}{where.removeprefix(folder)}/"
        folders[:] = sorted(f for f in folders if f not in _LEFT_OUT and not f.startswith("."))
        for name in sorted(names):
            if name.endswith(tuple(EXTENSION_SUFFIXES)):
                raise _refuse(package, f"{name} is compiled: Python cannot load it from a bundle")
            if name.startswith(".") or name.endswith((".pyc", *_SECRET_SUFFIXES)):
                continue
            yield f"{inside}{name}", f"{where}/{name}"


def _pack(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, path in files.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, Path(path).read_bytes())
    return buffer.getvalue()


def _refuse(package: str, why: str) -> PluginError:
    return PluginError(
        f"The package {package} cannot travel with a job",
        where=package,
        why=why,
        fix="Install it again, or choose a plugin of another package",
        code="bundle",
    )
