"""The list of runs as rows of a table: which columns, which cells. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from screens.experiments.figures import figure, reached, value_text
from screens.experiments.live import Progress
from screens.states import cell, look
from screens.text import Styled, ago, duration
from screens.widgets.source import Cell, Column, Row
from workbench.experiments.experiments import ExperimentRow
from workbench.experiments.listing import METRIC, PARAM
from workbench.experiments.naming import Known
from workbench.experiments.rows import RunRow
from workbench.numbers import from_figure
from workbench.states import JOB_ENDED

MOST_METRICS = 3
"""Columns of metrics that nobody asked for: the problems' own."""

_FACTS = {
    "run": Column("run", "Run", cap=8),
    "state": Column("state", "State", cap=17),
    "trainer": Column("trainer", "Trainer", cap=12),
    "seed": Column("seed", "Seed", right=True, cap=10),
    "time": Column("time", "Time", right=True, cap=8),
    "on": Column("on", "On", cap=10),
    "experiment": Column("experiment", "Experiment", cap=18),
    "data": Column("data", "Data", cap=18),
    "model": Column("model", "Model", cap=18),
    "tag": Column("tag", "Tags", cap=18),
    "when": Column("when", "When", right=True, cap=10),
    "who": Column("who", "Who", cap=12),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is known around the runs that are listed."""

    problems: Mapping[str, ExperimentRow] = field(default_factory=dict)
    by_experiment: Mapping[str, int] = field(default_factory=dict)
    """How many runs each experiment has."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Run's ULID → the versions registered from it."""
    progress: Mapping[str, Progress] = field(default_factory=dict)
    baseline: str = ""
    """The run that others are compared with."""
    scope: str = ""
    """The experiment whose runs alone are listed; empty: all."""

    @property
    def listed(self) -> list[str]:
        """The experiments that have runs in the list."""
        return [self.scope] if self.scope else [name for name, n in self.by_experiment.items() if n]

    @property
    def metrics(self) -> list[str]:
        """The metrics that have a column: of the problems listed, the commonest first."""
        owned: Counter[str] = Counter()
        for name in self.listed:
            problem = self.problems.get(name)
            if problem is not None and problem.metric:
                owned[problem.metric] += max(self.by_experiment.get(name, 0), 1)
        return [name for name, _ in owned.most_common(MOST_METRICS)]


def column_names(shelf: Shelf) -> list[str]:
    """Return the usual columns: the run, its state, its figures, then where it came from."""
    figures = [METRIC + name for name in shelf.metrics]
    several = ["experiment"] if len(shelf.listed) > 1 else []
    return [
        "run", "state", "trainer", *figures, "time", "on", *several, "data", "model", "tag",
        "when", "who",
    ]  # fmt: skip


def every_column(known: Known) -> list[str]:
    """Return every column that there can be: facts, figures on the test rows, parameters."""
    own = [METRIC + name for name in known.metrics if "." not in name]
    return [*_FACTS, *own, *(PARAM + name for name in known.params)]


def is_column(name: str) -> bool:
    """Tell whether a name, which may come from a file, is that of a column."""
    return name in _FACTS or name.startswith((METRIC, PARAM))


def columns(names: Sequence[str]) -> list[Column]:
    """Return the columns with these names: facts, `metric.NAME`, `param.NAME`."""
    return [_column(name) for name in names]


def _column(name: str) -> Column:
    if name.startswith(METRIC):
        # Two cells behind the title, as behind every figure.
        return Column(name, name.removeprefix(METRIC) + "  ", right=True, cap=20)
    if name.startswith(PARAM):
        return Column(name, name.removeprefix(PARAM), right=True, cap=16)
    return _FACTS[name]


def row(run: RunRow, names: Sequence[str], shelf: Shelf, now: datetime) -> Row:
    """Return a run as a row."""
    return Row(run.reference, tuple(_cell(run, name, shelf, now) for name in names))


def _cell(run: RunRow, name: str, shelf: Shelf, now: datetime) -> Cell:
    if name.startswith(METRIC):
        return _metric(run, name.removeprefix(METRIC), shelf)
    if name.startswith(PARAM):
        known = run.params.get(name.removeprefix(PARAM))
        return None if known is None else value_text(known)
    if name == "state":
        now_at = shelf.progress.get(run.reference)
        return cell(run.state, now_at.short if now_at and run.state == "running" else "")
    if name == "time":
        return _time(run, now)
    if name == "when":
        return Styled(ago(run.created_at, now), "muted")
    if name == "model":
        return shelf.models.get(run.id)
    tags = (*(("archived",) if run.archived else ()), *run.tags)
    texts: dict[str, Cell] = {
        "run": _reference(run, shelf),
        "trainer": run.trainer,
        "seed": run.seed,
        "on": Styled(run.target, "muted"),
        "experiment": run.experiment,
        "data": run.dataset,
        "tag": Styled(" ".join(tags), "key") if tags else None,
        "who": Styled(run.created_by, "muted"),
    }
    return texts[name]


def _reference(run: RunRow, shelf: Shelf) -> Cell:
    if run.reference == shelf.baseline:
        return Styled(f"{run.reference} ◆", "key")
    return Styled(run.reference, "muted" if run.archived else "strong")


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


def endings(
    ended: Sequence[RunRow], problems: Mapping[str, ExperimentRow]
) -> list[tuple[str, bool]]:
    """Return a sentence for each of these runs, which have ended, and whether it is a warning."""
    found = []
    for run in ended:
        words = f"{run.reference} {look(run.state).word}"
        problem = problems.get(run.experiment)
        if problem is not None and problem.metric in run.metrics:
            words += f": {problem.metric} {figure(run.metrics[problem.metric])}"
        elif run.error:
            words += f": {run.error}"
        found.append((words, run.state == "failed"))
    return found
