"""What a model format and a gate are. Contract tests: `workbench.testing.formats` and `.gates`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from workbench.options import Option, Value
from workbench.records.models import GateOutcome
from workbench.training.signature import Field, Signature

__all__ = [
    "Candidate",
    "Field",
    "Format",
    "FoundType",
    "Gate",
    "GateOutcome",
    "Hints",
    "Scan",
    "Signature",
]

Verdict = Literal["trusted", "unknown", "dangerous"]
"""On our list; not on it; known to run commands, open files or import what it likes."""


class FoundType(msgspec.Struct, frozen=True, kw_only=True):
    """A type or a function that a model file names, and what we think of it."""

    name: str
    verdict: Verdict


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a file shows without anything of it being loaded: the types it names, the dangerous first.

    `facts` are what its format tells besides (label → words); `warnings` are sentences.
    """

    types: tuple[FoundType, ...]
    warnings: tuple[str, ...] = ()
    facts: dict[str, str] = {}

    def named(self, verdict: Verdict) -> tuple[str, ...]:
        """The types of one verdict."""
        return tuple(found.name for found in self.types if found.verdict == verdict)


class Hints(msgspec.Struct, frozen=True, kw_only=True):
    """What a file tells of its signature without being loaded; empty where it says nothing."""

    inputs: tuple[Field, ...] = ()
    task: str = ""


class Format(Protocol):
    """Writes and reads fitted models of one file format.

    Guarantees: `scan` and `inspect` read the types in the file without constructing any of them, within
    bounds of size and time, and raise BadInput for a file that is not of this format; `load`
    constructs only types of our own list, never one that the file names for itself, and raises
    Refused with the types it does not know; `content` is equal for two dumps of one fitted model.
    """

    name: str
    suffix: str
    safe: bool
    suffixes: tuple[str, ...]
    """Endings of the names of such files, `suffix` among them."""
    unserved: str
    """Why a server cannot load it, in words; empty for a format that is served."""

    def dump(self, model: Any, path: Path) -> None:
        """Write `model` to `path`."""
        ...

    def scan(self, path: Path) -> Scan:
        """Return every type that the file names, each with our verdict."""
        ...

    def hints(self, path: Path) -> Hints:
        """Return what the file tells of its inputs, as far as that is seen without loading it."""
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
    None when nothing is live in the environment. `guardrails` map each guardrail metric of the problem
    to what it must reach. An imported model has no figures, and `measured` says so.
    """

    reference: str
    environment: str
    metric: str
    direction: str
    threshold: float | None
    metrics: Mapping[str, float]
    live_reference: str | None = None
    live_metrics: Mapping[str, float] | None = None
    guardrails: Mapping[str, float] = field(default_factory=dict)
    measured: bool = True


class Gate(Protocol):
    """One condition on a promotion. Guarantee: `judge` is pure; its answer has the numbers behind it."""

    name: str
    title: str
    options: tuple[Option, ...]

    def judge(self, candidate: Candidate, options: Mapping[str, Value]) -> GateOutcome:
        """Return pass, warn or fail."""
        ...
