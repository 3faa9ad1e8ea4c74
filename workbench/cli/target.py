"""`workbench target`: list, check."""

from __future__ import annotations

import click

from workbench.cli.base import Context, common, table
from workbench.errors import TargetError
from workbench.text import clean


@click.group()
def group() -> None:
    """Places where work runs."""


@group.command("list")
@common
def list_(context: Context) -> None:
    """List the targets of this project."""
    from workbench.compute.targets import list_targets

    targets = list_targets(context.project)
    context.answer(
        "target.list@1",
        targets,
        lambda: table(
            ("TARGET", "KIND", "SLOTS", "JOBS"),
            [(row.name, row.kind, row.slots, row.unfinished) for row in targets],
            right=("SLOTS", "JOBS"),
        ),
    )


@group.command()
@click.argument("target")
@common
def check(context: Context, target: str) -> None:
    """Ask a target what is there; fails when something is missing."""
    from workbench.compute.targets import probe

    found = probe(context.project, target)
    if not found.ok:
        raise TargetError(
            f"The target {target} cannot run jobs",
            where=target,
            why="; ".join(lack.why for lack in found.missing),
            fix="; ".join(lack.fix for lack in found.missing),
            code="target.missing",
        )
    context.answer(
        "target.check@1",
        {"name": target, "ok": found.ok, "facts": dict(found.facts), "missing": found.missing},
        lambda: "\n".join(f"{name:8}{clean(value)}" for name, value in found.facts.items()),
    )
