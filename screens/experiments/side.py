"""Beside the list of runs: the run under the cursor (details, log, report), or a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import on

from screens.experiments import comparing
from screens.experiments.facts import Known, sections
from screens.experiments.live import Progress
from screens.experiments.loading import Loaded, load_run
from screens.experiments.reportview import ReportView
from screens.feed import in_thread
from screens.widgets.detail import Detail
from screens.widgets.logpane import LogPane
from screens.widgets.logview import LogView
from screens.widgets.pane import Pane
from screens.widgets.plot import Plot
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.errors import WorkbenchError
from workbench.experiments.experiments import ExperimentRow
from workbench.experiments.rows import RunRow
from workbench.training.report.record import Report

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.experiments.compare import Comparison
    from workbench.explore.contract import Figures

DETAILS, LOG, REPORT, COMPARE, CURVES = "Details", "Log", "Report", "Compare", "Curves"


class Lines(Table):
    """The lines of a comparison: to be read, not opened."""

    def why_not_open(self) -> str:
        """There is nothing behind a line."""
        return "there is nothing behind a line of a comparison"


class Drawing(Plot, can_focus=True):
    """A drawing that can have the focus, so that Esc leaves it and not the place."""


class Side(Views):
    """Five views of what the list points at. `look` is told where the cursor is."""

    def __init__(self) -> None:
        self.detail = Detail(empty="No run is under the cursor.")
        self.log_view = LogView(empty="The run has written nothing yet.")
        self.report = ReportView()
        self.compared = Lines(
            empty="Mark two or more runs with space, then press c.", markable=False
        )
        self.plot = Drawing(empty="Mark runs with space, then choose Curves in the menu (.).")
        self.panes: dict[str, Pane] = {
            DETAILS: Pane("Run", self.detail),
            LOG: LogPane(LOG, self.log_view),
            REPORT: Pane(REPORT, self.report),
            COMPARE: Pane(COMPARE, self.compared),
            CURVES: Pane(CURVES, self.plot),
        }
        super().__init__(list(self.panes.items()))
        self._run: RunRow | None = None
        self._reported = ""

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    # One run

    def look(self, run: RunRow | None, loaded: Loaded, progress: Progress | None) -> None:
        """Show this run (None: there is none) with what is known of it now."""
        before, self._run = self._run, run
        if run is None:
            self.detail.fill([])
            self.log_view.show_file(None)
            self.report.tell("No run is under the cursor.")
            self._reported = ""
            return
        if before is None or before.id != run.id:
            self.log_view.show_file(None)
            # Until it has been read, neither another run's report nor that there is no run.
            self.report.tell("…")
            self._reported = ""
        project = self.bench.project
        self.log_view.show_file(project.paths.job(run.job) / "log")
        problem = loaded.problems.get(run.experiment)
        models = loaded.models.get(run.id, "")
        in_thread(
            self,
            lambda: load_run(project, run.reference, problem, models, progress),
            self._show_run,
            group="run",
        )
        if self.view == REPORT:
            self._read_report()

    def _show_run(self, known: Known) -> None:
        if self._run is None or known.run.id != self._run.id:
            return  # the cursor has moved on
        reference = known.run.reference
        self.detail.fill(sections(known, self.bench.now()), subject=reference)
        self._entitle(DETAILS, f"{reference} {known.run.trainer}")
        self._entitle(LOG, LOG, reference)
        self._entitle(REPORT, REPORT, reference)

    def _entitle(self, view: str, title: str, note: str = "") -> None:
        self.panes[view].title = title
        self.panes[view].retitle(note)

    @on(Views.Shown)
    def _turned(self, event: Views.Shown) -> None:
        event.stop()
        if event.view == REPORT:
            self._read_report()

    def _read_report(self) -> None:
        run, project = self._run, self.bench.project
        if run is None or self._reported == f"{run.reference} {run.state}":
            return
        self._reported = f"{run.reference} {run.state}"

        def read() -> str | Report:
            from workbench.experiments.findings import read_findings
            from workbench.experiments.lookup import read_report

            try:
                return read_findings(project, run.reference)
            except WorkbenchError:  # an older run has it in words only
                return read_report(project, run.reference)

        def failed(error: WorkbenchError) -> None:
            self.report.tell(f"{error.what}: {error.why}.")

        in_thread(self, read, self.report.show, group="report", failed=failed)

    def rest(self) -> None:
        """Go back to the details from what was opened for a moment: a report, a comparison."""
        if self.view in {REPORT, COMPARE, CURVES} and not self.has_focus_within:
            self.view = DETAILS

    # Several

    def compare(
        self, references: Sequence[str], problems: Mapping[str, ExperimentRow], group: str = ""
    ) -> None:
        """Show what differs between these runs; the metrics of their problems stand at the top."""
        project = self.bench.project

        def compare() -> tuple[Comparison, MemorySource]:
            from workbench.experiments.compare import compare

            found = compare(project, references, group=group)
            own = [problems[name].metric for name in found.experiments if name in problems]
            return found, comparing.source(found, own)

        def come(read: tuple[Comparison, MemorySource]) -> None:
            found, lines = read
            self._entitle(COMPARE, f"Compare {len(references)} runs", comparing.note(found))
            self.compared.load(lines)

        in_thread(self, compare, come, group="compare")

    def draw_curves(self, references: Sequence[str], metric: str) -> None:
        """Draw what these runs said of a metric step by step."""
        project = self.bench.project

        def read() -> Figures:
            from workbench.experiments.curves import curves

            return curves(project, references, metric)

        def come(figures: Figures) -> None:
            from workbench.experiments.curves import KIND
            from workbench.explore.charts import draw

            colour = not self.bench.no_color
            self._entitle(CURVES, CURVES, figures.title)
            self.plot.draw(lambda width, height: draw(KIND, figures, width, height, colour=colour))

        def failed(error: WorkbenchError) -> None:
            self._entitle(CURVES, CURVES)
            self.plot.draw(None, empty=f"{error.what}: {error.why}.")

        in_thread(self, read, come, group="curves", failed=failed)
