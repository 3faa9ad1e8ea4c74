"""The runs: a list that is live, and beside it one run: details, log, report, or a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.actions import SkipAction

from screens.actions import Act
from screens.experiments.again import Trains
from screens.experiments.choosing import Shows
from screens.experiments.following import Following
from screens.experiments.keeping import Keeps
from screens.experiments.kept import Kept
from screens.experiments.lining import Lines
from screens.experiments.listed import Names, RunsSource, Setting
from screens.experiments.loading import Loaded
from screens.experiments.rows import Shelf, endings, is_column
from screens.experiments.side import DETAILS, LOG, REPORT, Side
from screens.frame.split import Split
from screens.messages import Said
from screens.timers import after
from screens.widgets.pane import ListPane
from screens.widgets.table import Table
from workbench.experiments.rows import RunRow
from workbench.states import JOB_ENDED

if TYPE_CHECKING:
    from screens.app import Workbench

HINT = "auc>0.9 trainer:hgb -tag:old since:2d state:failed words"
PAUSE = 0.06
"""Seconds that the cursor must rest on a run before it is read in full."""
NO_RUNS = "No runs yet. t trains one."
NO_EXPERIMENTS = "No experiment yet. n states a problem."
NO_DATA = "No data yet. Press 1, then n, to import a first table."


class Runs(Trains, Keeps, Lines, Shows, Split):
    """The list of runs and the run under its cursor."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("runs.leave", "back", label="Back", help="Back to the list; then to all runs.", rank=0),
        Act("runs.register", "register", rank=35),
        Act("runs.report", "report", rank=32),
        Act(
            "runs.cancel",
            "stop",
            label="Cancel",
            help="End the run, its figures are lost.",
            rank=33,
        ),
        Act("runs.details", "details", help="Figures, parameters, where it comes from.", rank=0),
        Act("runs.log", label="Log of the run", help="What the run wrote, followed while it runs."),
    )

    def __init__(self) -> None:
        self.table = Table(empty=NO_RUNS)
        self.list = ListPane("Runs", self.table, hint=HINT)
        self.aside = Side()
        super().__init__(self.list, self.aside, share=57)
        self.loaded = Loaded()
        self.scope = ""
        self._wanted = ""
        """The run that the cursor is to be on as soon as it is in the list."""
        self.following = Following(self, self._further)
        self.names: Names | None = None
        self._kept: Kept | None = None
        self.setting: Setting | None = None
        """What the newest rows are made from."""

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    @property
    def kept(self) -> Kept:
        """What the person chose."""
        self._kept = self._kept or Kept(self.bench.project.id)
        return self._kept

    def on_mount(self) -> None:
        """Count the seconds of what runs."""
        self.set_interval(1.0, self._tick)

    # What is listed

    def fill(self, loaded: Loaded) -> None:
        """Show what was loaded."""
        for words, wrong in endings(loaded.ended, loaded.problems):
            self.bench.post_message(Said(words, warning=wrong))
        self.loaded = loaded
        paths = self.bench.project.paths
        events = {run.reference: paths.job(run.job) / "events.jsonl" for run in loaded.open}
        self.following.follow(self.bench.feed, events)
        self.refill()
        self._look()

    def narrow_to(self, experiment: str) -> None:
        """List the runs of one experiment only; of all, when it is empty."""
        self.scope = experiment
        self.list.title = f"Runs of {experiment}" if experiment else "Runs"
        self.refill()
        self.list.retitle()

    def refill(self) -> None:
        """Write the rows anew, from what is known."""
        loaded, project = self.loaded, self.bench.project
        if not loaded.experiments:
            self.table.empty = NO_EXPERIMENTS if loaded.versions else NO_DATA
        else:
            self.table.empty = NO_RUNS
        shelf = Shelf(
            loaded.problems,
            loaded.by_experiment,
            loaded.models,
            self.following.progress,
            scope=self.scope,
            baseline=self.baseline,
        )
        self.list.remark = f"base {self.baseline}" if self.baseline else ""
        self.names = self.names or Names(project)
        chosen = self.kept.chosen.columns.get(self.scope, ())
        shown = tuple(name for name in chosen if is_column(name))
        self.setting = Setting(project, self.names, shelf, self.bench.now(), shown)
        self.table.load(RunsSource(self.setting), key=self._wanted)

    @on(Table.Arranged)
    def _arranged(self, event: Table.Arranged) -> None:
        source = self.table.rows.source
        if event.table is self.table and isinstance(source, RunsSource):
            # Rows made since it was wanted: it is in them, or the filter leaves it out.
            if source.setting is self.setting:
                self._wanted = ""
            self.refresh_bindings()

    @property
    def run(self) -> RunRow | None:
        """The run under the cursor."""
        source = self.table.rows.source
        return source.runs.get(self.table.key) if isinstance(source, RunsSource) else None

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            event.stop()
            after(self, PAUSE, self._look)
            self.refresh_bindings()

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        event.stop()
        if event.table is self.table:
            self.open()

    @on(Table.Marked)
    def _marked(self) -> None:
        self.refresh_bindings()

    def _look(self) -> None:
        run = self.run
        progress = self.following.progress.get(run.reference) if run else None
        self.aside.look(run, self.loaded, progress)

    # What runs now

    @property
    def watched(self) -> list[int]:
        """The numbers of the runs that had not ended when they were loaded."""
        return [run.number for run in self.loaded.open]

    def on_feed(self, names: frozenset[str]) -> None:
        """Read the events of the runs that said something."""
        self.following.on_feed(names)

    def _further(self) -> None:
        self.refill()
        if self.run is not None and self.run.reference in self.following.progress:
            self._look()

    def _tick(self) -> None:
        if self.is_on_screen and self.loaded.open:
            self.refill()

    # Acts

    def point_at(self, reference: str) -> None:
        """Put the cursor on a run, whatever was listed: at once, or as soon as it is in the list."""
        self._wanted = ""
        if self.table.holds(reference):
            # Not by way of new rows: the next key would act on the run that the cursor is still on.
            self.table.select(reference)
        else:
            self._wanted = reference
            self.narrow_to("")

    def act_leave(self) -> None:
        """Leave the right pane, then the experiment whose runs are listed, then the place."""
        if self.close():
            # When the focus has left it, so that it does not follow the view.
            self.call_after_refresh(self.aside.rest)
            return
        if not self.scope:
            raise SkipAction
        self.narrow_to("")

    def why_not_details(self) -> str:
        """There must be a run."""
        return "" if self.run else "there is no run under the cursor"

    why_not_log = why_not_details

    def command_details(self) -> tuple[str, ...]:
        """`workbench run show r_142`."""
        return ("run", "show", self.table.key)

    def act_details(self) -> None:
        """Show the details."""
        self.turn_to(DETAILS)

    def command_log(self) -> tuple[str, ...]:
        """`workbench run logs -f r_142`."""
        return ("run", "logs", "-f", self.table.key)

    def act_log(self) -> None:
        """Show the log."""
        self.turn_to(LOG)

    def turn_to(self, view: str, *, wide: bool = False) -> None:
        """Show a view of the right pane and go into it; `wide`: in the whole width."""
        self.aside.view = view
        self.call_after_refresh(self.open)
        if wide:
            self.side = "right"

    def why_not_report(self) -> str:
        """Only a run that succeeded has a report."""
        if self.run is None:
            return "there is no run under the cursor"
        state = self.run.state
        return "" if state == "succeeded" else f"{self.run.reference} has none: it is {state}"

    def command_report(self) -> tuple[str, ...]:
        """`workbench run report r_142`."""
        return ("run", "report", self.table.key)

    def act_report(self) -> None:
        """Show the report, in the whole width."""
        self.turn_to(REPORT, wide=True)

    def why_not_register(self) -> str:
        """Only a run that succeeded has a model."""
        if self.run is None:
            return "there is no run under the cursor"
        state = self.run.state
        return "" if state == "succeeded" else f"{self.run.reference} has no model: it is {state}"

    def act_register(self) -> None:
        """Ask for the model's name."""
        from screens.experiments.registering import RegisterForm

        assert self.run is not None
        self.app.push_screen(
            RegisterForm(self.bench.project, self.run.reference, self._model_name())
        )

    def _model_name(self) -> str:
        """Return the model's likely name: that of the experiment's last one, else the experiment's."""
        assert self.run is not None
        return self.loaded.named.get(self.run.experiment, self.run.experiment)

    def command_register(self) -> tuple[str, ...]:
        """`workbench model register r_142 --name late`."""
        return ("model", "register", self.table.key, "--name", self._model_name())

    def why_not_cancel(self) -> str:
        """Only what has not ended can be cancelled."""
        if self.run is None:
            return "there is no run under the cursor"
        ended = self.run.state in JOB_ENDED
        return f"{self.run.reference} has ended: it is {self.run.state}" if ended else ""

    def command_cancel(self) -> tuple[str, ...]:
        """`workbench run cancel r_142`."""
        return ("run", "cancel", self.table.key)

    def act_cancel(self) -> None:
        """Ask, then ask for the run's end."""
        from screens.experiments.cancelling import ask_cancel

        assert self.run is not None
        ask_cancel(self, self.bench, self.run, self.command_cancel())
