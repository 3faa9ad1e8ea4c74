"""Seeing the axes of a chart in part: zoom, move, and the whole again. They set options of the chart."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.explore.spec import Spec, unzoomed
from workbench.explore.axes import Axis, axis_of, panned, written, zoomed

if TYPE_CHECKING:
    from workbench.explore.contract import Figures
    from workbench.options import Value

STEP = 0.25
"""The share of an axis that a key moves by."""

ENDS = {"x": ("low", "high"), "y": ("floor", "ceiling")}
"""The options of a chart that say where an axis begins and ends."""

NO_AXIS = "this kind of chart has no axis that is seen in part"


class AxisActs(Actor):
    """The acts of a chart on its axes; mixed into it."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("cell.zoom-in", "zoom-in", rank=14),
        Act("cell.zoom-out", "zoom-out", rank=15),
        Act("cell.whole", "whole", rank=0),
        Act("cell.left", "left", label="Lower values", help="Move along the axis.", rank=0),
        Act("cell.right", "right", label="Higher values", help="Move along the axis.", rank=0),
        Act("cell.up", "up", label="Upwards", help="Move along the axis upwards.", rank=0),
        Act("cell.down", "down", label="Downwards", help="Move along the axis upwards.", rank=0),
    )

    def __init__(self) -> None:
        super().__init__()
        self.spec = Spec()
        self.numbers: Figures | None = None
        """What is drawn now."""
        self.whole_axes: dict[str, Axis] = {}
        """The axes as they are seen whole, as far as that is known."""

    @abstractmethod
    def change(self, spec: Spec) -> None:
        """Become another chart."""
        raise NotImplementedError

    @property
    def zoomed(self) -> bool:
        """Whether an axis is seen in part."""
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
            low, high = ENDS[name]
            whole = self.whole_axes.get(name)
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
        return "" if self.zoomed else "the whole axis is seen; + zooms in"

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
