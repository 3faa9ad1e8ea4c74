"""Charts of dataset versions: numbers out of the table, drawn as text by the chart's plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workbench.explore.contract import Chart, Figures
from workbench.options import Value
from workbench.plugins import load

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project


def find_chart(kind: str) -> Chart:
    """Return the chart plugin `kind`; raises NotFound with the kinds there are."""
    chart: Chart = load("charts", kind)
    return chart


def figures(
    project: Project,
    kind: str,
    version: DatasetVersion,
    columns: Sequence[str],
    options: Mapping[str, Value] | None = None,
) -> Figures:
    """Return the numbers of a chart of some columns of a version.

    Reads the file in pieces; what comes back is small however long the table is. Raises BadInput
    for a column that does not exist or does not fit, and for an option out of its bounds.
    """
    import polars as pl

    from workbench.data.datasets import path

    table = pl.scan_parquet(path(project, version), glob=False)
    return find_chart(kind).compute(table, tuple(columns), options or {})


def draw(kind: str, numbers: Figures, width: int, height: int, *, colour: bool = True) -> str:
    """Return the drawing: `height` lines of at most `width` cells, safe to write to a terminal."""
    return find_chart(kind).draw(numbers, width, height, colour=colour)
