"""`workbench run`: train and reproduce, which queue a run and wait for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common
from workbench.cli.flags import limit_flags, parameters, parse_assignments

if TYPE_CHECKING:
    from workbench.experiments.runs import Run

DETACHED = 130
"""Exit status of a command that was interrupted while it waited: the run goes on."""
UNEQUAL = 3


@click.command()
@click.argument("experiment")
@click.option("--trainer", required=True, help="See: workbench plugin list --kind trainers.")
@parameters
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--data", "dataset", metavar="D@V", help="Another data version than the problem's.")
@click.option("--target", default="local", show_default=True, help="Where it runs.")
@limit_flags
@click.option("--detach", is_flag=True, help="Do not wait: print the run's id.")
@common
def train(
    context: Context,
    experiment: str,
    trainer: str,
    assignments: tuple[str, ...],
    seed: int,
    dataset: str | None,
    target: str,
    time: str,
    memory: str,
    cpus: str,
    detach: bool,
) -> int:
    """Train a model for EXPERIMENT; waits for its end (ctrl-c detaches, the run goes on)."""
    from workbench import plugins
    from workbench.cli.run_text import run_text
    from workbench.compute.limiting import parse_limits
    from workbench.experiments.runs import train as ask

    limits = parse_limits(time, memory, cpus)
    options = plugins.load("trainers", trainer).options
    params = parse_assignments(assignments, options, owner=f"The trainer {trainer}")
    run = ask(context.project, experiment, trainer, params, seed, dataset, target, limits)
    if detach:
        context.answer("run.train@1", run, run.reference)
        return 0
    ended = _wait(context, run)
    if ended is None:
        return DETACHED
    context.answer("run.train@1", ended, lambda: run_text(ended))
    return 0


@click.command()
@click.argument("run")
@click.option("--target", help="Where it runs (default: where the first one did).")
@limit_flags
@click.option("--detach", is_flag=True, help="Do not wait: print the new run's id.")
@common
def reproduce(
    context: Context,
    run: str,
    target: str | None,
    time: str,
    memory: str,
    cpus: str,
    detach: bool,
) -> int:
    """Train RUN again from its record and compare; exit status 3 when a figure differs.

    The problem, the data, the values and the seed are the record's. What is not as it was then (code,
    packages, machine) is told first.
    """
    from workbench.cli.again_text import plan_text, reproduction_text
    from workbench.compute.limiting import parse_limits
    from workbench.experiments.reproduce import plan_again, reproduced
    from workbench.experiments.reproduce import reproduce as ask

    limits = parse_limits(time, memory, cpus)
    context.say(plan_text(plan_again(context.project, run)))
    second = ask(context.project, run, target, limits)
    if detach:
        context.answer("run.train@1", second, second.reference)
        return 0
    ended = _wait(context, second)
    if ended is None:
        return DETACHED
    found = reproduced(context.project, ended)
    context.answer("run.reproduce@1", found, lambda: reproduction_text(found))
    return 0 if found.equal else UNEQUAL


def _wait(context: Context, run: Run) -> Run | None:
    """Return the run when it has succeeded, None when it is no longer waited for."""
    from workbench.cli.progress import follow_run
    from workbench.errors import WorkbenchError
    from workbench.experiments.lookup import get_run

    try:
        state = follow_run(context.project, run)
    except KeyboardInterrupt:
        context.say(
            f"Detached: {run.reference} goes on. To see it: workbench run logs -f {run.reference}; "
            f"to end it: workbench run cancel {run.reference}"
        )
        return None
    ended = get_run(context.project, run.id)
    if state != "succeeded":
        raise WorkbenchError(
            f"{run.reference} {_ended(state)}",
            where=run.experiment,
            why=ended.error,
            fix=f"See its log: workbench run logs {run.reference}",
            code=f"run.{state}",
        )
    return ended


def _ended(state: str) -> str:
    return {"failed": "failed", "cancelled": "was cancelled", "lost": "is lost"}.get(state, state)


TRAINING: tuple[click.Command, ...] = (train, reproduce)
"""The commands of this module, for the group `run`."""
