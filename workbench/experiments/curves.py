"""Curves: what runs said of a metric while they worked, step by step, laid over each other.

The points are the events of the runs' jobs (`events.jsonl`); nothing of them is in the journal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.compute.events import EventReader, Metric
from workbench.compute.folder import EVENTS
from workbench.errors import NotFound
from workbench.experiments.compare import read_each
from workbench.explore.charts import find_chart
from workbench.explore.contract import SERIES, Figures
from workbench.numbers import from_figure
from workbench.training.metrics import CV

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST = len(SERIES)
"""Runs whose curves a drawing tells apart."""
KIND = "line"
"""The chart that draws them."""
_BINS = 500
Points = dict[str, list[tuple[int, float]]]
"""Metric → (step, figure), in the order in which they were said."""


def points(path: Path) -> Points:
    """Read the metrics of one file of events; a figure without a step, or that is none, is left out."""
    found: Points = {}
    for event in EventReader(path).read():
        if isinstance(event, Metric) and event.step > 0:
            value = from_figure(event.value)
            if math.isfinite(value):
                found.setdefault(event.name, []).append((event.step, value))
    return found


def curves(project: Project, refs: Sequence[str], metric: str = "") -> Figures:
    """Return the curves of a metric over these runs, the first six of them that have it.

    Without a metric: the one that most runs have points of; a name without its prefix (`f1`) also
    finds the figures over the folds (`cv.f1`). Raises NotFound when no run has points of it.
    """
    # polars: 0.2 s, for whoever looks at curves.
    import polars as pl

    runs = read_each(project, refs)
    read = {run.reference: points(project.paths.job(run.job) / EVENTS) for run in runs}
    name = _named(read, metric)
    having = [reference for reference in read if name in read[reference]]
    shown = having[:MOST]
    rows = [(step, value, ref) for ref in shown for step, value in read[ref][name]]
    table = pl.DataFrame(
        rows, schema={"step": pl.Int64, name: pl.Float64, "run": pl.String}, orient="row"
    )
    bins = min(max(table["step"].n_unique(), 2), _BINS)
    chart = find_chart(KIND)
    found = chart.compute(table.lazy(), ("step", name), {"bins": bins}, group="run")
    left = len(having) - len(shown)
    note = f"{left} more have it" if left else ""
    without = len(runs) - len(having)
    notes = [note, f"{without} without" if without else ""]
    return Figures(
        title=f"{name} of {len(shown)} run{'s' * (len(shown) != 1)}",
        data=found.data,
        notes=tuple(one for one in notes if one),
    )


def _named(read: dict[str, Points], metric: str) -> str:
    """Return the metric that is meant: given, or the one that most runs have."""
    counts: dict[str, int] = {}
    for found in read.values():
        for name in found:
            counts[name] = counts.get(name, 0) + 1
    for name in (metric, CV + metric) if metric else ():
        if name in counts:
            return name
    if not counts or metric:
        raise NotFound(
            f"No run has points of {metric[:60]}" if metric else "These runs have no points",
            where=", ".join(read)[:80],
            why="known: " + ", ".join(sorted(counts))
            if counts
            else "their jobs said no figure step by step",
            fix="Choose one of these" if counts else "Look again while one runs",
            code="run.curves",
        )
    return max(counts, key=lambda name: (counts[name], name.startswith(CV)))
