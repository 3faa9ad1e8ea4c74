"""The machine and the installed packages that a run starts with."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

_INSTALLED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._]*)-(?P<version>[^-]+)\.dist-info")
MOST_GPUS = 16


def installed() -> str:
    """Return every installed distribution as `name==version`, a line each, sorted: the runtime lock.

    Read from the names of the `.dist-info` folders on the path, the first of a name as Python takes
    it: their metadata would cost a second. What is written for Python itself stands above.
    """
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sys.path):
        try:
            names = sorted(path.name for path in Path(folder or ".").iterdir())
        except OSError:
            continue
        for entry in names:
            match = _INSTALLED.fullmatch(entry)
            if match:
                found.setdefault(match["name"].lower().replace("_", "-"), match["version"])
    lines = [f"{name}=={version}" for name, version in sorted(found.items())]
    head = (
        f"# Python {platform.python_version()}, {platform.python_implementation()}, {sys.platform}"
    )
    return "\n".join([head, *lines, ""])


def processor() -> str:
    """Return what the processor calls itself, empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip()[:100] if found else platform.processor()


def memory() -> int:
    """Return the machine's memory in bytes."""
    import psutil  # 20 ms

    return int(psutil.virtual_memory().total)


def gpus() -> tuple[str, ...]:
    """Return the GPUs by name and memory, as nvidia-smi lists them; none where it is not there."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        done = subprocess.run(
            [program, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if done.returncode:
        return ()
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return tuple(line.strip()[:100] for line in lines if line.strip())[:MOST_GPUS]
