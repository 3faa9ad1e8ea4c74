"""uv as it is lent to a target, and how it is run there. An agent carries this module: Python 3.9.

uv, its cache and the Pythons that it fetches lie in our folder, and it sees nothing of the
environment there but how an index is reached.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import TargetError

FOLDER = "runtimes"
TOOLS, CACHE, PYTHONS = "tools", "cache", "pythons"

DIGEST = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s`'\")]+")
_BUILD_LIMIT = 3600.0
_NO_NETWORK = ("Failed to fetch", "error sending request", "Could not connect", "dns error")
_KEPT = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *(
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
    ),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_NATIVE_TLS"),
    *("UV_INSECURE_HOST", "UV_PYTHON_INSTALL_MIRROR", "UV_HTTP_TIMEOUT", "UV_HTTP_RETRIES"),
)
"""What uv gets of the environment there: how to reach an index, nothing that names an environment."""


_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep the authorities that they trust; the first one that is there counts."""


class Tool:
    """uv, lent for this work, with its cache and its Pythons in our folder."""

    def __init__(self, base: Path, args: Mapping[str, Any]) -> None:
        self.version = str(args["python"])
        self.fetches = args.get("wheels") is None
        ours = base / FOLDER
        self.program = _install(ours / TOOLS, object_path(base, args["uv"]))
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        if "SSL_CERT_FILE" not in kept and "SSL_CERT_DIR" not in kept:
            kept.update(_certificates())
        # A login that runs a command only often has a short path.
        folders = [
            kept.get("PATH", ""),
            str(Path.home() / ".local" / "bin"),
            "/usr/local/bin:/usr/bin:/bin",
        ]
        self.environment = {
            **kept,
            "PATH": ":".join(folder for folder in folders if folder),
            "UV_CACHE_DIR": str(ours / CACHE),
            **({"UV_DEFAULT_INDEX": args["index"]} if args.get("index") else {}),
        }
        (ours / CACHE).mkdir(parents=True, exist_ok=True, mode=0o700)
        touch(ours / CACHE)
        self.pythons = ours / PYTHONS

    def ask(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run uv with `more` in its environment; return how it went. Raises TargetError if it cannot run."""
        command = [str(self.program), *arguments, "--no-progress", "--color", "never"]
        try:
            return subprocess.run(
                command,
                env={**self.environment, "UV_PYTHON_DOWNLOADS": "never", **more},
                cwd="/",  # no project's settings on the way up
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_BUILD_LIMIT,
                check=False,
            )
        except OSError as error:
            raise TargetError(
                "uv cannot be run there",
                where=str(self.program),
                why=error.strerror or str(error),
                fix="See that programs may run from that folder (mount option noexec)",
                code="runtime.build",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise not_built(f"it took longer than {_BUILD_LIMIT:g} s") from error

    def run(self, *arguments: str) -> None:
        """Run uv. Raises TargetError with what it said when it fails."""
        done = self.ask(*arguments)
        if done.returncode:
            raise _failure(done.stderr)


def _certificates() -> dict[str, str]:
    """Return whom the machine trusts, where it says so: a company's own authority is not in uv's list."""
    known = [path for path in _CERTIFICATES if Path(path).is_file()]
    return {"SSL_CERT_FILE": known[0]} if known else {}


def find_python(tool: Tool) -> str:
    """Return a Python of the runtime's version: one that is there, else one that uv fetches."""
    if f"{sys.version_info[0]}.{sys.version_info[1]}" == tool.version and sys.executable:
        return sys.executable
    ours = {"UV_PYTHON_INSTALL_DIR": str(tool.pythons)}
    for more in (ours, {}):
        found = tool.ask("python", "find", "--no-project", tool.version, **more)
        if found.returncode == 0 and found.stdout.strip():
            return found.stdout.strip().splitlines()[-1]
    why = "this target is built without an index, so none is fetched"
    if tool.fetches:
        got = tool.ask(
            "python", "install", "--no-bin", tool.version, **ours, UV_PYTHON_DOWNLOADS="manual"
        )
        found = tool.ask("python", "find", "--no-project", tool.version, **ours)
        if got.returncode == 0 and found.returncode == 0:
            return found.stdout.strip().splitlines()[-1]
        why = "one could not be fetched: " + _words(got.stderr)
    listed = tool.ask("python", "list", "--only-installed", "--output-format", "text")
    there = sorted({line.split()[0] for line in listed.stdout.splitlines() if line.split()})
    raise TargetError(
        f"There is no Python {tool.version} on the target",
        where="found: " + (", ".join(there) or "none"),
        why=why,
        fix=f"Install python{tool.version} there, or set python under [runtime] in workbench.toml",
        code="runtime.python",
    )


def _install(folder: Path, program: Path) -> Path:
    """Return uv as a program: objects may not be run."""
    place = folder / f"uv-{program.name[:20]}"
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f".uv-{os.getpid()}-{time.monotonic_ns()}"
        shutil.copyfile(program, draft)
        draft.chmod(0o700)
        draft.replace(place)
    touch(place)
    return place


def object_path(base: Path, digest: str) -> Path:
    """Return where the object with this digest lies. Raises TargetError when it is not there."""
    path = base / "objects" / digest
    if DIGEST.fullmatch(digest) is None or not path.is_file():
        raise TargetError(
            "A file of the runtime is not there",
            where=str(digest)[:80],
            why="it was not sent, or was removed meanwhile",
            fix="It is sent again by itself",
            code="runtime.object",
        )
    return path


def touch(path: Path) -> None:
    """Note that `path` was wanted now."""
    with contextlib.suppress(OSError):
        path.touch(mode=0o600)


def _failure(text: str) -> TargetError:
    why = _words(text)
    if "ash mismatch" in text:
        return TargetError(
            "A package is not the one that was locked",
            where="package index",
            why=why,
            fix="Do not use this index until you know why",
            code="runtime.hash",
        )
    if any(sign in text for sign in _NO_NETWORK):
        return TargetError(
            "The target lost its package index",
            where="package index",
            why=why,
            fix="Try again; what was fetched is kept",
            code="runtime.index",
        )
    return not_built(why)


def not_built(why: str) -> TargetError:
    """Return the refusal for a runtime that could not be built, and why."""
    return TargetError(
        "The runtime cannot be built on the target",
        where=FOLDER,
        why=why,
        fix="Correct the cause there and queue the work again",
        code="runtime.build",
    )


def _words(text: str) -> str:
    """Return the causes that uv tells as one line, without addresses: they may hold credentials."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line.partition(":")[2].strip() for line in lines if line.startswith("cause:")]
    return _URL.sub("the index", (causes or lines or ["uv said nothing"])[-1])[:500]
