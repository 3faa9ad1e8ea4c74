"""Two or more runs side by side: what differs, and which figure is the best. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import BadInput
from workbench.experiments.lookup import Run, get_run
from workbench.numbers import Figure, from_figure, to_figure
from workbench.options import Value
from workbench.training.metrics import direction_of

if TYPE_CHECKING:
    from workbench.project.project import Project

SETTINGS = ("experiment", "trainer", "dataset", "seed", "target")
"""What differs between runs beside their parameters."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A setting or parameter that is not equal in all runs; a run without it has None."""

    name: str
    values: tuple[Value, ...]


class MetricLine(msgspec.Struct, frozen=True, kw_only=True):
    """A metric in every run: None where it was not recorded.

    `best` are the positions of the best figure, empty where the direction is not known or all are
    equal. `change` is each figure minus the first run's.
    """

    name: str
    direction: str | None
    values: tuple[Figure | None, ...]
    change: tuple[Figure | None, ...]
    best: tuple[int, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Runs side by side, the first one the baseline."""

    runs: tuple[str, ...]
    experiments: tuple[str, ...]
    settings: tuple[Difference, ...]
    params: tuple[Difference, ...]
    metrics: tuple[MetricLine, ...]


def compare(project: Project, refs: Sequence[str]) -> Comparison:
    """Compare the runs; raises BadInput for fewer than two different ones, NotFound, Conflict."""
    runs = [get_run(project, ref) for ref in refs]
    if len({run.id for run in runs}) < 2 or len({run.id for run in runs}) < len(runs):
        raise BadInput(
            "A comparison needs different runs",
            where=", ".join(refs)[:80],
            why="fewer than two were given, or one of them twice",
            fix="Name two or more runs, each once",
            code="run.compare",
        )
    return compare_runs(runs)


def compare_runs(runs: Sequence[Run]) -> Comparison:
    """Compare runs that have been read."""
    settings = [(name, [getattr(run, name) for run in runs]) for name in SETTINGS]
    names = list(dict.fromkeys(name for run in runs for name in run.params))
    params = [(name, [run.params.get(name) for run in runs]) for name in names]
    metrics = list(dict.fromkeys(name for run in runs for name in run.metrics))
    return Comparison(
        runs=tuple(run.reference for run in runs),
        experiments=tuple(dict.fromkeys(run.experiment for run in runs)),
        settings=_differing(settings),
        params=_differing(params),
        metrics=tuple(_line(name, [run.metrics.get(name) for run in runs]) for name in metrics),
    )


def _differing(lines: Sequence[tuple[str, list[Value]]]) -> tuple[Difference, ...]:
    # True and 1 are equal to Python, not to people.
    return tuple(
        Difference(name=name, values=tuple(values))
        for name, values in lines
        if len({(type(value), value) for value in values}) > 1
    )


def _line(name: str, values: list[Figure | None]) -> MetricLine:
    numbers = [math.nan if value is None else from_figure(value) for value in values]
    direction = direction_of(name)
    known = [number for number in numbers if not math.isnan(number)]
    best: tuple[int, ...] = ()
    if direction and len(set(known)) > 1:
        top = max(known) if direction == "maximize" else min(known)
        best = tuple(place for place, number in enumerate(numbers) if number == top)
    change = [
        None if value is None or values[0] is None else to_figure(number - numbers[0])
        for value, number in zip(values, numbers, strict=True)
    ]
    return MetricLine(
        name=name, direction=direction, values=tuple(values), change=tuple(change), best=best
    )
