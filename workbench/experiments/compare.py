"""Runs side by side, any number of them: what differs, which figure is best, means over equal runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import BadInput, NotFound
from workbench.experiments.listing import read_runs
from workbench.experiments.lookup import get_run
from workbench.experiments.rows import RunRow
from workbench.links import parse_numbered
from workbench.numbers import Figure, from_figure, to_figure
from workbench.options import Value
from workbench.statistics.student import mean_interval
from workbench.training.metrics import HIGH, LOW, direction_of

if TYPE_CHECKING:
    from workbench.project.project import Project

Intervals = Mapping[int, Mapping[str, Figure]]
SETTINGS = ("experiment", "trainer", "dataset", "seed", "target")
"""What differs between runs beside their parameters."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A setting or parameter that is not equal in all columns; a run without it has None."""

    name: str
    values: tuple[Value, ...]


class MetricLine(msgspec.Struct, frozen=True, kw_only=True):
    """A metric in every column: None where it was not recorded.

    A column of several runs has their mean in `values`, the ends of its 95 % interval (Student's t)
    in `low` and `high`, and in `counts` of how many figures. A column of one run has there the ends
    that were drawn on its test rows; what has none has None. `best` are the positions of the best
    figure, empty where the direction is not known or all are equal. `change` is each figure minus
    the baseline's.
    """

    name: str
    direction: str | None
    values: tuple[Figure | None, ...]
    change: tuple[Figure | None, ...]
    best: tuple[int, ...]
    low: tuple[Figure | None, ...] = ()
    high: tuple[Figure | None, ...] = ()
    counts: tuple[int, ...] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Columns side by side, the first one the baseline.

    `runs` names each column by its first run, `members` has all the runs in it: several where runs
    are grouped by what they have in common but for `group` (`seed`, or a parameter).
    """

    runs: tuple[str, ...]
    experiments: tuple[str, ...]
    settings: tuple[Difference, ...]
    params: tuple[Difference, ...]
    metrics: tuple[MetricLine, ...]
    members: tuple[tuple[str, ...], ...] = ()
    group: str = ""


def compare(
    project: Project, refs: Sequence[str], *, baseline: str = "", group: str = ""
) -> Comparison:
    """Compare the runs with the first, or with `baseline`, which need not be among them.

    Raises BadInput for fewer than two different runs and for a group that no run has, NotFound,
    Conflict.
    """
    runs = read_each(project, refs)
    if baseline:
        (base,) = read_each(project, [baseline])
        runs = [base, *(run for run in runs if run.id != base.id)]
        wanted = len({*refs, baseline})
        twice = len({run.id for run in runs}) < len(runs)
    else:
        wanted = len(refs)
        twice = len({run.id for run in runs}) < len(runs)
    if len(runs) < 2 or twice or wanted < 2:
        raise BadInput(
            "A comparison needs different runs",
            where=", ".join(refs)[:80],
            why="fewer than two were given, or one of them twice",
            fix="Name two or more runs, each once",
            code="run.compare",
        )
    return compare_runs(runs, group=group, intervals=_intervals(project, runs))


def _intervals(project: Project, runs: Sequence[RunRow]) -> Intervals:
    """Return the bounds (`low.`, `high.`) that the runs recorded of their test figures."""
    rows = project.store.query(
        "SELECT run_number, name, last FROM run_metrics WHERE run_number IN (SELECT unnest(?))"
        " AND (starts_with(name, ?) OR starts_with(name, ?))",
        [[run.number for run in runs], LOW, HIGH],
    )
    found: dict[int, dict[str, Figure]] = {}
    for row in rows:
        if row["last"] is not None:
            found.setdefault(row["run_number"], {})[row["name"]] = to_figure(row["last"])
    return found


def read_each(project: Project, refs: Sequence[str]) -> list[RunRow]:
    """Return the runs that are named, in this order, asked for at once; raises NotFound, Conflict."""
    numbers = [parse_numbered(ref, "r") or get_run(project, ref).number for ref in refs]
    found = {run.number: run for run in read_runs(project, list(dict.fromkeys(numbers)))}
    for ref, number in zip(refs, numbers, strict=True):
        if number not in found:
            raise NotFound(
                f"There is no run {ref[:80]}",
                where=ref[:80],
                why="no run has that number or ULID",
                fix="See: workbench run list",
                code="run.none",
            )
    return [found[number] for number in numbers]


def compare_runs(
    runs: Sequence[RunRow], *, group: str = "", intervals: Intervals | None = None
) -> Comparison:
    """Compare runs that have been read; pure. Raises BadInput for a group that no run has.

    `intervals` are the bounds that runs recorded: number → `low.NAME` and `high.NAME` → figure.
    """
    bounds = intervals or {}
    columns = _grouped(runs, group) if group else [[run] for run in runs]
    firsts = [column[0] for column in columns]
    settings = [
        (name, [getattr(run, name) for run in firsts]) for name in SETTINGS if name != group
    ]
    names = dict.fromkeys(name for run in firsts for name in run.params if name != group)
    params = [(name, [run.params.get(name) for run in firsts]) for name in names]
    metrics = dict.fromkeys(name for run in runs for name in run.metrics)
    return Comparison(
        runs=tuple(run.reference for run in firsts),
        experiments=tuple(dict.fromkeys(run.experiment for run in runs)),
        settings=_differing(settings),
        params=_differing(params),
        metrics=tuple(_line(name, columns, bounds) for name in metrics),
        members=tuple(tuple(run.reference for run in column) for column in columns),
        group=group,
    )


def _grouped(runs: Sequence[RunRow], group: str) -> list[list[RunRow]]:
    """Put runs together that are equal but for `group`, in the order of their first ones."""
    if group not in SETTINGS and not any(group in run.params for run in runs):
        raise BadInput(
            f"Runs cannot be grouped over {group[:60]}",
            where="group",
            why="known: "
            + ", ".join([*SETTINGS, *sorted({name for run in runs for name in run.params})]),
            fix="Choose one of these; as a rule: seed",
            code="run.group",
        )
    found: dict[object, list[RunRow]] = {}
    for run in runs:
        settings = tuple(getattr(run, name) for name in SETTINGS if name != group)
        params = tuple(
            sorted((n, type(v).__name__, str(v)) for n, v in run.params.items() if n != group)
        )
        found.setdefault((settings, params), []).append(run)
    return list(found.values())


def _differing(lines: Sequence[tuple[str, list[Value]]]) -> tuple[Difference, ...]:
    # True and 1 are equal to Python, not to people.
    return tuple(
        Difference(name=name, values=tuple(values))
        for name, values in lines
        if len({(type(value), value) for value in values}) > 1
    )


def _line(name: str, columns: Sequence[Sequence[RunRow]], bounds: Intervals) -> MetricLine:
    cells = [
        _own_cell(column[0], name, bounds)
        if len(column) == 1
        else _cell([run.metrics for run in column], name)
        for column in columns
    ]
    numbers = [math.nan if value is None else from_figure(value) for value, *_ in cells]
    direction = direction_of(name)
    known = [number for number in numbers if not math.isnan(number)]
    best: tuple[int, ...] = ()
    if direction and len(set(known)) > 1:
        top = max(known) if direction == "maximize" else min(known)
        best = tuple(place for place, number in enumerate(numbers) if number == top)
    base = cells[0][0]
    change = [
        None if value is None or base is None else to_figure(number - numbers[0])
        for (value, *_), number in zip(cells, numbers, strict=True)
    ]
    values, low, high, counts = zip(*cells, strict=True)
    return MetricLine(
        name=name, direction=direction, values=values, change=tuple(change), best=best,
        low=low, high=high, counts=counts,
    )  # fmt: skip


def _own_cell(
    run: RunRow, name: str, bounds: Intervals
) -> tuple[Figure | None, Figure | None, Figure | None, int]:
    """Return one run's figure, with the interval that it recorded."""
    if name not in run.metrics:
        return None, None, None, 0
    own = bounds.get(run.number, {})
    low, high = own.get(LOW + name), own.get(HIGH + name)
    return run.metrics[name], low, high, 1


def _cell(
    metrics: Sequence[Mapping[str, Figure]], name: str
) -> tuple[Figure | None, Figure | None, Figure | None, int]:
    """Return figure, ends of its interval, and of how many figures it is the mean."""
    found = [one[name] for one in metrics if name in one]
    if not found:
        return None, None, None, 0
    numbers = [from_figure(value) for value in found]
    if len(numbers) == 1 or not all(map(math.isfinite, numbers)):
        # Of figures of which one is none there is no mean.
        return (found[0] if len(found) == 1 else to_figure(math.nan)), None, None, len(found)
    mean, low, high = mean_interval(numbers)
    return to_figure(mean), to_figure(low), to_figure(high), len(numbers)
