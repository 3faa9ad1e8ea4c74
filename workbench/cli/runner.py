"""`workbench runner`: the runner in the foreground, to see what it does."""

from __future__ import annotations

import click

from workbench.cli.base import Context, common
from workbench.errors import Conflict


@click.command()
@common
def runner(context: Context) -> None:
    """Run this project's runner here until there is no work, or ctrl-c.

    Not needed in daily work: the first command that needs a runner starts one, detached.
    """
    from workbench.compute.wake import runner_pid
    from workbench.runner.process import log_to_stderr, serve

    log_to_stderr()
    if not serve(context.project):
        raise Conflict(
            "The runner of this project runs already",
            where=str(context.project.root),
            why=f"process {runner_pid(context.project) or 'unknown'} holds its lock",
            fix="See what it does in .workbench/runner-UID.log, or end that process",
            code="runner.runs",
        )
    context.answer("runner@1", {"ended": True}, "The runner has ended.")
