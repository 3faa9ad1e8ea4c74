"""The place Explore: the columns of one version on the left, the chosen one drawn on the right."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import Act
from screens.datasets import rows
from screens.datasets.side import read_profile
from screens.explore.chart import KIND, ChartSide, Wanted
from screens.feed import in_thread
from screens.frame.split import Split
from screens.place import Place
from screens.timers import after
from screens.widgets.pane import ListPane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.data.profile import Profile
from workbench.errors import WorkbenchError
from workbench.options import Value

COLUMNS, DATASETS = "Columns", "Datasets"
PAUSE = 0.06
"""Seconds that the cursor must rest on a column before it is drawn."""
NOTHING = "Nothing to explore yet. 1 goes to Datasets, n imports the first."


class Explore(Place[list[DatasetVersion]]):
    """Columns (or, after `v`, datasets) beside a chart and the facts of the column."""

    NAME = "explore"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("explore.options", "edit", label="Options", help="Bins, and how it is drawn.", rank=20),
        Act("explore.chart", "run", label="Chart", help="The chart in the whole width.", rank=25),
        Act("explore.details", "details", help="The version itself, in Datasets.", rank=45),
    )

    def __init__(self) -> None:
        super().__init__()
        self.columns = Table(empty=NOTHING, markable=False)
        self.datasets = Table(empty=NOTHING, markable=False)
        self.list = ListPane(COLUMNS, self.columns)
        self.views = Views([(COLUMNS, self.list), (DATASETS, ListPane(DATASETS, self.datasets))])
        self.side = ChartSide()
        self.versions: list[DatasetVersion] = []
        self.version: DatasetVersion | None = None
        self.profile: Profile | None = None
        self.options: dict[str, Value] = {}
        """Those of the chart that differ from their defaults."""
        self._asked = ("", "")

    def body(self) -> ComposeResult:
        """Columns on the left; chart and facts on the right."""
        yield Split(self.views, self.side, share=46)

    def load(self) -> list[DatasetVersion]:
        """Ask the records."""
        return list_versions(self.project)

    def show(self, loaded: list[DatasetVersion]) -> None:
        """Fill the list of datasets; the first time, choose the one that was added last."""
        self.versions = loaded
        self.datasets.load(rows.versions(loaded, self.now))
        if not loaded:
            self.columns.load(MemorySource((), ()))
        (reference, column), self._asked = self._asked, ("", "")
        if self.version is None and loaded and not reference:
            reference = max(loaded, key=lambda version: version.created_at).reference
        if reference:
            self.choose(reference, column)

    def point_at(self, reference: str) -> None:
        """Show the columns of a version."""
        self.choose(reference)

    def choose(self, reference: str, column: str = "") -> None:
        """Show the columns of a version, the cursor on `column`; as soon as versions are loaded."""
        found = [v for v in self.versions if reference in {v.reference, v.dataset}]
        if not found:
            self._asked = (reference, column)
            return
        self.views.view = COLUMNS
        version = found[0]
        if self.version is None or self.version.id != version.id:
            self.version, self.profile = version, None
            self.list.title = f"{version.reference} columns"
            self.list.forget()
            self.columns.load(rows.plain_columns(version), key=column or self.columns.key)
            self._read_profile(version)
        elif column:
            self.columns.select(column)
        self._look()

    def _read_profile(self, version: DatasetVersion) -> None:
        project = self.project

        def come(found: Profile | None) -> None:
            self.profile = found
            if found is not None:
                self.columns.load(rows.columns(found, rows.BRIEF))
            self._look()

        def failed(error: WorkbenchError) -> None:
            self.side.tell(error)

        in_thread(
            self,
            lambda: read_profile(project, version, wanted=False),
            come,
            group="profile",
            failed=failed,
        )

    # What is pointed at

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if event.table is self.columns:
            after(self, PAUSE, self._look)
            self.refresh_bindings()

    def _look(self) -> None:
        if self.version is None or not self.columns.key:
            return
        wanted = Wanted(self.version, self.columns.key, tuple(self.options.items()))
        self.side.look(wanted, self.profile)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter on a dataset shows its columns; on a column, its chart."""
        if event.table is self.datasets:
            self.choose(event.key)
            self.call_after_refresh(self.views.focus_in)
        elif self.split is not None:
            self.split.open()

    def act_back(self) -> None:
        """From the chart to the columns, from the datasets to the columns, else to the place before."""
        if self.split is not None and self.split.close():
            return
        if self.views.view == DATASETS:
            self.views.view = COLUMNS
        else:
            self.bench.act_last()

    # Acts

    def why_not_chart(self) -> str:
        """There must be a column."""
        return "" if self.version and self.columns.key else "there is no column under the cursor"

    why_not_details = why_not_chart

    def command_chart(self) -> tuple[str, ...]:
        """`workbench explore chart histogram flights@2 dep_delay -P bins=20`."""
        assert self.version is not None
        argv = ["explore", "chart", KIND, self.version.reference, self.columns.key]
        for name, value in self.options.items():
            argv += ["-P", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
        return tuple(argv)

    def act_chart(self) -> None:
        """Give the chart the whole width."""
        if self.split is not None:
            self.split.side = "right"
            self.call_after_refresh(self.split.open)

    def why_not_options(self) -> str:
        """There must be something that is drawn."""
        return self.why_not_chart()

    def act_options(self) -> None:
        """Ask for the chart's options."""
        from screens.explore.options import options_form

        def come(options: dict[str, Value] | None) -> None:
            if options is not None:
                self.options = options
                self._look()

        assert self.version is not None
        self.app.push_screen(options_form(self.version, self.columns.key, self.options), come)

    def command_details(self) -> tuple[str, ...]:
        """`workbench data show flights@2`."""
        return ("data", "show", self.version.reference) if self.version else ()

    def act_details(self) -> None:
        """Go to the version in Datasets."""
        if self.version is not None:
            self.bench.goto("dataset", self.version.reference)
