"""How the grid of charts was left: what is kept of it for the next session, and put back then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from screens.explore.spec import Spec
from workbench.explore.charts import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from screens.explore.grid import Charts
    from workbench.data.datasets import DatasetVersion

LONGEST = 4000
"""Characters of a condition or a column's name that are kept."""


class Grid(msgspec.Struct, frozen=True):
    """The charts of a version (its ULID), and which of them is the active one."""

    version: str = ""
    charts: tuple[Spec, ...] = ()
    at: int = 0


def grid_of(version: DatasetVersion, charts: Charts) -> Grid:
    """Return how the charts are now."""
    specs = [cell.spec for cell in charts.cells if _short(cell.spec)]
    return Grid(version.id, tuple(specs), min(charts.at, len(specs) - 1))


def _short(spec: Spec) -> bool:
    texts = (*spec.columns, spec.group, spec.where)
    return all(len(text) <= LONGEST for text in texts)


def read(kept: object) -> Grid:
    """Return what was kept; an empty grid where it is something else."""
    try:
        return msgspec.convert(kept, Grid)
    except msgspec.ValidationError:
        return Grid()


def fitting(grid: Grid, types: Mapping[str, str], most: int) -> list[Spec]:
    """Return the charts that can still be drawn: their kind is installed, their columns are there."""
    known = set(kinds())
    return [
        spec
        for spec in grid.charts
        if spec.kind in known
        and spec.columns
        and all(name in types for name in spec.columns)
        and (not spec.group or spec.group in types)
    ][:most]


def put_back(grid: Grid, version: DatasetVersion, specs: list[Spec], charts: Charts) -> None:
    """Draw them again, beside the one chart that is there."""
    for spec in specs[1:]:
        charts.add().look(version, spec)
    charts.cells[0].look(version, specs[0])
    charts.at = min(max(grid.at, 0), len(specs) - 1)
    charts.lay()
