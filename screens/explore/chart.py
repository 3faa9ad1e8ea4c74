"""The right side of Explore: the chart of a column over the facts of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from screens.datasets import card, rows
from screens.feed import in_thread
from screens.widgets.detail import Detail
from screens.widgets.pane import Pane
from screens.widgets.plot import Plot
from workbench.data.datasets import DatasetVersion
from workbench.data.profile import Profile
from workbench.errors import WorkbenchError
from workbench.options import Value

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.explore.contract import Figures

KIND = "histogram"
"""The kind of chart that is drawn."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be drawn."""

    version: DatasetVersion
    column: str
    options: tuple[tuple[str, Value], ...]


class ChartSide(Vertical):
    """A chart, and under it what the profile knows of the column."""

    DEFAULT_CSS = """
    ChartSide Plot { padding: 0 1; color: $primary; }
    ChartSide > #facts { height: 35%; min-height: 7; max-height: 13; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.plot = Plot(empty="…")
        self.facts = Detail()
        self.chart_pane = Pane("Chart", self.plot)
        self.facts_pane = Pane("Column", self.facts, id="facts")
        self._wanted: Wanted | None = None

    def compose(self) -> ComposeResult:
        """The chart over the facts."""
        yield self.chart_pane
        yield self.facts_pane

    def look(self, wanted: Wanted, profile: Profile | None) -> None:
        """Draw what is wanted, unless it is what is drawn, and write the facts."""
        known = profile.column(wanted.column) if profile else None
        self.facts_pane.title = wanted.column
        self.facts_pane.retitle(f"· {known.role} · {rows.kind(known.type)}" if known else "")
        parts = card.sections(known, profile.rows, chart=False) if known and profile else []
        self.facts.fill(parts, subject=wanted.column)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._count(wanted)

    def _count(self, wanted: Wanted) -> None:
        project = self._bench.project

        def count() -> Figures:
            from workbench.explore.charts import figures

            return figures(project, KIND, wanted.version, [wanted.column], dict(wanted.options))

        def come(numbers: Figures) -> None:
            def drawing(width: int, height: int) -> str:
                from workbench.explore.charts import draw

                return draw(KIND, numbers, width, height, colour=False)  # the theme's, by style

            self._entitle(wanted)
            self.plot.draw(drawing)

        def failed(error: WorkbenchError) -> None:
            self._entitle(wanted)
            self.tell(error)

        in_thread(self, count, come, group="figures", failed=failed)

    def _entitle(self, wanted: Wanted) -> None:
        self.chart_pane.title = KIND.capitalize()
        self.chart_pane.retitle(f"of {wanted.column} in {wanted.version.reference}")

    @property
    def _bench(self) -> Workbench:
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    def tell(self, error: WorkbenchError) -> None:
        """Say why nothing is drawn."""
        self.plot.draw(None, empty=f"{error.what}: {error.why}")
