"""`workbench explore`: charts of a dataset."""

from __future__ import annotations

import shutil

import click

from workbench.cli.base import Context, colour_wanted, common
from workbench.cli.flags import parameters, parse_assignments


@click.group()
def group() -> None:
    """Charts of a dataset."""


@group.command()
@click.argument("kind")
@click.argument("version")
@click.argument("columns", metavar="COLUMN...", nargs=-1, required=True)
@click.option("--width", type=click.IntRange(10, 1000), help="Cells (default: the terminal's).")
@click.option("--height", type=click.IntRange(3, 500), default=20, show_default=True)
@parameters
@common
def chart(
    context: Context,
    kind: str,
    version: str,
    columns: tuple[str, ...],
    width: int | None,
    height: int,
    assignments: tuple[str, ...],
) -> None:
    """Draw a chart, such as: workbench explore chart histogram flights distance."""
    from workbench.data.datasets import get_version
    from workbench.explore.charts import draw, figures, find_chart

    options = parse_assignments(assignments, find_chart(kind).options, owner=kind)
    found = get_version(context.project, version)
    numbers = figures(context.project, kind, found, columns, options)
    data = {"kind": kind, "version": found.reference, "columns": columns, "figures": numbers}
    cells = width or shutil.get_terminal_size((80, 24)).columns
    context.answer(
        "explore.chart@1",
        data,
        lambda: draw(kind, numbers, cells, height, colour=colour_wanted()),
    )
