"""On which kinds of machines wheels run: machine, C library and its version."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from workbench.errors import TargetError

if TYPE_CHECKING:
    from packaging.markers import Environment
    from packaging.tags import Tag

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_MUSL = (1, 2)  # what every distribution with musl has had since 2021; it does not tell its version
_LEGACY = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}  # PEP 600


@dataclass(frozen=True, slots=True)
class Platform:
    """A Linux machine as wheels see it: `machine` reads `x86_64`, `version` is the C library's."""

    machine: str
    libc: Literal["glibc", "musl"]
    version: tuple[int, int]

    @property
    def tag(self) -> str:
        """The platform as the name of a folder: `x86_64-glibc-2.36`."""
        return f"{self.machine}-{self.libc}-{self.version[0]}.{self.version[1]}"


def platform_of(facts: Mapping[str, str]) -> Platform:
    """Return the platform that an agent's facts tell (`system`, `machine`, `libc`, `libc_version`).

    Raises TargetError for a system that jobs are not sent to.
    """
    system = facts.get("system", "").lower()
    if system != "linux":
        raise TargetError(
            "Jobs are sent to Linux machines only",
            where=system or "unknown system",
            why="a job is followed by what Linux tells of processes",
            fix="Choose a Linux host",
            code="target.system",
        )
    machine = facts.get("machine", "").lower()
    libc = "glibc" if facts.get("libc") == "glibc" else "musl"
    numbers = facts.get("libc_version", "").split(".")
    known = len(numbers) >= 2 and numbers[0].isdecimal() and numbers[1].isdecimal()
    version = (int(numbers[0]), int(numbers[1])) if known else _MUSL if libc == "musl" else (2, 17)
    name = _MACHINES.get(machine, machine)
    return Platform(name, cast("Literal['glibc', 'musl']", libc), version)


def platform_here() -> Platform | None:
    """Return this machine's platform; None where it is no Linux machine."""
    if sys.platform != "linux":
        return None
    libc, version = platform.libc_ver()
    facts = {"system": "linux", "machine": platform.machine(), "libc": libc or "musl"}
    return platform_of({**facts, "libc_version": version})


def wheel_tags(where: Platform, python: str) -> list[Tag]:
    """Return the tags of wheels that CPython `python` (`3.11`) runs there, the best first."""
    from packaging.tags import compatible_tags, cpython_tags

    version = _numbers(python)
    interpreter = f"cp{version[0]}{version[1]}"
    platforms = list(_platform_tags(where))
    tags = list(cpython_tags(version, abis=[interpreter], platforms=platforms))
    return [*tags, *compatible_tags(version, interpreter, platforms)]


def marker_environment(where: Platform, python: str) -> Environment:
    """Return what the markers of requirements are evaluated with for CPython `python` there."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": where.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def _numbers(python: str) -> tuple[int, int]:
    major, _, minor = python.partition(".")
    return int(major), int(minor)


def _platform_tags(where: Platform) -> Iterator[str]:
    major, minor = where.version
    yield f"linux_{where.machine}"  # one that was built on such a machine, on an index of one's own
    if where.libc == "musl":
        for older in range(minor, -1, -1):
            yield f"musllinux_{major}_{older}_{where.machine}"
    else:
        for older in range(minor, 4, -1):
            yield f"manylinux_{major}_{older}_{where.machine}"
            if (major, older) in _LEGACY:
                yield f"{_LEGACY[major, older]}_{where.machine}"
