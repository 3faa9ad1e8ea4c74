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

from screens.actions import Act, Actor
from screens.explore.colours import colours
from screens.explore.figuring import Figuring
from screens.explore.spec import Spec, unzoomed
from screens.text import said
from screens.widgets.pane import FilterInput
from screens.widgets.plot import Plot
from workbench.data.datasets import DatasetVersion
from workbench.errors import WorkbenchError
from workbench.explore.axes import Axis, axis_of, panned, written, zoomed

if TYPE_CHECKING:
    from workbench.explore.contract import Figures
    from workbench.options import Value

STEP = 0.25
"""The share of an axis that a key moves by."""

_ENDS = {"x": ("low", "high"), "y": ("floor", "ceiling")}
NO_AXIS = "this kind of chart has no axis that is seen in part"


class ChartCell(Actor, Vertical, can_focus=True):
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
        Act("cell.zoom-in", "zoom-in", rank=14),
        Act("cell.zoom-out", "zoom-out", rank=15),
        Act("cell.whole", "whole", rank=0),
        Act("cell.left", "left", label="Lower values", help="Move along the axis.", rank=0),
        Act("cell.right", "right", label="Higher values", help="Move along the axis.", rank=0),
        Act("cell.up", "up", label="Upwards", help="Move along the axis upwards.", rank=0),
        Act("cell.down", "down", label="Downwards", help="Move along the axis upwards.", rank=0),
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
        self.spec = Spec()
        self.version: DatasetVersion | None = None
        self.numbers: Figures | None = None
        self.note = ""
        """What else stands at the bottom."""
        self.brief = False
        """Whether it is one of several, which are all of one version."""
        self.plot = Plot(empty="…", colours=lambda: colours(self.app))
        self._input = FilterInput("rows: a condition in SQL, such as distance > 500")
        self._figuring = figuring
        self._busy = False
        self._wanted: tuple[DatasetVersion, Spec] | None = None
        self._whole: dict[str, Axis] = {}

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
            self._whole = {}
        self.version, self.spec = version, spec
        self._wanted = (version, spec)
        self.entitle()
        self._next()

    def forget(self) -> None:
        """Show nothing of what was."""
        self.version, self.numbers, self._wanted, self._whole = None, None, None, {}
        self.spec = Spec()
        self.plot.draw(None, empty="…")

    def _next(self) -> None:
        """Count what is wanted, one at a time: keys that come quickly do not pile up work."""
        if self._busy or self._wanted is None or not self.is_attached:
            return
        version, spec = self._wanted
        self._busy, self._wanted = True, None

        def come(numbers: Figures) -> None:
            self._busy = False
            if self._wanted is None:
                self._show(spec, numbers)
            self._next()

        def failed(error: WorkbenchError) -> None:
            self._busy = False
            if self._wanted is None:
                self.numbers = None
                self.tell(error)
            self._next()

        self._figuring.count(self, version, spec, come, failed)

    def on_mount(self) -> None:
        """Count what was wanted before it was there."""
        self.call_after_refresh(self._next)

    def _show(self, spec: Spec, numbers: Figures) -> None:
        self.numbers = numbers
        options = dict(spec.options)
        for name, ends in _ENDS.items():
            axis = axis_of(numbers.data, name)
            if axis is not None and not any(end in options for end in ends):
                self._whole[name] = axis
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
        parts.append("zoomed, backspace resets" if self._zoomed else "")
        parts.append(self.note)
        self.border_subtitle = said("  ".join(part for part in parts if part), cap=120)

    def change(self, spec: Spec) -> None:
        """Become another chart by a key."""
        if self.version is not None and spec != self.spec:
            self.look(self.version, spec)
            self.post_message(self.Changed(self))

    # Axes

    @property
    def _zoomed(self) -> bool:
        return unzoomed(self.spec) != self.spec

    def _axes(self) -> dict[str, Axis]:
        """Return the axes that can be seen in part, as they are seen now."""
        from workbench.explore.charts import find_chart

        if self.numbers is None:
            return {}
        found = {
            name: axis_of(self.numbers.data, name) for name in find_chart(self.spec.kind).zooms
        }
        return {name: axis for name, axis in found.items() if axis is not None and axis.span}

    def _see(self, axes: dict[str, Axis]) -> None:
        options: dict[str, Value] = {}
        for name, axis in axes.items():
            low, high = _ENDS[name]
            whole = self._whole.get(name)
            all_of_it = whole and axis.low <= whole.low and axis.high >= whole.high
            options[low] = "" if all_of_it else written(axis.kind, axis.low)
            options[high] = "" if all_of_it else written(axis.kind, axis.high)
        self.change(self.spec.having(**options))

    def why_not_zoom_in(self) -> str:
        """There must be an axis."""
        return "" if self._axes() else NO_AXIS

    def act_zoom_in(self) -> None:
        """See the middle half."""
        self._see({name: zoomed(axis, 0.5) for name, axis in self._axes().items()})

    def why_not_zoom_out(self) -> str:
        """It must be seen in part."""
        return self.why_not_zoom_in() or self.why_not_whole()

    def act_zoom_out(self) -> None:
        """See twice as much."""
        self._see({name: zoomed(axis, 2.0) for name, axis in self._axes().items()})

    def why_not_whole(self) -> str:
        """It must be seen in part."""
        return "" if self._zoomed else "the whole axis is seen; + zooms in"

    def act_whole(self) -> None:
        """See all."""
        self.change(unzoomed(self.spec))

    def _why_not_move(self, name: str) -> str:
        if name not in self._axes():
            return NO_AXIS
        return self.why_not_whole()

    def _move(self, name: str, share: float) -> None:
        self._see({name: panned(self._axes()[name], share)})

    def why_not_left(self) -> str:
        """It must be seen in part."""
        return self._why_not_move("x")

    why_not_right = why_not_left

    def why_not_up(self) -> str:
        """It must be seen in part."""
        return self._why_not_move("y")

    why_not_down = why_not_up

    def act_left(self) -> None:
        """To lower values."""
        self._move("x", -STEP)

    def act_right(self) -> None:
        """To higher values."""
        self._move("x", STEP)

    def act_up(self) -> None:
        """To higher values of the axis upwards."""
        self._move("y", STEP)

    def act_down(self) -> None:
        """To lower values of the axis upwards."""
        self._move("y", -STEP)

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
