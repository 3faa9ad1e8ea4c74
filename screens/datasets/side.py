"""Beside the list: a version's table, profile, origin, or its diff; under them the column in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from screens.datasets import card, diffs, origin, rows
from screens.datasets.pages import HINT, VersionSource
from screens.feed import in_thread
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import ListPane, Pane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.data.datasets import DatasetVersion
from workbench.data.profile import Profile
from workbench.data.shape import Difference, ShapeDiff
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.project.project import Project

TABLE, PROFILE, ORIGIN, DIFF = "Table", "Profile", "Origin", "Diff"
AT_ONCE = 20_000_000
"""Cells of a table up to which its profile is made as soon as it is looked at (a second or two)."""
NO_DIFF = "d holds this version against the one before it, or two marked ones (space)."


class Lines(Table):
    """Rows to be read: what is known of one stands under the table."""

    def why_not_open(self) -> str:
        """There is nothing behind a row."""
        return "there is nothing behind it: what is known stands below"


class Side(Vertical):
    """Four views of one version, and a card about the column (or difference) under their cursor."""

    DEFAULT_CSS = """
    Side > #card { height: 40%; min-height: 8; max-height: 15; }
    Side.-whole > #card { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.table = Lines(markable=False, empty="No version is under the cursor.")
        self.columns = Lines(markable=False, empty="The profile is being made.")
        self.origin = Detail(empty="No version is under the cursor.")
        self.differences = Lines(markable=False, empty=NO_DIFF)
        self.panes = {
            TABLE: ListPane(TABLE, self.table, hint=HINT),
            PROFILE: ListPane(PROFILE, self.columns),
            ORIGIN: Pane(ORIGIN, self.origin),
            DIFF: ListPane(DIFF, self.differences),
        }
        self.views = Views(list(self.panes.items()))
        self.card = Detail()
        self.card_pane = Pane("Column", self.card, id="card")
        self.version: DatasetVersion | None = None
        self.profile: Profile | None = None
        self.diff: ShapeDiff | None = None
        self._trouble = ""
        self._others: list[DatasetVersion] = []

    def compose(self) -> ComposeResult:
        """The views over the card."""
        yield self.views
        yield self.card_pane

    def on_mount(self) -> None:
        """Let the card follow the column under the table's cursor."""
        self.watch(self.table, "column", self._tell, init=False)
        self._blank(self.differences, NO_DIFF)

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    @property
    def column(self) -> str:
        """The column that is looked at, empty without one."""
        if self.views.view == PROFILE:
            return self.columns.key
        if self.views.view == DIFF:
            difference = self._difference()
            return difference.column if difference else ""
        at = max(self.table.column - 1, 0)
        known = self.version.columns if self.version else ()
        return known[at].name if at < len(known) else ""

    # One version

    def look(self, version: DatasetVersion | None, others: list[DatasetVersion]) -> None:
        """Show this version (None: there is none); `others` are all versions there are."""
        self._others = others
        before, self.version = self.version, version
        if version is None:
            self.profile, self._trouble = None, ""
            self.origin.fill([])
            self._blank(self.table, "No version is under the cursor.")
            self._blank(self.columns, "No version is under the cursor.")
            for view in (TABLE, PROFILE, ORIGIN):
                self.panes[view].title = view
                self.panes[view].retitle()
            self._tell()
            return
        self.origin.fill(
            origin.sections(version, others, self.bench.now()), subject=version.reference
        )
        if before is not None and before.id == version.id:
            return
        self._entitle(version)
        self._read_rows(version, keep=before is not None and before.dataset == version.dataset)
        self.profile, self._trouble = None, ""
        self._remark(PROFILE, "")
        self._blank(self.columns, "The profile is being made.")
        self._read_profile()
        self._tell()

    def _entitle(self, version: DatasetVersion) -> None:
        for view, noun in ((TABLE, "rows"), (PROFILE, "columns"), (ORIGIN, "origin")):
            self.panes[view].title = f"{version.reference} {noun}"
            self.panes[view].retitle()

    def _blank(self, table: Table, words: str) -> None:
        table.empty = words
        table.load(MemorySource((), ()))

    def _read_rows(self, version: DatasetVersion, *, keep: bool) -> None:
        pane, project = self.panes[TABLE], self.bench.project
        assert isinstance(pane, ListPane)
        if not keep:
            pane.forget()
            self.table.column = 1

        def read() -> VersionSource:
            from workbench.data.pages import PageSource

            return VersionSource(PageSource(project, version))

        def come(source: VersionSource) -> None:
            self.table.empty = "The table has no rows."
            self.table.load(source, key="" if keep else "0")
            self.table.column = max(self.table.column, 1)

        def failed(error: WorkbenchError) -> None:
            self._blank(self.table, str(error))

        in_thread(self, read, come, group="rows", failed=failed)

    def _read_profile(self) -> None:
        version, project = self.version, self.bench.project
        if version is None or self.profile is not None or self._trouble:
            return
        wanted = self.views.view == PROFILE

        def come(found: Profile | None) -> None:
            self.profile = found
            if found is None:
                self._blank(self.columns, "The profile is being made.")
            else:
                self._remark(PROFILE, rows.duplicates(found))
                self.columns.load(rows.columns(found))
            self._tell()

        def failed(error: WorkbenchError) -> None:
            self._trouble = str(error)
            self._blank(self.columns, self._trouble)
            self._tell()

        in_thread(
            self,
            lambda: read_profile(project, version, wanted=wanted),
            come,
            group="profile",
            failed=failed,
        )

    # The card

    @on(Views.Shown)
    def _turned(self, event: Views.Shown) -> None:
        self.set_class(event.view == ORIGIN, "-whole")
        if event.view == PROFILE:
            self._read_profile()
        self._tell()

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        event.stop()
        self.refresh_bindings()
        if event.table is not self.table:
            self._tell()

    def _tell(self) -> None:
        """Write the card anew."""
        title, note, parts = self._card()
        self.card_pane.title = title
        self.card_pane.retitle(note)
        self.card.fill(parts, subject=f"{self.views.view} {title}")

    def _card(self) -> tuple[str, str, list[Section]]:
        difference = self._difference()
        if self.views.view == DIFF and self.diff is not None and difference is not None:
            title = difference.column or "The table"
            return title, "", diffs.sections(self.diff, difference)
        name = self.column
        if self._trouble:
            return name or "Column", "", card.error(self._trouble)
        if self.version is None or not name or self.views.view == DIFF:
            return "Column", "", []
        known = self.profile.column(name) if self.profile else None
        if known is None or self.profile is None:
            big = self.version.rows * len(self.version.columns) > AT_ONCE
            words = "v shows the profile, which takes a while." if big else "…"
            return name, "", [Section(text=words)]
        note = f"· {known.role} · {rows.kind(known.type)}"
        return name, note, card.sections(known, self.profile.rows)

    # Two versions

    def _difference(self) -> Difference | None:
        key = self.differences.key
        if self.diff is None or not key:
            return None
        return self.diff.differences[int(key)] if int(key) < len(self.diff.differences) else None

    def compare(self, before: DatasetVersion, after: DatasetVersion) -> None:
        """Show what differs from `before` to `after`, once it is found."""
        project = self.bench.project
        self.diff = None
        self._title_diff(f"{before.reference} → {after.reference}", "")
        self._blank(self.differences, "Both are being profiled.")
        self._tell()

        def differ() -> ShapeDiff:
            from workbench.data.shape import shape_diff

            return shape_diff(project, before, after)

        def come(found: ShapeDiff) -> None:
            self.diff = found
            self.differences.empty = "No difference in rows, columns, types, ranges or categories."
            self.differences.load(diffs.source(found), key="0")
            self._title_diff(f"{found.before} → {found.after}", found.summary.partition(": ")[2])
            self._tell()

        def failed(error: WorkbenchError) -> None:
            self._blank(self.differences, str(error))

        in_thread(self, differ, come, group="diff", failed=failed)

    def _title_diff(self, title: str, remark: str) -> None:
        self.panes[DIFF].title = title
        self._remark(DIFF, remark)

    def _remark(self, view: str, remark: str) -> None:
        pane = self.panes[view]
        assert isinstance(pane, ListPane)
        pane.remark = remark
        pane.retitle()


def read_profile(project: Project, version: DatasetVersion, *, wanted: bool) -> Profile | None:
    """Return the profile that is kept or quickly made; a long one only when it is `wanted`."""
    from workbench.data.profile import kept_at, profile

    cells = version.rows * len(version.columns)
    if not wanted and cells > AT_ONCE and not kept_at(project, version.content).exists():
        return None
    return profile(project, version)
