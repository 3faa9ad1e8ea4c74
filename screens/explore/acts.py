"""What can be done with the charts of Explore: kind, group, options, columns, how many, full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.explore import picks
from screens.explore.cell import ChartCell
from screens.explore.figuring import Figuring
from screens.explore.grid import MOST, Charts
from screens.explore.spec import Spec, as_kind, moved, ordered, several, stepped
from screens.messages import Refused
from screens.widgets.table import Table
from workbench.data.datasets import DatasetVersion
from workbench.explore.charts import find_chart, kinds

if TYPE_CHECKING:
    from screens.frame.split import Split
    from workbench.explore.contract import Chart
    from workbench.project.project import Project

NO_COLUMN = "there is no column under the cursor"


class ChartActs(Actor):
    """The acts of the place on its charts; mixed into it."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("explore.chart", "run", label="Kind", help="Choose the kind of chart.", rank=20),
        Act("explore.group", "group", rank=22),
        Act(
            "explore.options", "edit", label="Options", help="Columns, group, rows, bins.", rank=24
        ),
        Act("explore.next", "next-column", rank=0),
        Act("explore.before", "previous-column", rank=0),
        Act("explore.new", "new", label="Add chart", help="One more chart beside it.", rank=30),
        Act("explore.close", "stop", label="Close chart", help="Take the chart away.", rank=31),
        Act("explore.full", "full", help="The chart in the whole screen, or back.", rank=35),
    )

    split: Split | None
    project: Project

    def __init__(self) -> None:
        super().__init__()
        self.columns = Table(
            empty="Nothing to explore yet. 1 goes to Datasets, n imports the first."
        )
        self.figuring = Figuring()
        self.charts = Charts(self.figuring)
        self.version: DatasetVersion | None = None
        self.types: dict[str, str] = {}

    @property
    def target(self) -> str:
        """What is to be predicted of the version, if the place knows it."""
        return ""

    def tell_facts(self) -> None:
        """Write the facts of the column that is drawn; the place knows them."""

    # What is drawn

    @property
    def spec(self) -> Spec:
        """The active chart."""
        return self.charts.active.spec

    def _kind(self) -> Chart:
        return find_chart(self.spec.kind)

    def put(self, spec: Spec) -> None:
        """Draw a chart in the active cell."""
        if self.version is not None:
            self.charts.active.look(self.version, spec)
            self.tell_facts()
            self.refresh_bindings()

    def look(self) -> None:
        """Draw the column under the cursor in the active cell, and again what the others show."""
        if self.version is None or not self.columns.key:
            return
        for cell in self.charts.cells:
            if cell is not self.charts.active and cell.version is not None:
                cell.look(self.version, cell.spec)
        self.put(moved(self.spec, self._kind(), self.types, self.columns.key))

    # By name: Textual collects decorated handlers from nodes alone, not from what is mixed into one.

    def on_chart_cell_changed(self, event: ChartCell.Changed) -> None:
        """The active chart became another one."""
        event.stop()
        self.tell_facts()
        self.refresh_bindings()

    def on_chart_cell_turned(self, event: ChartCell.Turned) -> None:
        """Take the next kind that these columns make a chart of."""
        event.stop()
        names = ordered(kinds())
        at = names.index(self.spec.kind) if self.spec.kind in names else -1
        self.take_kind(names[(at + event.by) % len(names)])

    def on_table_marked(self, event: Table.Marked) -> None:
        """Marked columns are those of a chart that takes several."""
        if event.table is self.columns and any(several(slot) for slot in self._kind().slots):
            self.take_kind(self.spec.kind)

    def take_kind(self, kind: str) -> None:
        """Make the active chart one of this kind, of the marked columns or the one under the cursor."""
        marked = [name for name in self.types if name in self.columns.marks]
        given = marked or [self.columns.key]
        self.put(as_kind(self.spec, find_chart(kind), self.types, given, self.target))

    # Acts

    def why_not_chart(self) -> str:
        """There must be a column."""
        return "" if self.version and self.columns.key else NO_COLUMN

    why_not_options = why_not_group = why_not_new = why_not_chart

    def command_chart(self) -> tuple[str, ...]:
        """`workbench explore chart histogram flights@2 dep_delay -P bins=20`."""
        assert self.version is not None
        return self.spec.argv(self.version.reference)

    def act_chart(self) -> None:
        """Choose the kind; what has two places asks for the second column."""

        def come(kind: str | None) -> None:
            if kind is not None:
                self.take_kind(kind)
                self._ask_second()

        self.app.push_screen(picks.kind_chooser(self.spec.kind), come)

    def _ask_second(self) -> None:
        """Ask for the column that the cursor does not give, unless columns are marked."""
        chart, spec = self._kind(), self.spec
        single = [slot for slot in chart.slots if slot.most == 1 and slot.least]
        if len(single) < 2 or len(self.columns.marks) > 1 or len(spec.columns) < 2:
            return
        from workbench.explore.columns import fitting

        at = 1
        names = [n for n in fitting(chart.slots[at], self.types) if n != spec.columns[0]]
        title = f"{chart.slots[at].name} of the {chart.title.lower()} chart"

        def come(name: str | None) -> None:
            if name is not None:
                columns = (*spec.columns[:at], name, *spec.columns[at + 1 :])
                self.put(replace(spec, columns=columns))

        self.app.push_screen(picks.column_chooser(title, names, self.types, spec.columns[at]), come)

    def act_group(self) -> None:
        """Choose the group, the cursor on the one of now or on the column that is pointed at."""
        if not self._kind().groups:
            self.app.post_message(
                Refused(f"Group by: {self.spec.kind} compares columns, not groups")
            )
            return
        names = [picks.NONE, *picks.groupable(self.types)]
        here = self.columns.key if self.types.get(self.columns.key, "").startswith("String") else ""
        now = self.spec.group or (here if here not in self.spec.columns else "") or picks.NONE

        def come(name: str | None) -> None:
            if name is not None:
                self.put(replace(self.spec, group="" if name == picks.NONE else name))

        self.app.push_screen(picks.column_chooser("Group by", names, self.types, now), come)

    def act_options(self) -> None:
        """Ask for columns, group, rows and options in a form."""
        assert self.version is not None
        form = picks.ChartForm(self.project, self.version, self.spec, self.types, self.figuring)

        def come(spec: Spec | None) -> None:
            if spec is not None:
                self.put(spec)

        self.app.push_screen(form, come)

    why_not_next = why_not_before = why_not_chart

    def act_next(self) -> None:
        """The next column."""
        self._step(1)

    def act_before(self) -> None:
        """The column before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        self.columns.select(stepped(list(self.types), self.columns.key, by))

    def act_new(self) -> None:
        """Add a chart of the same columns, of the next kind."""
        spec = self.spec
        if len(self.charts.cells) >= self.charts.room:
            room = self.charts.room
            words = "as many as there are" if room == MOST else "all that this screen has room for"
            self.app.post_message(
                Refused(f"Add chart: {len(self.charts.cells)} charts are {words}")
            )
            return
        if self.split is not None and self.split.narrow:
            self.split.side = "right"
        cell = self.charts.add()
        if self.version is not None:
            cell.look(self.version, spec)
        self.tell_facts()
        self.call_after_refresh(cell.focus)

    def why_not_close(self) -> str:
        """One chart stays."""
        return "" if len(self.charts.cells) > 1 else "the last chart stays; n adds one"

    def act_close(self) -> None:
        """Take the active chart away."""
        self.charts.close()
        self.tell_facts()
        self.call_after_refresh(self.charts.active.focus)

    why_not_full = why_not_chart

    def act_full(self) -> None:
        """Give the active chart the whole screen, or give it back."""
        split = self.split
        if split is None:
            return
        full = self.charts.alone and (split.side == "right")
        self.charts.alone = not full
        split.side = "both" if full and not split.narrow else "right"
        self.charts.lay()
        self.call_after_refresh(self.charts.active.focus)
