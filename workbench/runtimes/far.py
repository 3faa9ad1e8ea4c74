"""Building a runtime where work runs. An agent carries this module: standard library, Python 3.9.

`runtimes/DIGEST/MACHINE-LIBC/` is a virtual environment; beside it `lock` (held by whoever builds)
and `used` (its time is when it was last wanted). It is built as `.building` and renamed when it is
whole, so that one killed in the middle leaves nothing that is taken for a runtime. uv, its cache
and the Pythons that it fetches lie in our folder; nobody's own environment is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import TargetError
from workbench.runtimes.lent import DIGEST, FOLDER, Tool, find_python, not_built, object_path, touch

LOCK, USED, BUILDING = "lock", "used", ".building"
INDEX = "https://pypi.org/simple/"
"""The index that uv asks unless it is set up for another."""

_ASK_LIMIT = 5.0
_PATIENCE = 1800.0


def state(base: Path, args: dict[str, Any], payload: bytes) -> str:
    """Return the Python of the runtime `digest`, empty when it is not built here; note that it is wanted."""
    del payload
    home = _home(base, args["digest"])
    python = _python(home)
    if python:
        touch(home / USED)
    return python


def reach(base: Path, args: dict[str, Any], payload: bytes) -> bool:
    """Tell whether a package index answers: `index`, or the one that uv is set up for here."""
    del base, payload
    asked = (
        args.get("index") or os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    )
    try:
        with urllib.request.urlopen(asked or INDEX, timeout=_ASK_LIMIT):  # noqa: S310  # from settings
            return True
    except urllib.error.HTTPError:
        return True  # it answers; it need not have a page there
    except (OSError, ValueError):
        return False


def build(base: Path, args: dict[str, Any], payload: bytes) -> str:
    """Return the Python of the runtime `digest`, built if it is not here.

    `payload` is the lock, `python` the version (`3.11`), `uv` the digest of the object that is uv,
    `wheels` (file name → digest of an object) what to build from; without it the packages come
    from `index` (empty: as uv is set up here). Raises TargetError: `runtime.python`,
    `runtime.index`, `runtime.hash`, `runtime.build`.
    """
    home = _home(base, args["digest"])
    with _held(home / LOCK):
        if not _python(home):
            place = home / (_name() + BUILDING)
            shutil.rmtree(place, ignore_errors=True)
            try:
                _make(base, place, args, payload)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)  # a full disk is not left full
                raise
            whole = home / _name()
            shutil.rmtree(whole, ignore_errors=True)  # one whose Python is gone
            place.rename(whole)
    touch(home / USED)
    return _python(home)


def _make(base: Path, place: Path, args: Mapping[str, Any], lock: bytes) -> None:
    tool = Tool(base, args)
    place.mkdir(parents=True, mode=0o700)
    tool.run("venv", "--relocatable", "--allow-existing", "--python", find_python(tool), str(place))
    sent = place / "sent"
    sent.mkdir()
    (sent / "requirements.txt").write_bytes(lock)
    source = []
    if args.get("wheels") is not None:
        for name, digest in args["wheels"].items():
            # A name of ours, from a lock; a link, so that nothing lies there twice.
            (sent / Path(name).name).symlink_to(object_path(base, digest))
        source = ["--no-index", "--find-links", str(sent)]
    into = ["--python", str(place / "bin" / "python"), "--link-mode", "hardlink"]
    checks = ["--require-hashes", "--only-binary", ":all:"]
    tool.run("pip", "sync", *into, *checks, *source, str(sent / "requirements.txt"))
    shutil.rmtree(sent)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the lock of a runtime: of two builders one builds, the other then finds it built."""
    until = time.monotonic() + _PATIENCE
    while True:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                break  # else it was pruned while we opened it
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(descriptor)
                raise not_built(f"another has been building it for {_PATIENCE:g} s") from None
        os.close(descriptor)
        time.sleep(0.1)
    try:
        yield
    finally:
        os.close(descriptor)


def _home(base: Path, digest: str) -> Path:
    if DIGEST.fullmatch(digest) is None:
        raise TargetError("That is not the digest of a runtime", where=str(digest)[:80])
    return base / FOLDER / digest


def _name() -> str:
    """Return the kind of this machine: a home may be shared by unlike ones."""
    return f"{platform.machine()}-{platform.libc_ver()[0] or 'musl'}"


def _python(home: Path) -> str:
    """Return the interpreter of a built runtime; empty for none, and for one whose Python is gone."""
    python = home / _name() / "bin" / "python"
    return str(python) if python.exists() else ""
