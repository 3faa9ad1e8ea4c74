"""This machine: Python and its packages, the programs that are called, space."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from workbench.doctor.findings import Finding, machine

OLDEST = (3, 11)
LITTLE, TOO_LITTLE = 2 * 2**30, 200 * 2**20
"""Bytes of free space under which it is said, and under which work fails."""
_LIMIT = 10.0


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Look whether this Python is one that Workbench is written for."""
    shown = ".".join(str(part) for part in version)
    if version[:2] < OLDEST:
        return machine(
            "python",
            "fail",
            f"Python {shown} is too old",
            f"Workbench needs {OLDEST[0]}.{OLDEST[1]} or newer",
            "Make a virtual environment with a newer Python and install ml-workbench there",
        )
    return machine("python", "pass", f"Python {shown}")


def check_packages(
    wanted: Sequence[str] | None = None, version_of: Callable[[str], str] = metadata.version
) -> Finding:
    """Look whether every package that ours names is installed (none is imported)."""
    if wanted is None:
        try:
            wanted = metadata.requires("ml-workbench") or []
        except metadata.PackageNotFoundError:
            return machine(
                "packages",
                "warn",
                "Workbench runs from its source folder",
                "it is not installed, so its plugins are not found",
                "Install it: pip install -e .",
            )
    missing = []
    for line in wanted:
        name = re.split(r"[ ;<>=!~\[(]", line, maxsplit=1)[0]
        try:
            version_of(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return machine(
            "packages",
            "fail",
            f"Packages are missing: {', '.join(missing)}",
            "ml-workbench needs them",
            f"Install them: {sys.executable} -m pip install ml-workbench",
        )
    return machine("packages", "pass", f"{len(wanted)} packages that Workbench needs")


def check_git(which: Callable[[str], str | None] = shutil.which) -> Finding:
    """Look whether git can be called."""
    if which("git") is None:
        return machine(
            "git",
            "warn",
            "git is not installed",
            "runs cannot note the commit that they were made from",
            "Install it, on Debian with apt install git",
        )
    return machine("git", "pass", _version(["git", "--version"]) or "git")


def check_ssh(which: Callable[[str], str | None] = shutil.which) -> Finding:
    """Look whether ssh can be called."""
    if which("ssh") is None:
        return machine(
            "ssh",
            "warn",
            "ssh is not installed",
            "work cannot be sent to other machines",
            "Install it, on Debian with apt install openssh-client",
        )
    return machine("ssh", "pass", _version(["ssh", "-V"]).partition(",")[0] or "ssh")


def check_docker(environ: Mapping[str, str] = os.environ) -> Finding:
    """Look whether a Docker daemon listens where its clients look for it."""
    place = environ.get("DOCKER_HOST", "") or "unix:///var/run/docker.sock"
    fix = "Install Docker or start it; without it everything but containers works"
    if not place.startswith("unix://"):
        return machine("docker", "pass", f"Docker is elsewhere: {place}")
    path = place.removeprefix("unix://")
    if not Path(path).exists():
        return machine("docker", "warn", "Docker is not there", f"there is no {path}", fix)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(path)
    except PermissionError:
        return machine(
            "docker",
            "warn",
            "Docker does not let you in",
            f"{path} belongs to others",
            "Have yourself added to the group docker, then log in again",
        )
    except OSError as error:
        why = f"nobody answers on {path} ({error.strerror or error})"
        return machine("docker", "warn", "Docker does not run", why, fix)
    return machine("docker", "pass", f"Docker listens on {path}")


def check_space(
    folders: Mapping[str, Path], free: Callable[[Path], int] | None = None
) -> list[Finding]:
    """Look how much room is left where we write; `folders` are name → folder."""
    free = free or (lambda path: shutil.disk_usage(path).free)
    found = []
    for name, folder in folders.items():
        there = next((each for each in (folder, *folder.parents) if each.is_dir()), Path("/"))
        try:
            room = free(there)
        except OSError as error:
            found.append(
                machine("space", "warn", f"The room for {name} is unknown", str(error), "")
            )
            continue
        said = f"{room / 2**30:.1f} GiB free for {name}"
        if room >= LITTLE:
            found.append(machine("space", "pass", said))
            continue
        state, why = (
            ("fail", "training and import will fail")
            if room < TOO_LITTLE
            else ("warn", "large tables may not fit")
        )
        found.append(
            machine("space", state, said, f"{why}: {there}", "Free some space there")  # type: ignore[arg-type]  # a literal
        )
    return found


def _version(command: list[str]) -> str:
    """Return the first line that a program says of itself, empty where it does not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0]
