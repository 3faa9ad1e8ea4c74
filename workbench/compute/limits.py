"""What a job may use, and what it used. Standard library only: the shim on a target carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Limits:
    """What a job may use: `time` in seconds, `memory` in bytes, `cpus` in cores; None is no limit."""

    time: float | None = None
    memory: int | None = None
    cpus: float | None = None


NO_LIMITS: Final = Limits()


def limits_of(found: Mapping[str, Any]) -> Limits:
    """Return the limits that a job's spec names; none where it cannot be read."""
    try:
        return Limits(**found)
    except TypeError:
        return NO_LIMITS


@dataclass(frozen=True)
class Usage:
    """What the processes of a job use: `cpu` in seconds so far, `memory` and `peak` in bytes."""

    cpu: float = 0.0
    memory: int = 0
    peak: int = 0


def usage_of(found: object) -> Usage | None:
    """Return what a job's `usage` file says, None for what cannot be one: it may come from elsewhere."""
    if not isinstance(found, dict):
        return None
    numbers = [found.get(name, -1) for name in ("cpu", "memory", "peak")]
    if not all(isinstance(number, (int, float)) and 0 <= number < 2**63 for number in numbers):
        return None
    return Usage(float(numbers[0]), int(numbers[1]), int(numbers[2]))
