"""`workbench ui`, and `workbench` alone: the terminal interface."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.project.project import Project


@click.command()
@click.option("--fresh", is_flag=True, help="Begin at Home, not where it was left.")
@common
def ui(context: Context, fresh: bool = False) -> None:
    """Open the terminal interface on the project."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The interface needs a terminal",
            where="workbench ui",
            why="stdin or stdout is none",
            fix="Start it in a terminal, over ssh with ssh -t; commands work without: workbench --help",
            code="ui.terminal",
        )
    open_ui(context.open(via="tui"), fresh=fresh)


def open_ui(project: Project, *, fresh: bool = False) -> None:
    """Run the interface until the person quits. The only place of the core that knows the screens."""
    # textual costs 215 ms to import; no other command pays for it.
    from screens.run import run

    run(project, fresh=fresh)


def wrong_keys() -> list[str]:
    """Return a sentence on each entry of the person's keymap that cannot be used."""
    from screens.keymap import personal

    return personal().wrong
