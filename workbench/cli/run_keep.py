"""`workbench run`: tag, untag, archive, unarchive, delete, restore."""

from __future__ import annotations

import sys

import click

from workbench.cli.base import Context, common

RUNS = click.argument("runs", nargs=-1, required=True, metavar="RUN...")


@click.command()
@RUNS
@click.argument("name", metavar="TAG")
@common
def tag(context: Context, runs: tuple[str, ...], name: str) -> None:
    """Give runs a tag."""
    from workbench.experiments.keeping import tag as act

    kept = act(context.project, runs, name)
    context.answer("run.tag@1", kept, lambda: _said(kept.runs, f"tagged {name}"))


@click.command()
@RUNS
@click.argument("name", metavar="TAG")
@common
def untag(context: Context, runs: tuple[str, ...], name: str) -> None:
    """Take a tag from runs."""
    from workbench.experiments.keeping import untag as act

    kept = act(context.project, runs, name)
    context.answer("run.untag@1", kept, lambda: _said(kept.runs, f"no longer tagged {name}"))


@click.command()
@RUNS
@common
def archive(context: Context, runs: tuple[str, ...]) -> None:
    """Put runs out of sight; archived:yes in a filter shows them."""
    from workbench.experiments.keeping import archive as act

    kept = act(context.project, runs)
    context.answer("run.archive@1", kept, lambda: _said(kept.runs, "archived"))


@click.command()
@RUNS
@common
def unarchive(context: Context, runs: tuple[str, ...]) -> None:
    """Bring archived runs back into sight."""
    from workbench.experiments.keeping import unarchive as act

    kept = act(context.project, runs)
    context.answer("run.unarchive@1", kept, lambda: _said(kept.runs, "in sight again"))


@click.command()
@RUNS
@click.option(
    "--yes", "confirmed", default="", metavar="RUN", help="The run again (`3 runs` for three)."
)
@common
def delete(context: Context, runs: tuple[str, ...], confirmed: str) -> None:
    """Delete runs; `run restore` takes it back, the records stay."""
    from workbench.errors import UsageError
    from workbench.experiments.keeping import delete as act

    wanted = runs[0] if len(runs) == 1 else f"{len(runs)} runs"
    if not confirmed and not context.json and sys.stdin.isatty() and sys.stderr.isatty():
        confirmed = click.prompt(f"Type {wanted} to go on", err=True)
    if confirmed != wanted:
        raise UsageError(
            "Runs are deleted only when they are named twice",
            where="--yes",
            why=f"it is {confirmed[:60]!r}" if confirmed else "it is not given",
            fix=f'Add --yes "{wanted[:80]}"',
            code="run.delete_unconfirmed",
        )
    kept = act(context.project, runs)
    context.answer("run.delete@1", kept, lambda: _said(kept.runs, "deleted"))


@click.command()
@RUNS
@common
def restore(context: Context, runs: tuple[str, ...]) -> None:
    """Take the deletion of runs back."""
    from workbench.experiments.keeping import restore as act

    kept = act(context.project, runs)
    context.answer("run.restore@1", kept, lambda: _said(kept.runs, "here again"))


def _said(runs: tuple[str, ...], what: str) -> str:
    if not runs:
        return "Nothing to do: they are so already."
    names = ", ".join(runs[:20]) + (f" and {len(runs) - 20} more" if len(runs) > 20 else "")
    return f"{names}: {what}."


KEEPING: tuple[click.Command, ...] = (tag, untag, archive, unarchive, delete, restore)
"""The commands of this module, for the group `run`."""
