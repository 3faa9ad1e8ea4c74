"""`workbench run`: list, show, compare, report, logs, cancel; the rest is in `run_again` and `run_keep`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from workbench.cli.base import Context, common
from workbench.cli.cancelling import cancel_job, cancelled_words, forget_option
from workbench.cli.run_again import TRAINING
from workbench.cli.run_keep import KEEPING
from workbench.states import RunState
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.experiments.rows import RunRow

ALL = 0
MOST_SHOWN = 100
"""How many runs a person's list has unless it is asked for more; programs get all."""


@click.group()
def group() -> None:
    """Runs: attempts at an experiment's problem, never overwritten."""


for _command in (*TRAINING, *KEEPING):
    group.add_command(_command)


@group.command("list")
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--state", type=click.Choice(get_args(RunState)), help="Only runs in this state.")
@click.option("--trainer", help="Only runs of this trainer.")
@click.option(
    "--filter",
    "filter_text",
    default="",
    metavar="TEXT",
    help="Such as: auc>0.9 trainer:hgb -tag:old since:2d (see the README).",
)
@click.option("--columns", default="", metavar="NAMES", help="Such as: run,state,auc,lr,tag.")
@click.option("--sort", default="newest", show_default=True, help="newest, oldest, or a metric.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out the first so many.")
@click.option("--limit", type=click.IntRange(0), help="0 for all (default: 100; with --json all).")
@common
def list_(
    context: Context,
    experiment: str | None,
    state: str | None,
    trainer: str | None,
    filter_text: str,
    columns: str,
    sort: str,
    offset: int,
    limit: int | None,
) -> None:
    """List runs with their main figure."""
    from workbench.experiments.listing import list_runs

    shown = limit if limit is not None else ALL if context.json else MOST_SHOWN
    runs = list_runs(
        context.project,
        experiment=experiment,
        state=state,
        trainer=trainer,
        filter_text=filter_text,
        sort=sort,
        limit=shown or None,
        offset=offset,
    )
    if limit is None and shown and len(runs) == shown:
        context.say(f"The first {shown} are shown; --limit 0 shows all.")
    narrowed = bool(filter_text or offset or experiment or state or trainer)
    if columns:
        _answer_columns(context, runs, columns, narrowed=narrowed)
    else:
        _answer_runs(context, runs, sort, narrowed=narrowed)


def _answer_columns(context: Context, runs: list[RunRow], columns: str, *, narrowed: bool) -> None:
    from workbench.cli.run_text import column_table
    from workbench.experiments.columns import column_names, value_of
    from workbench.experiments.listing import known_names

    names = column_names(columns, known_names(context.project))
    rows = [{name: value_of(run, name) for name in names} for run in runs]
    context.answer(
        "run.columns@1", rows, lambda: column_table(runs, names) if runs else _none(narrowed)
    )


def _answer_runs(context: Context, runs: list[RunRow], sort: str, *, narrowed: bool) -> None:
    import msgspec

    def human() -> str:
        from workbench.cli.run_text import run_table
        from workbench.experiments.lookup import metrics_by_experiment

        metric = None if sort in {"newest", "oldest"} else sort
        if not runs:
            return _none(narrowed)
        return run_table(runs, metrics_by_experiment(context.project), metric)

    # A list may be long; its figures are Figure already, and its times are finite.
    data = msgspec.Raw(msgspec.json.encode(runs)) if context.json else None
    context.answer("run.list@1", data, human)


def _none(narrowed: bool) -> str:
    """Say that there are no runs, or none that match."""
    if narrowed:
        return "No run matches."
    return "No runs. Next: workbench run train EXPERIMENT --trainer hgb"


@group.command()
@click.argument("run")
@click.option(
    "--patch", "what", flag_value="patch", help="Only what was uncommitted, for git apply."
)
@click.option(
    "--lock", "what", flag_value="lock", help="Only the packages that were installed here."
)
@click.option(
    "--runtime",
    "what",
    flag_value="runtime",
    help="Only the locked packages that it was made in on another machine, for uv pip sync.",
)
@common
def show(context: Context, run: str, what: Literal["patch", "lock", "runtime"] | None) -> None:
    """Show one run: parameters, figures, artifacts, code, runtime, machine."""
    if what == "runtime":
        _show_runtime(context, run)
        return
    if what is not None:
        _show_object(context, run, what)
        return
    from workbench.cli.run_text import run_text
    from workbench.experiments.crash import last_words
    from workbench.experiments.lookup import get_run
    from workbench.experiments.reproduce import reproduced_words

    found = get_run(context.project, run)

    def human() -> str:
        again = reproduced_words(context.project, found)
        return run_text(found, again, last_words(context.project, found))

    context.answer("run.show@1", found, human)


def _show_object(context: Context, run: str, what: Literal["patch", "lock"]) -> None:
    import sys

    from workbench.experiments.facts import read_facts_object

    data = read_facts_object(context.project, run, what)
    if not context.json and not sys.stdout.isatty():
        sys.stdout.buffer.write(data)  # for git apply: as it was, byte by byte
        return
    text = data.decode("utf-8", "replace")
    cleaned = clean(text, len(text) + 1, lines=True).rstrip()
    context.answer(f"run.{what}@1", {"run": run, what: text}, cleaned)


def _show_runtime(context: Context, run: str) -> None:
    from workbench.experiments.facts import read_runtime

    found = read_runtime(context.project, run)
    names = {"run": run, "digest": found.digest, "python": found.python}
    context.answer("run.runtime@1", names | {"lock": found.lock.decode()}, found.text.rstrip())


@group.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--baseline", default="", metavar="RUN", help="Compare with this one (default: the first)."
)
@click.option(
    "--group",
    "over",
    default="",
    metavar="NAME",
    help="Put runs together that are equal but for NAME (seed, or a parameter): mean and interval.",
)
@click.option(
    "--curve", metavar="METRIC", help="Draw what the runs said of a metric, step by step."
)
@common
def compare(
    context: Context, runs: tuple[str, ...], baseline: str, over: str, curve: str | None
) -> None:
    """Compare runs with a baseline: what differs only, the best figures marked."""
    from workbench.cli.run_text import comparison_text
    from workbench.experiments.runs import compare as of_runs

    found = of_runs(context.project, runs, baseline=baseline, group=over)
    if curve is not None:
        _draw_curve(context, [one for column in found.members for one in column], curve)
        return
    context.answer("run.compare@1", found, lambda: comparison_text(found))


def _draw_curve(context: Context, runs: list[str], metric: str) -> None:
    from workbench.cli.base import colour_wanted
    from workbench.experiments.curves import KIND, curves
    from workbench.explore.charts import draw

    figures = curves(context.project, runs, metric)
    colour = colour_wanted()
    context.answer(
        "run.curves@1", figures, lambda: draw(KIND, figures, 100, 24, colour=colour).rstrip()
    )


@group.command()
@click.argument("run")
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="FILE",
    help="Write it as one HTML file that needs nothing else.",
)  # fmt: skip
@common
def report(context: Context, run: str, page: Path | None) -> None:
    """Write the run's report (Markdown) to stdout, or as a page for a browser."""
    from workbench.experiments.lookup import get_run, read_report

    reference = get_run(context.project, run).reference
    if page is not None:
        from workbench.experiments.findings import write_page

        size = write_page(context.project, run, page)
        written = {"run": reference, "html": str(page), "bytes": size}
        context.answer("run.report@1", written, f"Wrote {clean(page)}, {size:,} bytes.")
        return
    text = read_report(context.project, run)
    data: dict[str, Any] = {"run": reference, "markdown": text}
    context.answer("run.report@1", data, lambda: clean(text, len(text) + 1, lines=True).rstrip())


@group.command()
@click.argument("run")
@common
def explain(context: Context, run: str) -> None:
    """Show what the run's model goes by, and on which rows it is worst."""
    from workbench.cli.explain_text import explain_text
    from workbench.experiments.findings import read_findings

    found = read_findings(context.project, run)
    context.answer("run.explain@1", found, lambda: explain_text(found))


@group.command()
@click.argument("run")
@click.option("-f", "--follow", "follow", is_flag=True, help="Go on until the run ends.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Start at this byte.")
@common
def logs(context: Context, run: str, follow: bool, offset: int) -> None:
    """Show a run's log; control characters in it are shown, not obeyed."""
    from workbench.cli.joblog import show_log
    from workbench.experiments.lookup import get_run

    show_log(context, get_run(context.project, run).job, follow=follow, offset=offset)


@group.command()
@click.argument("run")
@forget_option
@common
def cancel(context: Context, run: str, forget: bool) -> None:
    """Ask that a run be ended, with every process of it."""
    from workbench.experiments.lookup import get_run

    job = cancel_job(context, get_run(context.project, run).job, forget=forget)
    found = get_run(context.project, run)
    words = cancelled_words(found.reference, job, forget=forget)
    context.answer("run.cancel@1", found, words)
