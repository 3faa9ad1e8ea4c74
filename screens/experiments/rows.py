"""The list of runs as rows of a table: which columns, which cells, by what to sort. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from screens.experiments.figures import figure, reached
from screens.experiments.filter import matcher
from screens.experiments.live import Progress
from screens.states import cell, look
from screens.text import Styled, ago, duration
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.experiments.experiments import ExperimentRow
from workbench.experiments.runs import RunRow
from workbench.numbers import from_figure
from workbench.states import JOB_ENDED

MOST_METRICS = 3
"""Columns of metrics: the problems' own first."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The runs that are listed, and what is known around them."""

    runs: Sequence[RunRow]
    problems: Mapping[str, ExperimentRow]
    models: Mapping[str, str] = field(default_factory=dict)
    """Run's ULID → the versions registered from it."""
    progress: Mapping[str, Progress] = field(default_factory=dict)
    scope: str = ""
    """The experiment whose runs alone are listed; empty: all."""

    @property
    def metrics(self) -> list[str]:
        """The metrics that have a column: of the problems listed, the commonest first."""
        owned = Counter(
            problem.metric
            for run in self.runs
            if (problem := self.problems.get(run.experiment)) is not None and problem.metric
        )
        if not owned and self.scope in self.problems:
            owned[self.problems[self.scope].metric] += 1
        return [name for name, _ in owned.most_common(MOST_METRICS)]


def columns(shelf: Shelf) -> list[Column]:
    """Return the columns: the run, its state, its figures, then where it came from."""
    found = [
        Column("run", "Run", cap=8),
        Column("state", "State", cap=17),
        Column("trainer", "Trainer", cap=12),
        *(
            # Two cells behind the title, as behind every figure.
            Column(f"metric.{name}", name + "  ", right=True, cap=20)
            for name in shelf.metrics
        ),
        Column("time", "Time", right=True, cap=8),
        Column("on", "On", cap=10),
    ]
    if len({run.experiment for run in shelf.runs}) > 1:
        found.append(Column("experiment", "Experiment", cap=18))
    return [
        *found,
        Column("data", "Data", cap=18),
        Column("model", "Model", cap=18),
        Column("when", "When", right=True, cap=10),
        Column("who", "Who", cap=12),
    ]


def source(shelf: Shelf, now: datetime) -> MemorySource:
    """Return the rows, newest first as they came."""
    heads = columns(shelf)
    names = [column.name for column in heads]
    by_key = {run.reference: run for run in shelf.runs}

    def order(key: str, name: str) -> Cell:
        return _sort_value(by_key[key], name, shelf)

    rows = [
        Row(run.reference, tuple(_cell(run, name, shelf, now) for name in names))
        for run in shelf.runs
    ]
    return MemorySource(heads, rows, matches=matcher(by_key, shelf.models), order=order)


def _cell(run: RunRow, name: str, shelf: Shelf, now: datetime) -> Cell:
    if name.startswith("metric."):
        return _metric(run, name.removeprefix("metric."), shelf)
    if name == "state":
        now_at = shelf.progress.get(run.reference)
        return cell(run.state, now_at.short if now_at and run.state == "running" else "")
    if name == "time":
        return _time(run, now)
    if name == "when":
        return Styled(ago(run.created_at, now), "muted")
    if name == "model":
        return shelf.models.get(run.id)
    texts: dict[str, Cell] = {
        "run": Styled(run.reference, "strong"),
        "trainer": run.trainer,
        "on": Styled(run.target, "muted"),
        "experiment": run.experiment,
        "data": run.dataset,
        "who": Styled(run.created_by, "muted"),
    }
    return texts[name]


def _metric(run: RunRow, name: str, shelf: Shelf) -> Cell:
    problem = shelf.problems.get(run.experiment)
    value = run.metrics.get(name)
    if value is None:
        so_far = shelf.progress.get(run.reference)
        folds = so_far.folds.get(name) if so_far else None
        if not folds:
            return Styled("–  ", "muted")
        return Styled(f"~{figure(sum(map(from_figure, folds)) / len(folds))}  ", "busy")
    own = problem is not None and problem.metric == name
    good = reached(value, problem.threshold, problem.direction) if problem and own else None
    # Two cells behind every figure, so that the figures line up whether one has a sign or not.
    if good is None:
        return figure(value) + "  "
    return Styled(f"{figure(value)} ✓", "good") if good else figure(value) + "  "


def _time(run: RunRow, now: datetime) -> Cell:
    if run.seconds is not None:
        return duration(run.seconds)
    if run.started_at is not None and run.state not in JOB_ENDED:
        return Styled(duration((now - run.started_at).total_seconds()), "busy")
    return None


def _sort_value(run: RunRow, name: str, shelf: Shelf) -> Cell:
    if name.startswith("metric."):
        value = run.metrics.get(name.removeprefix("metric."))
        return None if value is None else from_figure(value)
    values: dict[str, Cell] = {
        "run": run.number,
        "state": run.state,
        "trainer": run.trainer,
        "time": run.seconds,
        "on": run.target,
        "experiment": run.experiment,
        "data": run.dataset,
        "model": shelf.models.get(run.id),
        "when": run.created_at,
        "who": run.created_by,
    }
    return values[name]


def endings(
    were_open: Mapping[str, RunRow],
    runs: Sequence[RunRow],
    problems: Mapping[str, ExperimentRow],
) -> list[tuple[str, bool]]:
    """Return a sentence for each run that was open and has ended, and whether it is a warning."""
    found = []
    for run in runs:
        if run.reference in were_open and run.state in JOB_ENDED:
            words = f"{run.reference} {look(run.state).word}"
            problem = problems.get(run.experiment)
            if problem is not None and problem.metric in run.metrics:
                words += f": {problem.metric} {figure(run.metrics[problem.metric])}"
            elif run.error:
                words += f": {run.error}"
            found.append((words, run.state == "failed"))
    return found
