"""How far the runs are that have not ended: their events, read as they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.compute.events import Event, EventReader, Message, Metric, Phase
from workbench.numbers import Figure
from workbench.training.metrics import CV

MOST = 40
"""Runs that are followed at a time; more do not run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `folds` has the figures of each fold by metric, in the folds' order."""

    phase: str = ""
    done: int = 0
    total: int = 0
    folds: dict[str, tuple[Figure, ...]] = field(default_factory=dict)
    note: str = ""

    @property
    def share(self) -> float | None:
        """How much of the phase is done; None where it cannot be counted."""
        return self.done / self.total if self.total else None

    @property
    def short(self) -> str:
        """A word for a cell: `60%`, else the phase."""
        return f"{self.share:.0%}" if self.share is not None else self.phase

    def after(self, events: Iterable[Event]) -> Progress:
        """Return how far it is after these events."""
        now = self
        for event in events:
            if isinstance(event, Phase):
                now = replace(now, phase=event.name, done=event.done, total=event.total)
            elif isinstance(event, Metric) and event.name.startswith(CV) and event.step:
                name = event.name.removeprefix(CV)
                seen = {**now.folds, name: (*now.folds.get(name, ()), event.value)}
                now = replace(now, folds=seen)
            elif isinstance(event, Message):
                now = replace(now, note=event.text)
        return now


class Live:
    """The runs that are followed. `follow` and `read` are called by one thread at a time."""

    def __init__(self) -> None:
        self._readers: dict[str, EventReader] = {}
        self.progress: dict[str, Progress] = {}
        """Run's reference → how far it is."""

    def follow(self, paths: dict[str, Path]) -> None:
        """Follow these runs (reference → their events) and no others."""
        for gone in self._readers.keys() - paths.keys():
            del self._readers[gone]
        for reference, path in list(paths.items())[:MOST]:
            if reference not in self._readers:
                self._readers[reference] = EventReader(path)
        known = self.progress
        self.progress = {name: known.get(name, Progress()) for name in self._readers}

    def read(self) -> dict[str, Progress]:
        """Read what is new and return how far each is."""
        for reference, reader in self._readers.items():
            if events := reader.read():
                self.progress = {
                    **self.progress,
                    reference: self.progress[reference].after(events),
                }
        return self.progress
