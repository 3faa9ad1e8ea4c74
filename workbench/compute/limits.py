"""What a job may use, and what it used. Standard library only: the shim on a target carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """What a job may use: `time` in seconds, `memory` in bytes, `cpus` in cores; None is no limit."""

    time: float | None = None
    memory: int | None = None
    cpus: float | None = None


NO_LIMITS: Final = Limits()


@dataclass(frozen=True)
class Usage:
    """What the processes of a job use: `cpu` in seconds so far, `memory` and `peak` in bytes."""

    cpu: float = 0.0
    memory: int = 0
    peak: int = 0
