"""`workbench plugin`: what is installed behind the plugin door."""

from __future__ import annotations

from dataclasses import asdict

import click

from workbench.cli.base import Context, common, table
from workbench.plugins import GROUPS, rows


@click.group()
def group() -> None:
    """Plugins: sources, charts, trainers, formats, gates, targets."""


@group.command("list")
@click.option("--kind", type=click.Choice(list(GROUPS)), help="Only these.")
@click.option(
    "--check", is_flag=True, help="Load each one, and show the error of what does not load."
)
@common
def list_(context: Context, kind: str | None, check: bool) -> None:
    """List the installed plugins."""
    found = [row for each in ([kind] if kind else GROUPS) for row in rows(each, check=check)]

    def human() -> str:
        headings = ["kind", "name", "object", "from", *(["error"] if check else [])]
        cells = [
            [
                row.kind,
                row.name,
                row.object,
                row.distribution,
                *([row.error or "-"] if check else []),
            ]
            for row in found
        ]
        return table(headings, cells)

    context.answer("plugin.list@1", [asdict(row) for row in found], human)
