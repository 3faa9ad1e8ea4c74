"""The place Experiments: runs and problem statements, and what starts both."""

from __future__ import annotations

import re
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import REGISTRY, Act
from screens.experiments.loading import Loaded, load
from screens.experiments.problems import Problems
from screens.experiments.runs import Runs
from screens.experiments.training import Starter, Wanted
from screens.frame.split import Split
from screens.place import Place
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.experiments.experiments import Experiment
from workbench.experiments.runs import Run

NOTHING = Loaded()
"""Before the first answer has come."""
RUNS, PROBLEMS = "Runs", "Experiments"
_RUN = re.compile(r"r_[0-9]+")


class Experiments(Place[Loaded]):
    """Two views: the runs, and the experiments they were made for."""

    NAME = "experiments"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("experiments.train", "train", rank=20),
        Act("experiments.new", "new", help="State a problem: a new experiment.", rank=25),
    )

    def __init__(self) -> None:
        super().__init__()
        self.runs = Runs()
        self.problems = Problems()
        self.views = Views([(RUNS, self.runs), (PROBLEMS, self.problems)])
        self.loaded = NOTHING
        self._asked: Act | None = None

    def body(self) -> ComposeResult:
        """The two views."""
        yield self.views

    def on_mount(self) -> None:
        """Write the names of the views."""
        self._name_views()

    @property
    def split(self) -> Split:
        """The split of the view that is shown."""
        return self.runs if self.views.view == RUNS else self.problems

    def load(self) -> Loaded:
        """Ask the records."""
        return load(self.project, self.runs.watched)

    def show(self, loaded: Loaded) -> None:
        """Fill both lists in place."""
        self.loaded = loaded
        self.runs.fill(loaded)
        self.problems.fill(loaded)
        asked, self._asked = self._asked, None
        if asked is not None and self.is_current:
            self.call_later(self.perform, asked)

    def _wait_for(self, act_id: str) -> bool:
        """Tell whether nothing was loaded yet; then the act is done as soon as it is."""
        if self.loaded is not NOTHING:
            return False
        self._asked = REGISTRY[act_id][0]
        return True

    def on_feed(self, names: frozenset[str]) -> None:
        """Read what running runs said."""
        self.runs.on_feed(names)

    def point_at(self, reference: str) -> None:
        """Put the cursor on a run (`r_142`) or an experiment (its name)."""
        run = _RUN.fullmatch(reference) is not None
        self.views.view = RUNS if run else PROBLEMS
        if run:
            self.runs.point_at(reference)
        else:
            self.problems.point_at(reference)

    @on(Views.Shown)
    def _turned(self) -> None:
        self._name_views()

    def _name_views(self) -> None:
        for pane in (self.runs.list, self.problems.list):
            pane.views((RUNS, PROBLEMS), self.views.view)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter on an experiment lists its runs."""
        event.prevent_default()  # the right pane is not what is opened
        self.runs.narrow_to(event.key)
        self.views.view = RUNS

    # Acts

    def why_not_train(self) -> str:
        """There must be an experiment whose file can be read."""
        if self.loaded is NOTHING or any(not row.error for row in self.loaded.experiments):
            return ""
        return "there is no experiment yet: n states a problem"

    def command_train(self) -> tuple[str, ...]:
        """`workbench run train late --trainer hgb`."""
        wanted = self._wanted()
        usable = [row.name for row in self.loaded.experiments if not row.error]
        if not usable:
            return ()
        name = wanted.experiment if wanted.experiment in usable else usable[0]
        return ("run", "train", name, "--trainer", wanted.trainer or "hgb", "--detach")

    def act_train(self) -> None:
        """Ask for experiment, trainer and values."""
        if self._wait_for("experiments.train"):
            return
        self.start(self._wanted(), sure=self.views.view == PROBLEMS or bool(self.runs.scope))

    def _wanted(self) -> Wanted:
        if self.views.view == PROBLEMS:
            return Wanted(self.problems.table.key)
        run = self.runs.run
        scope = self.runs.scope or (run.experiment if run else "")
        return Wanted(scope, run.trainer if run else "")

    def start(self, wanted: Wanted, *, sure: bool) -> None:
        """Ask for what a run needs, beginning with what is `wanted`."""

        def started(run: Run) -> None:
            self.views.view = RUNS
            if self.runs.scope not in {"", run.experiment}:
                self.runs.narrow_to("")
            self.runs.point_at(run.reference)

        Starter(self, self.project, self.loaded.experiments, self.loaded.versions, started).ask(
            wanted, sure=sure
        )

    def why_not_new(self) -> str:
        """A problem is stated about data."""
        if self.loaded is NOTHING:
            return ""
        return "" if self.loaded.versions else "there is no data yet: press 1, then n, to import"

    def act_new(self) -> None:
        """Open the form of a problem."""
        if self._wait_for("experiments.new"):
            return
        from screens.experiments.newexperiment import NewExperiment

        def made(experiment: Experiment | None) -> None:
            if experiment is not None:
                self.views.view = PROBLEMS
                self.problems.point_at(experiment.name)

        here = self.problems.experiment if self.views.view == PROBLEMS else None
        known = {version.dataset for version in self.loaded.versions}
        dataset = (
            here.dataset if here and here.dataset in known else self.loaded.versions[-1].dataset
        )
        self.app.push_screen(NewExperiment(self.project, self.loaded.versions, dataset), made)
