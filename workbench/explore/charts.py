"""Charts of dataset versions: numbers out of the table, drawn as text by the chart's plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from workbench.explore.columns import check_group
from workbench.explore.contract import Chart, Figures
from workbench.options import Value
from workbench.plugins import load, names

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project


def find_chart(kind: str) -> Chart:
    """Return the chart plugin `kind`; raises NotFound with the kinds there are."""
    chart: Chart = load("charts", kind)
    return chart


def kinds() -> tuple[str, ...]:
    """Return the names of the kinds of charts there are, importing none."""
    return names("charts")


def figures(
    project: Project,
    kind: str,
    version: DatasetVersion,
    columns: Sequence[str],
    options: Mapping[str, Value] | None = None,
    *,
    group: str = "",
    where: str = "",
) -> Figures:
    """Return the numbers of a chart of some columns of a version.

    `group` splits it by the values of one more column, `where` (a condition in SQL) leaves rows out.
    Reads the file in pieces; what comes back is small however long the table is. Raises BadInput
    for a column that does not exist or does not fit, for an option out of its bounds, for a group
    that the chart cannot be split by and for what is no condition.
    """
    from workbench.explore.rows import rows

    chart = find_chart(kind)
    check_group(chart, {column.name: column.type for column in version.columns}, group)
    table = rows(project, version, where)
    found = chart.compute(table, tuple(columns), options or {}, group=group)
    if where.strip():
        found = msgspec.structs.replace(found, notes=(f"where {where.strip()}", *found.notes))
    return found


def draw(kind: str, numbers: Figures, width: int, height: int, *, colour: bool = True) -> str:
    """Return the drawing: `height` lines of at most `width` cells, safe to write to a terminal."""
    return find_chart(kind).draw(numbers, width, height, colour=colour)
