"""The uv that a target is lent: this one, or its own platform's from uv's wheel."""

from __future__ import annotations

import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

from workbench.files import write_atomic
from workbench.runtimes.lock import default_python
from workbench.runtimes.lockfile import read_lock, write_lock
from workbench.runtimes.platforms import Platform, platform_here
from workbench.runtimes.runtime import Runtime
from workbench.runtimes.tool import UvFailed, run_uv, uv_here
from workbench.runtimes.wheels import not_found, wheels
from workbench.store.modes import make_folder


def uv_for(where: Platform, cache: Path, *, index: str = "") -> Path:
    """Return a uv that runs on `where`, of the version here; fetched once where it is not this one.

    Raises Unavailable (`runtime.index`) when it must be fetched and no index can be reached,
    TargetError (`runtime.wheel`) for a platform that uv is not made for.
    """
    here = platform_here()
    if here is not None and (here.machine, here.libc) == (where.machine, where.libc):
        return uv_here()
    number = version("uv")
    place = make_folder(cache / "uv") / f"uv-{number}-{where.machine}-{where.libc}"
    if not place.is_file():
        runtime = Runtime(default_python(), _lock(number, index))
        [wheel] = wheels(runtime, where, cache, index=index).iterdir()
        with zipfile.ZipFile(wheel) as archive:
            program = archive.read(f"uv-{number}.data/scripts/uv")
        write_atomic(place, program, mode=0o700)
    return place


def _lock(number: str, index: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="workbench-uv-") as folder:
        wanted = Path(folder, "uv.in")
        wanted.write_text(f"uv=={number}\n")
        shape = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--no-deps")
        try:
            text = run_uv(("pip", "compile", wanted, *shape), index=index)
        except UvFailed as error:
            raise not_found(error) from error
    return write_lock(read_lock(text.encode()))
