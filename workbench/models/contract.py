"""What a model format and a gate are. Contract tests: `workbench.testing.formats` and `.gates`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from workbench.options import Option, Value
from workbench.records.models import GateOutcome
from workbench.training.signature import Field, Signature

__all__ = ["Candidate", "Field", "Format", "Gate", "GateOutcome", "Signature"]


class Format(Protocol):
    """Writes and reads fitted models of one file format.

    Guarantees: `inspect` reads the types in the file without constructing any of them; `load`
    constructs only types of our own list, never one that the file names for itself, and raises
    Refused with the types it does not know; `content` is equal for two dumps of one fitted model.
    """

    name: str
    suffix: str
    safe: bool

    def dump(self, model: Any, path: Path) -> None:
        """Write `model` to `path`."""
        ...

    def inspect(self, path: Path) -> tuple[str, ...]:
        """Return the types in the file that are not on our list; empty means it can be loaded."""
        ...

    def load(self, path: Path) -> Any:
        """Return the model. Raises Refused (types) or BadInput (damaged file)."""
        ...

    def content(self, path: Path) -> str:
        """Return the content digest: `m1:` and SHA-256 of the file repacked canonically."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a gate may look at: the candidate's and the live version's figures, as plain numbers.

    `metrics` and `live_metrics` map metric name to its value on the test rows; `live_metrics` is
    None when nothing is live in the environment.
    """

    reference: str
    environment: str
    metric: str
    direction: str
    threshold: float | None
    metrics: Mapping[str, float]
    live_reference: str | None = None
    live_metrics: Mapping[str, float] | None = None


class Gate(Protocol):
    """One condition on a promotion. Guarantee: `judge` is pure; its answer has the numbers behind it."""

    name: str
    title: str
    options: tuple[Option, ...]

    def judge(self, candidate: Candidate, options: Mapping[str, Value]) -> GateOutcome:
        """Return pass, warn or fail."""
        ...
