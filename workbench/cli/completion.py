"""`workbench completion`: the script by which a shell completes commands and the project's names."""

from __future__ import annotations

import click

from workbench.cli.base import Context, common
from workbench.cli.completing.scripts import SCRIPTS


@click.command()
@click.argument("shell", type=click.Choice(list(SCRIPTS)))
@common
def completion(context: Context, shell: str) -> None:
    """Print the script that completes commands and live names; its first lines say where it goes."""
    script = SCRIPTS[shell]
    context.answer("completion@1", {"shell": shell, "script": script}, script.rstrip("\n"))
