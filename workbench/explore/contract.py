"""What a chart plugin is: numbers out of a table (here) and a drawing of them as text. No widget knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from workbench.options import Option, Value

if TYPE_CHECKING:
    import polars as pl


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a chart: small (independent of the table's length), and all a drawing needs."""

    title: str
    data: dict[str, Any]
    notes: tuple[str, ...] = ()


class Chart(Protocol):
    """One kind of chart.

    Guarantees: `compute` runs out of core over a lazy frame and returns figures of bounded size;
    `draw` is pure, returns text of exactly `height` lines of at most `width` cells with no escape
    sequence but SGR colours (none where `colour` is false), and calls clean() on every label.
    """

    name: str
    title: str
    options: tuple[Option, ...]

    def compute(
        self, table: pl.LazyFrame, columns: tuple[str, ...], options: Mapping[str, Value]
    ) -> Figures:
        """Return the numbers; raises BadInput for a column that does not exist or does not fit."""
        ...

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Return the drawing."""
        ...
