"""What the agent tells of the machine that it is on."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from workbench.compute.holding import way
from workbench.compute.identity import boot_id

_ASK_LIMIT = 5.0


def facts(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Return facts in words for a person (`shown`), what stands in the way (`troubles`), and `platform`.

    `index` in the arguments is a package index whose reachability is told; empty: not asked.
    """
    del payload
    shown = {
        "host": socket.gethostname(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_version()} ({sys.executable})",
        "cores": str(len(os.sched_getaffinity(0)) if _linux() else os.cpu_count() or 1),
    }
    memory = _memory()
    if memory:
        shown["memory"] = memory
    if _linux():
        shown["limits"] = way()
    gpus = _lines(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    if gpus:
        shown["gpu"] = "; ".join(gpus[:8])
    troubles = _folder_troubles(base, shown)
    if not _linux():
        troubles.append(("It is no Linux machine", "Jobs are followed by /proc: use a Linux host"))
    if args.get("index"):
        shown["index"] = _index(args["index"])
    return {"shown": shown, "troubles": troubles, "platform": machine()}


def machine() -> dict[str, str]:
    """Return what tells which wheels run here, and which boot this is."""
    libc, version = platform.libc_ver()
    return {
        "system": platform.system().lower(),
        "machine": platform.machine(),
        "libc": libc or "musl",
        "libc_version": version,
        "boot": boot_id() if _linux() else "",
    }


def _linux() -> bool:
    return sys.platform == "linux"


def _folder_troubles(base: Path, shown: dict[str, str]) -> list[tuple[str, str]]:
    shown["folder"] = str(base)
    try:
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = base / f".probe-{os.getpid()}"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
        usage = shutil.disk_usage(base)
    except OSError as error:
        why = f"{error.filename or base} cannot be written: {error.strerror}"
        return [(why, "Free space there, or correct the folder's mode")]
    shown["disk"] = f"{_bytes(usage.free)} free of {_bytes(usage.total)}"
    return []


def _memory() -> str:
    try:
        rows = dict(
            line.split(":", 1)
            for line in Path("/proc/meminfo").read_text().splitlines()
            if ":" in line
        )
        free, total = (int(rows[name].split()[0]) * 1024 for name in ("MemAvailable", "MemTotal"))
    except (OSError, KeyError, ValueError):
        return ""
    return f"{_bytes(free)} free of {_bytes(total)}"


def _bytes(number: int) -> str:
    return f"{number / 1024**3:.1f} GB"


def _lines(command: list[str]) -> list[str]:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_LIMIT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode(errors="replace").strip().splitlines()


def _index(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=_ASK_LIMIT):  # noqa: S310  # https, from settings
            return "reachable"
    except urllib.error.HTTPError:
        return "reachable"  # it answers
    except (OSError, ValueError):
        return "not reachable"
