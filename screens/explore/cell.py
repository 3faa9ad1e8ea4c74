"""One chart of the grid: drawn in a thread, seen in part by keys, its rows filtered by a condition."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from screens.actions import Act
from screens.explore.axis_acts import ENDS, AxisActs
from screens.explore.colours import colours
from screens.explore.figuring import Figuring
from screens.explore.spec import Spec
from screens.text import said
from screens.timers import after
from screens.widgets.pane import FilterInput
from screens.widgets.plot import Plot
from workbench.data.datasets import DatasetVersion
from workbench.errors import WorkbenchError
from workbench.explore.axes import axis_of

if TYPE_CHECKING:
    from workbench.explore.contract import Figures


PATIENCE = 0.3
"""Seconds of counting after which the chart says so."""


class ChartCell(AxisActs, Vertical, can_focus=True):
    """A chart under its title. Keys: see ACTS; what concerns the whole grid goes on to the place."""

    DEFAULT_CSS = """
    ChartCell {
        height: 1fr; width: 1fr; border: round $border-blurred; background: $background;
        border-title-color: $text-muted; border-subtitle-color: $text-muted;
    }
    ChartCell.-active { border-title-color: $foreground; border-title-style: bold; }
    ChartCell:focus, ChartCell:focus-within {
        border: round $border; border-title-color: $primary; border-title-style: bold;
    }
    ChartCell:ansi { background: ansi_default; }
    ChartCell Plot { padding: 0 1; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("cell.kind", "view", label="Next kind", help="The next kind of chart.", rank=12),
        Act("cell.kind-back", "view-back", label="Kind before", help="The kind before.", rank=0),
        Act(
            "cell.filter", "filter", label="Rows", help="Only rows for which SQL is true.", rank=16
        ),
        Act("cell.clear", "back", label="Clear filter", help="Take the filter away.", rank=0),
    )

    class Changed(Message):
        """The chart became another one by a key."""

        def __init__(self, cell: ChartCell) -> None:
            super().__init__()
            self.cell = cell

    class Turned(Message):
        """Another kind is wanted: the next, or the one before."""

        def __init__(self, cell: ChartCell, by: int) -> None:
            super().__init__()
            self.cell = cell
            self.by = by

    def __init__(self, figuring: Figuring) -> None:
        super().__init__()
        self.version: DatasetVersion | None = None
        self.note = ""
        """What else stands at the bottom."""
        self.brief = False
        """Whether it is one of several, which are all of one version."""
        self.plot = Plot(empty="…", colours=lambda: colours(self.app))
        self._input = FilterInput("rows: a condition in SQL, such as distance > 500")
        self._figuring = figuring
        self._busy = self._long = False
        self._wanted: tuple[DatasetVersion, Spec] | None = None

    def compose(self) -> ComposeResult:
        """The chart over the filter."""
        yield self.plot
        yield self._input

    # What is shown

    def look(self, version: DatasetVersion, spec: Spec) -> None:
        """Show a chart; the one that is there stays until its numbers have come."""
        if (version, spec) == (self.version, self.spec) and self._wanted is None:
            return
        if version != self.version or spec.columns != self.spec.columns:
            self.whole_axes = {}
        self.version, self.spec = version, spec
        self._wanted = (version, spec)
        self.entitle()
        self._next()

    def forget(self) -> None:
        """Show nothing of what was."""
        self.version, self.numbers, self._wanted, self.whole_axes = None, None, None, {}
        self.spec = Spec()
        self.plot.draw(None, empty="…")

    def _next(self) -> None:
        """Count what is wanted, one at a time: keys that come quickly do not pile up work."""
        if self._busy or self._wanted is None or not self.is_attached:
            return
        version, spec = self._wanted
        self._busy, self._wanted = True, None
        after(self, PATIENCE, self._take_long)

        def come(numbers: Figures) -> None:
            self._busy = self._long = False
            if (version, spec) == (self.version, self.spec):
                self._show(spec, numbers)
            self._next()

        def failed(error: WorkbenchError) -> None:
            self._busy = self._long = False
            self.entitle()
            if (version, spec) == (self.version, self.spec):
                self.numbers = None
                self.tell(error)
            self._next()

        self._figuring.count(self, version, spec, come, failed)

    def _take_long(self) -> None:
        """Say that what is drawn is not what is wanted yet."""
        if self._busy:
            self._long = True
            self.entitle()

    def on_mount(self) -> None:
        """Count what was wanted before it was there."""
        self.call_after_refresh(self._next)

    def _show(self, spec: Spec, numbers: Figures) -> None:
        self.numbers = numbers
        options = dict(spec.options)
        for name, ends in ENDS.items():
            axis = axis_of(numbers.data, name)
            if axis is not None and not any(end in options for end in ends):
                self.whole_axes[name] = axis
        plain = self.app.no_color

        def drawing(width: int, height: int) -> str:
            from workbench.explore.charts import draw

            return draw(spec.kind, numbers, width, height, colour=not plain)

        self.plot.draw(drawing)
        self.entitle()
        if self.has_focus_within:
            self.screen.refresh_bindings()

    def tell(self, error: WorkbenchError) -> None:
        """Say why nothing is drawn."""
        self.plot.draw(None, empty=f"{error.what}: {error.why}. {error.fix}.")

    def entitle(self) -> None:
        """Write the title, and at the bottom what is seen in part and which rows."""
        if self.version is None:
            self.border_title = ""
            return
        title = f"{self.spec.kind.capitalize()} of {self.spec.words}"
        title += "" if self.brief else f" in {self.version.reference}"
        self.border_title = said(title, cap=160)
        parts = [f"/ {self.spec.where}" if self.spec.where else ""]
        parts.append("zoomed, backspace resets" if self.zoomed else "")
        parts.append("counting …" if self._long else "")
        parts.append(self.note)
        self.border_subtitle = said("  ".join(part for part in parts if part), cap=120)

    def change(self, spec: Spec) -> None:
        """Become another chart by a key."""
        if self.version is not None and spec != self.spec:
            self.look(self.version, spec)
            self.post_message(self.Changed(self))

    # Kind and rows

    def act_kind(self) -> None:
        """The next kind."""
        self.post_message(self.Turned(self, 1))

    def act_kind_back(self) -> None:
        """The kind before."""
        self.post_message(self.Turned(self, -1))

    def act_filter(self) -> None:
        """Ask for a condition."""
        self._input.remove_class("-hidden")
        self._input.value = self.spec.where
        self._input.focus()

    def act_clear(self) -> None:
        """Leave the filter; where there is one, take it away; else the key goes on."""
        typing = self._input.has_focus
        if not typing and not self.spec.where:
            raise SkipAction
        self._input.add_class("-hidden")
        self.focus()
        if not typing:
            self._filter("")

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._input.add_class("-hidden")
        self.focus()
        self._filter(event.value.strip())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()

    def _filter(self, where: str) -> None:
        self.change(replace(self.spec, where=where))
