"""The problem statements: a list, and beside it what one asks for and how its runs do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on

from screens.actions import Act, Actor
from screens.experiments.figures import figure, reached
from screens.experiments.loading import Loaded
from screens.feed import in_thread
from screens.frame.split import Split
from screens.text import Styled, ago
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import ListPane, Pane
from screens.widgets.source import Cell, Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.errors import WorkbenchError
from workbench.experiments.experiments import Experiment, ExperimentRow, get_experiment
from workbench.experiments.listing import list_runs
from workbench.experiments.rows import RunRow
from workbench.training.guardrails import bound_words

if TYPE_CHECKING:
    from datetime import datetime

    from screens.app import Workbench

BEST = 8
"""How many of an experiment's runs are named beside it."""
_COLUMNS = (
    Column("name", "Experiment", cap=20),
    Column("task", "Task", cap=11),
    Column("metric", "Metric", cap=18),
    Column("best", "Best", right=True, cap=10),
    Column("runs", "Runs", right=True, cap=6),
    Column("last", "Last run", right=True, cap=10),
    Column("target", "Target", cap=18),
    Column("dataset", "Data", cap=18),
)


class Problems(Actor, Split):
    """The experiments and the one under the cursor. Enter lists its runs."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "problems.details", "details", help="The problem statement, and its best runs.", rank=20
        ),
    )

    def __init__(self) -> None:
        self.table = Table(empty="No experiment yet. n states a problem.", markable=False)
        self.list = ListPane("Experiments", self.table)
        self.detail = Detail(empty="No experiment is under the cursor.")
        self.pane = Pane("Experiment", self.detail)
        super().__init__(self.list, self.pane, share=57)
        self.loaded = Loaded()
        self._wanted = ""

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    def fill(self, loaded: Loaded) -> None:
        """Show what was loaded."""
        self.loaded = loaded
        wanted, self._wanted = self._wanted, ""
        self.table.load(rows(loaded, self.bench.now()), key=wanted)
        self._look()

    def point_at(self, name: str) -> None:
        """Put the cursor on an experiment, as soon as it is in the list."""
        if name in self.loaded.problems:
            self.table.select(name)
        else:
            self._wanted = name

    @property
    def experiment(self) -> ExperimentRow | None:
        """The experiment under the cursor."""
        return self.loaded.problems.get(self.table.key)

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if isinstance(event, Table.Opened):
            return  # for the place, which lists its runs
        event.stop()
        self._look()
        self.refresh_bindings()

    def _look(self) -> None:
        row = self.experiment
        if row is None:
            self.detail.fill([])
            return
        self.pane.title = row.name
        self.pane.retitle()
        project, now = self.bench.project, self.bench.now()

        def read() -> tuple[Experiment, list[RunRow]]:
            found = get_experiment(project, row.name)
            best = list_runs(project, experiment=row.name, sort=found.problem.metric, limit=BEST)
            return found, best

        def come(read: tuple[Experiment, list[RunRow]]) -> None:
            self.detail.fill(sections(row, *read, now), subject=row.name)

        def failed(error: WorkbenchError) -> None:
            wrong = [
                Section("The problem file cannot be used", text=str(error)),
                Section("What to do", text=f"{error.fix}: {error.where}"),
            ]
            self.detail.fill(wrong, subject=row.name)

        in_thread(self, read, come, group="problem", failed=failed)

    def why_not_details(self) -> str:
        """There must be an experiment."""
        return "" if self.experiment else "there is no experiment under the cursor"

    def command_details(self) -> tuple[str, ...]:
        """`workbench experiment show late`."""
        return ("experiment", "show", self.table.key)

    def act_details(self) -> None:
        """Go into the right pane."""
        self.open()


def rows(loaded: Loaded, now: datetime) -> MemorySource:
    """Return the experiments as rows of a table."""

    def order(key: str, name: str) -> Cell:
        row = loaded.problems[key]
        values: dict[str, Cell] = {"best": row.best, "runs": row.runs, "last": row.last_run_at}
        return values[name] if name in values else str(getattr(row, name))

    return MemorySource(_COLUMNS, [_row(row, now) for row in loaded.experiments], order=order)


def _row(row: ExperimentRow, now: datetime) -> Row:
    if row.error:
        wrong = Styled("✗ " + row.error, "bad")
        return Row(row.name, (Styled(row.name, "strong"), wrong, "", "", row.runs, "", "", ""))
    cells: tuple[Cell, ...] = (
        Styled(row.name, "strong"),
        row.task,
        row.metric,
        _best(row),
        row.runs,
        Styled(ago(row.last_run_at, now), "muted"),
        row.target,
        row.dataset,
    )
    return Row(row.name, cells)


def _best(row: ExperimentRow) -> Styled:
    good = reached(row.best, row.threshold, row.direction)
    if good:
        return Styled(f"{figure(row.best)} ✓", "good")
    return Styled(f"{figure(row.best)}  ", "muted" if row.best is None else "plain")


def sections(
    row: ExperimentRow, found: Experiment, runs: list[RunRow], now: datetime
) -> list[Section]:
    """Return the problem statement, how its rows are dealt out, and the best runs."""
    problem, split = found.problem, found.problem.split
    bound = "at least" if problem.direction == "maximize" else "at most"
    asks: list[tuple[str, Cell]] = [
        ("predict", Styled(problem.target, "strong")),
        ("from", problem.dataset),
        ("task", problem.task + (f", positive {problem.positive}" if problem.positive else "")),
        ("metric", problem.metric),
        ("better", "more of it" if problem.direction == "maximize" else "less of it"),
        (
            "good enough",
            f"{bound} {problem.threshold:g}" if problem.threshold is not None else None,
        ),
        ("best so far", f"{figure(row.best)} by {row.best_run}" if row.best_run else None),
        (
            "besides",
            ", ".join(bound_words(g.metric, g.threshold) for g in problem.guardrails) or None,
        ),
        ("left out", ", ".join(problem.drop) or None),
    ]
    dealt: list[tuple[str, Cell]] = [
        ("method", f"{split.method} by {split.column}" if split.column else split.method),
        ("held out", f"{split.test:.0%} to test"),
        ("folds", f"{split.folds} of the others"),
        ("seed", split.seed),
    ]
    parts = [
        Section(text=problem.goal),
        Section("Problem", facts=[fact for fact in asks if fact[1] is not None]),
        Section("Split", facts=dealt),
    ]
    best = [run for run in runs if run.metrics.get(problem.metric) not in {None, "NaN"}]
    if best:
        parts.append(Section("Best runs", facts=[_line(run, problem.metric, now) for run in best]))
    elif not row.runs:
        parts.append(Section("Runs", text="None yet. t trains one."))
    return [*parts, Section("File", text=f"experiments/{row.name}.toml")]


def _line(run: RunRow, metric: str, now: datetime) -> tuple[str, Cell]:
    words = f"{figure(run.metrics[metric])}  {run.trainer}, {ago(run.created_at, now)}"
    return run.reference, words
