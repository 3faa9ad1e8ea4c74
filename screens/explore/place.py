"""The place Explore: the columns of one version on the left, charts of them on the right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult

from screens.actions import Act
from screens.datasets import card, rows
from screens.datasets.side import read_profile
from screens.explore import left
from screens.explore.acts import ChartActs
from screens.explore.grid import MOST, Charts
from screens.explore.suggested import Suggestions, spec_of
from screens.feed import in_thread
from screens.frame.split import Split
from screens.place import Place
from screens.text import said
from screens.timers import after
from screens.widgets.detail import Section
from screens.widgets.pane import ListPane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.data.profile import Profile

if TYPE_CHECKING:
    from screens.explore.cell import ChartCell
    from screens.explore.spec import Spec

COLUMNS, SUGGESTED, DATASETS = "Columns", "Suggested", "Datasets"
PAUSE = 0.06
"""Seconds that the cursor must rest on a column before it is drawn."""
NOTHING = "Nothing to explore yet. 1 goes to Datasets, n imports the first."


@dataclass(frozen=True)
class Found:
    """What the place reads: the versions, and the target of the experiments on each dataset."""

    versions: list[DatasetVersion] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)


class Explore(ChartActs, Place[Found]):
    """Columns (or, after `v`, suggestions and datasets) beside up to four charts."""

    NAME = "explore"
    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("explore.details", "details", help="The version itself, in Datasets.", rank=0),
    )

    def __init__(self) -> None:
        super().__init__()
        self.datasets = Table(empty=NOTHING, markable=False)
        self.suggestions = Suggestions(SUGGESTED)
        self.list = ListPane(COLUMNS, self.columns)
        self.views = Views(
            [
                (COLUMNS, self.list),
                (SUGGESTED, self.suggestions),
                (DATASETS, ListPane(DATASETS, self.datasets)),
            ]
        )
        self.found = Found()
        self.profile: Profile | None = None
        self._asked = ("", "")
        self._left = left.Grid()
        self._before: tuple[ChartCell, Spec] | None = None

    def body(self) -> ComposeResult:
        """Columns on the left; charts and facts on the right."""
        yield Split(self.views, self.charts, share=40)

    def load(self) -> Found:
        """Ask the records; load the kinds of charts, so that a key need not wait for them."""
        from workbench.experiments.experiments import list_experiments
        from workbench.explore.charts import find_chart, kinds

        for kind in kinds():
            find_chart(kind)
        targets = {
            row.dataset.partition("@")[0]: row.target for row in list_experiments(self.project)
        }
        return Found(list_versions(self.project), targets)

    def show(self, loaded: Found) -> None:
        """Fill the list of datasets; the first time, choose the one that was added last."""
        self.found = loaded
        self.datasets.load(rows.versions(loaded.versions, self.now))
        if not loaded.versions:
            self.columns.load(MemorySource((), ()))
        (reference, column), self._asked = self._asked, ("", "")
        if self.version is None and loaded.versions and not reference:
            self._go_on(loaded.versions)
            if self.version is None:
                reference = max(loaded.versions, key=lambda version: version.created_at).reference
        if reference:
            self.choose(reference, column)

    def keepsake(self) -> object:
        """The charts."""
        version = self.version
        return msgspec.to_builtins(left.grid_of(version, self.charts) if version else self._left)

    def take_up(self, kept: object) -> None:
        """Draw the charts of the last session as soon as the versions are known."""
        self._left = left.read(kept)

    def _go_on(self, versions: list[DatasetVersion]) -> None:
        """Show the version that was left, with the charts that can still be drawn."""
        grid, self._left = self._left, left.Grid()
        version = next((version for version in versions if version.id == grid.version), None)
        if version is None:
            return
        specs = left.fitting(grid, {c.name: c.type for c in version.columns}, MOST)
        if specs:
            self.choose(version.reference, specs[min(max(grid.at, 0), len(specs) - 1)].columns[0])
            left.put_back(grid, version, specs, self.charts)

    @property
    def target(self) -> str:
        """What an experiment on this dataset predicts, empty without one."""
        version = self.version
        wanted = self.found.targets.get(version.dataset, "") if version else ""
        return wanted if wanted in self.types else ""

    def point_at(self, reference: str) -> None:
        """Show the columns of a version."""
        self.choose(reference)

    def choose(self, reference: str, column: str = "") -> None:
        """Show the columns of a version, the cursor on `column`; as soon as versions are loaded."""
        found = [v for v in self.found.versions if reference in {v.reference, v.dataset}]
        if not found:
            self._asked = (reference, column)
            return
        self.views.view = COLUMNS
        version = found[0]
        if self.version is None or self.version.id != version.id:
            self.version, self.profile = version, None
            self.types = {c.name: c.type for c in version.columns}
            self.list.title = f"{version.reference} columns"
            self.list.forget()
            self.columns.marks.clear()
            self.charts.forget()
            self.suggestions.drop()
            self.columns.load(rows.plain_columns(version), key=column or self.columns.key)
            self._read_profile(version)
        elif column:
            self.columns.select(column)
        self.look()

    def _read_profile(self, version: DatasetVersion) -> None:
        project = self.project

        def come(found: Profile | None) -> None:
            self.profile = found
            if found is not None:
                self.columns.load(rows.columns(found, rows.BRIEF))
            self.look()

        in_thread(
            self,
            lambda: read_profile(project, version, wanted=False),
            come,
            group="profile",
            failed=self.charts.active.tell,
        )

    # What is pointed at

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if event.table is self.columns:
            after(self, PAUSE, self.look)
            self.refresh_bindings()
        elif event.table is self.suggestions.table and self.views.view == SUGGESTED:
            after(self, PAUSE, self._preview)

    def _preview(self) -> None:
        """Draw the suggestion under the cursor."""
        one = self.suggestions.pointed
        if one is not None and self.views.view == SUGGESTED:
            cell = self.charts.active
            if self._before is None or self._before[0] is not cell:
                self._before = (cell, cell.spec)
            self.put(spec_of(one))

    def _take_back(self) -> None:
        """Draw what was there before the suggestions, unless one was opened or made into another."""
        before, self._before = self._before, None
        if (
            before is not None
            and before[0] is self.charts.active
            and self.suggestions.offers(self.spec)
        ):
            self.put(before[1])

    @on(Charts.Focused)
    def _at_another(self) -> None:
        """Put the cursor on the column of the chart that has the focus."""
        columns = self.charts.active.spec.columns
        if columns and columns[0] != self.columns.key:
            self.columns.select(columns[0])
        self.tell_facts()

    def tell_facts(self) -> None:
        """Write what the profile knows of the column that is drawn alone; why a suggestion is one."""
        spec, one = self.charts.active.spec, self.suggestions.pointed
        if self.views.view == SUGGESTED and one is not None and spec == spec_of(one):
            self.charts.tell("Why", "", [Section(text=said(one.why, cap=400))])
            return
        known = self.profile.column(spec.columns[0]) if self.profile and spec.columns else None
        if known is None or self.profile is None or len(spec.columns) != 1:
            self.charts.tell("Column", "", [])
            return
        note = f"· {known.role} · {rows.kind(known.type)}"
        sections = card.sections(known, self.profile.rows, chart=False)
        self.charts.tell(known.name, note, sections)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter on a dataset shows its columns; on a suggestion or a column, its chart."""
        event.prevent_default()  # what any place does with Enter is done below, where it is meant
        if event.table is self.datasets:
            self.choose(event.key)
            self.call_after_refresh(self.views.focus_in)
            return
        if event.table is self.suggestions.table:
            self._preview()
            self._before = None
        if self.split is not None:
            self.split.open()

    # Suggestions

    @on(Views.Shown)
    def _turned(self, event: Views.Shown) -> None:
        if event.view == SUGGESTED:
            if self.version is not None:
                self.suggestions.look(self.project, self.version, self.target)
            self._preview()
        else:
            self._take_back()

    def act_back(self) -> None:
        """From the chart to the list, from other lists to the columns, else to the place before."""
        if self.charts.alone:
            self.charts.alone = False
            self.charts.lay()
            return
        if self.split is not None and self.split.close():
            return
        if self.views.view != COLUMNS:
            self.views.view = COLUMNS
        else:
            self.bench.act_last()

    def why_not_details(self) -> str:
        """There must be a version."""
        return "" if self.version else "there is no dataset"

    def act_details(self) -> None:
        """Go to the version in Datasets."""
        if self.version is not None:
            self.bench.goto("dataset", self.version.reference)
