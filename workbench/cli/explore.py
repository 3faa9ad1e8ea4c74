"""`workbench explore`: charts of a dataset, and what is worth a look."""

from __future__ import annotations

import shutil

import click

from workbench.cli.base import Context, colour_wanted, common, table
from workbench.cli.flags import help_of, parameters, parse_assignments


@click.group()
def group() -> None:
    """Charts of a dataset."""


@group.command()
@click.argument("kind")
@click.argument("version")
@click.argument("columns", metavar="[COLUMN]...", nargs=-1)
@click.option("--group", "by", metavar="COLUMN", default="", help="Split it by this column.")
@click.option(
    "--where",
    metavar="CONDITION",
    default="",
    help="Only rows of which this SQL condition is true.",
)
@click.option("--width", type=click.IntRange(10, 1000), help="Cells (default: the terminal's).")
@click.option("--height", type=click.IntRange(3, 500), default=20, show_default=True)
@parameters
@common
def chart(
    context: Context,
    kind: str,
    version: str,
    columns: tuple[str, ...],
    by: str,
    where: str,
    width: int | None,
    height: int,
    assignments: tuple[str, ...],
) -> None:
    """Draw a chart, such as: workbench explore chart histogram flights distance.

    See the kinds with workbench explore kinds.
    """
    from workbench.data.datasets import get_version
    from workbench.explore.charts import draw, figures, find_chart

    options = parse_assignments(assignments, find_chart(kind).options, owner=kind)
    found = get_version(context.project, version)
    numbers = figures(context.project, kind, found, columns, options, group=by, where=where)
    data = {
        "kind": kind,
        "version": found.reference,
        "columns": columns,
        "group": by,
        "where": where,
        "figures": numbers,
    }
    cells = width or shutil.get_terminal_size((80, 24)).columns
    context.answer(
        "explore.chart@1",
        data,
        lambda: draw(kind, numbers, cells, height, colour=colour_wanted()),
    )


@group.command()
@common
def kinds(context: Context) -> None:
    """List the kinds of charts, with the columns and the parameters that each takes."""
    from workbench.explore.charts import find_chart
    from workbench.explore.charts import kinds as names
    from workbench.explore.columns import usage

    charts = [find_chart(name) for name in names()]
    data = [
        {
            "kind": chart.name,
            "columns": usage(chart),
            "help": chart.help,
            "groups": chart.groups,
            "parameters": {option.name: option.schema() for option in chart.options},
        }
        for chart in charts
    ]

    def drawn() -> str:
        rows = [[one.name, usage(one), one.help] for one in charts]
        parts = [table(["KIND", "COLUMNS", "WHAT"], rows)]
        for one in charts:
            lines = [f"  -P {option.name}=  {help_of(option)}" for option in one.options]
            parts += [f"\n{one.name}", *lines]
        return "\n".join(parts)

    context.answer("explore.kinds@1", data, drawn)


@group.command()
@click.argument("version")
@click.option("--target", metavar="COLUMN", default="", help="What is to be predicted.")
@common
def suggest(context: Context, version: str, target: str) -> None:
    """Say which charts are worth a look and which families of models fit, each with its reason."""
    from workbench.cli.explore_text import advice_text
    from workbench.data.datasets import get_version
    from workbench.explore.suggest import advise

    found = get_version(context.project, version)
    advice = advise(context.project, found, target)
    context.answer("explore.suggest@1", advice, lambda: advice_text(advice))
