"""`workbench job`: list, show, logs, cancel."""

from __future__ import annotations

import click

from workbench.cli.base import Context, common, table
from workbench.cli.joblog import describe, moment, show_log


@click.group()
def group() -> None:
    """Jobs: pieces of work on a target."""


@group.command("list")
@click.option("--unfinished", is_flag=True, help="Only those that have not ended.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@common
def list_(context: Context, unfinished: bool, limit: int) -> None:
    """List jobs, newest first."""
    from workbench.compute.jobs import list_jobs

    jobs = list_jobs(context.project, unfinished=unfinished, limit=limit)

    def human() -> str:
        rows = [
            (
                job.reference,
                job.state,
                job.target,
                job.kind_of_work,
                job.title,
                moment(job.queued_at),
            )
            for job in jobs
        ]
        headings = ("JOB", "STATE", "TARGET", "KIND", "TITLE", "QUEUED")
        return table(headings, rows) if rows else "No jobs."

    context.answer("job.list@1", jobs, human)


@group.command()
@click.argument("job")
@common
def show(context: Context, job: str) -> None:
    """Show one job: state, target, times, reason."""
    from workbench.compute.jobs import get_job

    found = get_job(context.project, job)
    context.answer("job.show@1", found, lambda: describe(found))


@group.command()
@click.argument("job")
@click.option("-f", "--follow", "follow", is_flag=True, help="Go on until the job ends.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Start at this byte.")
@common
def logs(context: Context, job: str, follow: bool, offset: int) -> None:
    """Show a job's log; control characters in it are shown, not obeyed."""
    show_log(context, job, follow=follow, offset=offset)


@group.command()
@click.argument("job")
@common
def cancel(context: Context, job: str) -> None:
    """Ask that a job be ended, with every process it started."""
    from workbench.compute.jobs import cancel as ask

    found = ask(context.project, job)
    context.answer("job.cancel@1", found, f"{found.reference} is asked to stop.")
