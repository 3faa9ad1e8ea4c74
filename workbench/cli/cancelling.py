"""Cancelling, for `workbench job cancel` and `workbench run cancel`: in order, or without the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.jobs import Job

forget_option = click.option(
    "--forget",
    is_flag=True,
    help="Where its target is gone for good: end it here, without asking there.",
)


def cancel_job(context: Context, ref: str, *, forget: bool) -> Job:
    """Ask that the job `ref` be ended; with `forget` without its target, unless that answers."""
    if not forget:
        from workbench.compute.jobs import cancel

        return cancel(context.project, ref)
    from workbench.cli.target import ask_person
    from workbench.compute.forgetting import forget_job

    return forget_job(context.project, ref, ask_person(context))


def cancelled_words(name: str, job: Job, *, forget: bool) -> str:
    """Say what was asked for the job of `name`, a job or a run."""
    if not forget:
        return f"{name} is asked to stop."
    return f"{name} ends here, and {clean(job.target)} is not asked. {left_words(job.target)}"


def left_words(target: str) -> str:
    """Say what becomes of what was left on a target that was not asked."""
    return (
        f"What is on {clean(target)} stays there; if it ever answers again, it goes by itself,"
        f" or at once: workbench target prune {clean(target)}"
    )
