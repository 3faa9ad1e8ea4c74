"""What a chart plugin is: numbers out of a table (here) and a drawing of them as text. No widget knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from workbench.options import Option, Value

if TYPE_CHECKING:
    import polars as pl

Fit = Literal["number", "moment", "word"]
"""What a column is to a chart: numbers, moments (dates, times, durations), or words (and truth values)."""

SERIES = (32, 172, 169, 36, 133, 166)
"""Colours of the series of a drawing, by the numbers of the 256: apart for colour-blind eyes, readable on
a dark and on a light ground. A screen puts colours of its theme in their place, by their order."""

MUTED = 244
"""The colour of axes and notes in a drawing."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for columns: what it is called, what fits, and how many (`most` 0: any number)."""

    name: str
    help: str
    fits: tuple[Fit, ...] = ("number", "moment", "word")
    least: int = 1
    most: int = 1


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a chart: small (independent of the table's length), and all a drawing needs.

    `notes` say in words how many rows are in it and what was left out. `data["x"]` and `data["y"]` of a
    chart that zooms are axes (`workbench.explore.axes.Axis`): what is seen of the table's values.
    """

    title: str
    data: dict[str, Any]
    notes: tuple[str, ...] = ()


class Chart(Protocol):
    """One kind of chart.

    `slots` say which columns it takes, `groups` whether it can be split by the values of one more.
    `zooms` names its axes that can be seen in part: `x` means that it has the options `low` and
    `high`, `y` that it has `floor` and `ceiling` (texts: a number or a moment, empty for all).

    Guarantees: `compute` runs out of core over a lazy frame and returns figures of bounded size;
    `draw` is pure, returns text of exactly `height` lines of at most `width` cells with no escape
    sequence but SGR colours (none where `colour` is false; series by SERIES, what is less important
    by MUTED, and nothing is told by colour alone), and calls clean() on every label.
    """

    name: str
    title: str
    help: str
    groups: bool

    @property
    def options(self) -> tuple[Option, ...]:
        """How it can be made."""
        ...

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Which columns it takes."""
        ...

    @property
    def zooms(self) -> tuple[str, ...]:
        """Which axes can be seen in part."""
        ...

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Return the numbers; raises BadInput for a column that does not exist or does not fit."""
        ...

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Return the drawing."""
        ...
