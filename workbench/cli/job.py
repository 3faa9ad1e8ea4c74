"""`workbench job`: list, show, logs, attach, prioritize, cancel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common, table
from workbench.cli.cancelling import cancel_job, cancelled_words, forget_option
from workbench.cli.joblog import describe, going_on, moment, save_log, show_log
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.jobs import Job


@click.group()
def group() -> None:
    """Jobs: pieces of work on a target."""


@group.command("list")
@click.option("--unfinished", is_flag=True, help="Only those that have not ended.")
@click.option("--target", default="", help="Only those of this target.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@common
def list_(context: Context, unfinished: bool, target: str, limit: int) -> None:
    """List jobs, newest first."""
    from workbench.compute.jobs import list_jobs
    from workbench.compute.targets import kind_of
    from workbench.compute.told import read_news

    if target:
        kind_of(context.project, target)  # one that is not there is refused
    jobs = list_jobs(context.project, unfinished=unfinished, limit=limit, target=target)
    news = {job.id: read_news(context.project, job) for job in jobs if not job.ended}

    def human() -> str:
        rows = [
            (
                job.reference,
                job.state,
                job.target,
                job.kind_of_work,
                job.title,
                going_on(job, news.get(job.id)),
                moment(job.queued_at),
            )
            for job in jobs
        ]
        headings = ("JOB", "STATE", "TARGET", "KIND", "TITLE", "NOW", "QUEUED")
        return table(headings, rows) if rows else "No jobs."

    context.answer("job.list@1", [_data(job, news.get(job.id)) for job in jobs], human)


@group.command()
@click.argument("job")
@common
def show(context: Context, job: str) -> None:
    """Show one job: state, target, how far it is, what it uses and may use, times, reason."""
    import msgspec

    from workbench.compute.jobs import get_job, warnings
    from workbench.compute.told import limits_of, read_news

    found = get_job(context.project, job)
    news, limits = read_news(context.project, found), limits_of(context.project, found)
    warned = warnings(context.project, found)
    data = _data(found, news) | {"limits": msgspec.to_builtins(limits), "warnings": warned}
    context.answer("job.show@1", data, lambda: describe(found, news, limits, warned))


@group.command()
@click.argument("job")
@click.option("-f", "--follow", "follow", is_flag=True, help="Go on until the job ends.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Start at this byte.")
@click.option(
    "--save", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write it to a file instead, byte for byte as it came.",
)  # fmt: skip
@common
def logs(context: Context, job: str, follow: bool, offset: int, file: Path | None) -> None:
    """Show a job's log; control characters in it are shown, not obeyed."""
    if file is None:
        show_log(context, job, follow=follow, offset=offset)
        return
    size = save_log(context, job, file, follow=follow, offset=offset)
    written = {"job": job, "file": str(file), "bytes": size}
    context.answer("job.logs@1", written, f"Wrote {clean(file)}, {size:,} bytes.")


@group.command()
@click.argument("job")
@common
def attach(context: Context, job: str) -> int:
    """Follow a job's log and progress to its end; ctrl-c detaches, the job goes on."""
    from workbench.cli.attaching import attach as follow

    return follow(context, job)


@group.command(context_settings={"ignore_unknown_options": True})
@click.argument("job")
@click.argument("priority", type=int)
@common
def prioritize(context: Context, job: str, priority: int) -> None:
    """Let a queued job start before those with a lower PRIORITY (-100 to 100, 0 at first)."""
    from workbench.compute.jobs import prioritize as ask

    found = ask(context.project, job, priority)
    context.answer("job.prioritize@1", found, f"{found.reference} has priority {found.priority}.")


@group.command()
@click.argument("job")
@forget_option
@common
def cancel(context: Context, job: str, forget: bool) -> None:
    """Ask that a job be ended, with every process it started."""
    found = cancel_job(context, job, forget=forget)
    context.answer("job.cancel@1", found, cancelled_words(found.reference, found, forget=forget))


def _data(job: Job, news: Any) -> dict[str, Any]:
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(job)
    return found | (msgspec.to_builtins(news) if news else {"stage": None, "usage": None})
