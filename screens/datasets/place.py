"""The place Datasets: every version, and beside it what is in the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import Act
from screens.datasets import diffs, rows
from screens.datasets.side import DIFF, ORIGIN, TABLE, Side
from screens.frame.split import Split
from screens.messages import Did
from screens.place import Place
from screens.timers import after
from screens.widgets.pane import ListPane
from screens.widgets.table import Table
from workbench.data.datasets import Added, DatasetVersion, list_versions

PAUSE = 0.08
"""Seconds that the cursor must rest on a version before its rows are read."""
_ON_VERSIONS = {"diff", "chart", "details", "export", "query", "tag"}
NO_VERSION = "there is no version under the cursor"


class Datasets(Place[list[DatasetVersion]]):
    """Versions on the left; table, profile, origin and diff on the right."""

    NAME = "datasets"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("datasets.new", "new", label="Import", help="Import a table from a file.", rank=20),
        Act("datasets.diff", "diff", help="What differs from the version before it.", rank=30),
        Act("datasets.chart", "run", label="Chart", help="Draw its columns in Explore.", rank=35),
        Act("datasets.details", "details", help="Where it comes from, its digests.", rank=45),
        Act(
            "datasets.export",
            label="Export",
            help="Write it to a file: Parquet, CSV, TSV, JSON Lines.",
        ),
        Act("datasets.tag", label="Tag", help="Give it a name of your choice: flights@TAG."),
        Act("datasets.query", label="Query", help="Ask one SELECT over all versions."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(empty="No datasets yet. n imports the first.")
        self.side = Side()
        self.versions: list[DatasetVersion] = []
        self._waiting: Act | None = None
        """What was asked before the versions had come: done as soon as they have."""
        self._loaded_once = False
        self._wanted = ""
        """The version that the cursor goes to when it has come."""

    def body(self) -> ComposeResult:
        """The list, and what is in the version under its cursor."""
        yield Split(ListPane("Datasets", self.table), self.side, share=42)

    def load(self) -> list[DatasetVersion]:
        """Ask the records."""
        return list_versions(self.project)

    def show(self, loaded: list[DatasetVersion]) -> None:
        """Fill the list in place."""
        self.versions, self._loaded_once = loaded, True
        wanted, self._wanted = self._wanted, ""
        self.table.load(rows.versions(loaded, self.now), key=self._reference(wanted))
        self._look()
        asked, self._waiting = self._waiting, None
        if asked is not None and self.is_current:
            self.call_after_refresh(self.perform, asked)

    async def perform(self, act: Act) -> None:
        """Do an act; one on a version waits until the versions have come."""
        if self._loaded_once or act.name not in _ON_VERSIONS:
            await super().perform(act)
        else:
            self._waiting = act

    def point_at(self, reference: str) -> None:
        """Put the cursor on a version (`flights@2`), or on the newest of a dataset (`flights`)."""
        if known := self._reference(reference):
            self.table.select(known)
        else:
            self._wanted = reference

    def _reference(self, wanted: str) -> str:
        """Return the version that a reference names, empty when it is not there (yet)."""
        fitting = [
            v
            for v in self.versions
            if wanted in {v.reference, v.dataset, *(f"{v.dataset}@{tag}" for tag in v.tags)}
        ]
        return max(fitting, key=lambda v: v.number).reference if fitting else ""

    @property
    def version(self) -> DatasetVersion | None:
        """The version under the cursor."""
        key = self.table.key
        return next((version for version in self.versions if version.reference == key), None)

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            after(self, PAUSE, self._look)
            self.refresh_bindings()

    @on(Table.Marked)
    def _marked(self) -> None:
        self.refresh_bindings()

    def _look(self) -> None:
        self.side.look(self.version, self.versions)

    # Acts

    def act_new(self) -> None:
        """Ask for a file, show what is in it, bring it in."""
        from screens.datasets.importing import Importer

        def came(added: Added) -> None:
            self._wanted = added.version.reference
            self.reload()

        Importer(self, self.project, came).ask()

    def why_not_details(self) -> str:
        """There must be a version."""
        return "" if self.version else NO_VERSION

    why_not_export = why_not_details
    why_not_chart = why_not_details
    why_not_tag = why_not_details

    def command_details(self) -> tuple[str, ...]:
        """`workbench data show flights@2`."""
        return ("data", "show", self.table.key)

    def act_details(self) -> None:
        """Show where it comes from."""
        self._turn_to(ORIGIN)

    def _turn_to(self, view: str) -> None:
        self.side.views.view = view
        if self.split is not None:
            self.call_after_refresh(self.split.open)

    def why_not_diff(self) -> str:
        """Two versions must be there to be held against each other."""
        return diffs.pair(self.versions, self.table.marks, self.version)[1]

    def command_diff(self) -> tuple[str, ...]:
        """`workbench data diff flights@1 flights@2`."""
        found, _ = diffs.pair(self.versions, self.table.marks, self.version)
        return ("data", "diff", found[0].reference, found[1].reference) if found else ()

    def act_diff(self) -> None:
        """Show what differs."""
        found, _ = diffs.pair(self.versions, self.table.marks, self.version)
        if found:
            self.side.compare(*found)
            self._turn_to(DIFF)
            self.bench.post_message(Did(self.command_diff()))

    def command_chart(self) -> tuple[str, ...]:
        """`workbench explore chart histogram flights@2 dep_delay`."""
        column = self.side.column
        return ("explore", "chart", "histogram", self.table.key, column) if column else ()

    def act_chart(self) -> None:
        """Go to Explore with this version and the column that is looked at."""
        from screens.explore import Explore

        reference, column = self.table.key, self.side.column
        self.bench.act_place_2()
        place = self.bench.place
        if isinstance(place, Explore):
            place.call_after_refresh(place.choose, reference, column)

    def command_export(self) -> tuple[str, ...]:
        """`workbench data export flights@2 flights_2.csv`."""
        return ("data", "export", self.table.key, f"{self.table.key.replace('@', '_')}.csv")

    def act_export(self) -> None:
        """Ask where to, then write it."""
        from screens.datasets.exporting import export_form

        assert self.version is not None
        self.app.push_screen(export_form(self.project, self.version))

    def act_tag(self) -> None:
        """Ask for the tag, then set it."""
        from screens.datasets.tagging import tag_form

        assert self.version is not None
        self.app.push_screen(
            tag_form(self.project, self.version, self.versions, self.bench.keep_undo)
        )

    def why_not_query(self) -> str:
        """A query needs something to be asked of."""
        return "" if self.versions else "there is no dataset yet: n imports the first"

    def command_query(self) -> tuple[str, ...]:
        """`workbench data query 'SELECT * FROM "flights@2" LIMIT 100'`."""
        from screens.datasets.query import first_query

        return ("data", "query", first_query(self.table.key)) if self.table.key else ()

    def act_query(self) -> None:
        """Open the query."""
        from screens.datasets.query import Query, first_query

        def made(added: Added | None) -> None:
            if added is not None:
                self._wanted = added.version.reference
                self.reload()

        self.app.push_screen(Query(self.project, first_query(self.table.key)), made)

    def act_back(self) -> None:
        """Leave the right pane, where diff and origin give way to the table; then the place."""
        if self.split is None or not self.split.close():
            self.bench.act_last()
        elif self.side.views.view in {DIFF, ORIGIN}:
            self.call_after_refresh(self._turn_back)  # once the focus has gone to the list

    def _turn_back(self) -> None:
        self.side.views.view = TABLE
