"""`workbench experiment`: new, list, show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common, table
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.experiments.experiments import Experiment
    from workbench.experiments.runs import RunRow

TASKS = ("binary", "multiclass", "regression")
METHODS = ("stratified", "random", "time", "group")


@click.group()
def group() -> None:
    """Problem statements: what is to be predicted, from which data, and when it is good enough."""


@group.command()
@click.argument("name")
@click.option("--dataset", required=True, help="A dataset, or one version of it (flights@3).")
@click.option("--target", required=True, help="The column to predict.")
@click.option("--task", required=True, type=click.Choice(TASKS))
@click.option("--metric", help="What runs are judged by (default: the task's usual one).")
@click.option("--threshold", type=float, help="The value that makes a run good enough.")
@click.option("--goal", help="What it is for, in a sentence.")
@click.option("--positive", help="Binary: the class that the figures are about.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Make no feature of it; repeatable.")
@click.option(
    "--guardrail",
    "guardrails",
    multiple=True,
    metavar="METRIC=VALUE",
    help="What must hold besides; repeatable.",
)
@click.option("--split", "method", type=click.Choice(METHODS), default="stratified")
@click.option("--split-column", metavar="COLUMN", help="For a split by time or by group.")
@click.option("--test", type=float, default=0.2, show_default=True, help="Share held out.")
@click.option("--folds", type=int, default=5, show_default=True)
@click.option("--split-seed", type=int, default=0, show_default=True)
@common
def new(context: Context, /, name: str, **values: Any) -> None:
    """Write the problem file of a new experiment: experiments/NAME.toml."""
    from workbench.errors import WorkbenchError
    from workbench.experiments.experiments import check_experiment, new_experiment

    experiment = new_experiment(context.project, name, _problem(values))
    try:
        check_experiment(context.project, experiment)
    except WorkbenchError as refusal:
        context.say(f"warning: no run is possible yet: {clean(refusal)}")
    context.answer(
        "experiment.new@1",
        experiment,
        lambda: (
            f"Wrote {clean(experiment.path)}\n"
            f"Next: workbench run train {experiment.name} --trainer hgb"
        ),
    )


def _problem(values: dict[str, Any]) -> Any:
    from workbench.errors import UsageError
    from workbench.training.guardrails import parse_guardrail
    from workbench.training.metrics import metric_for, metrics_of
    from workbench.training.work import Problem, Split

    task = values["task"]
    metric = metric_for(task, values["metric"]) if values["metric"] else metrics_of(task)[0]
    try:
        split = Split(
            method=values["method"],
            test=values["test"],
            folds=values["folds"],
            seed=values["split_seed"],
            column=values["split_column"],
        )
    except ValueError as error:
        option, _, expected = str(error).partition(": ")
        flag = f"--split-{option}" if option in {"seed", "column"} else f"--{option}"
        raise UsageError(
            f"{flag} cannot be used", where=flag, why=expected, fix="Change it or leave it out"
        ) from None
    return Problem(
        goal=values["goal"] or f"Predict {values['target']} from {values['dataset']}",
        dataset=values["dataset"],
        target=values["target"],
        task=task,
        metric=metric.name,
        direction=metric.direction,
        threshold=values["threshold"],
        positive=values["positive"],
        drop=tuple(values["drop"]),
        guardrails=tuple(map(parse_guardrail, values["guardrails"])),
        split=split,
    )


@group.command("list")
@common
def list_(context: Context) -> None:
    """List experiments with their runs and the best figure; a broken file is a line, too."""
    from workbench.experiments.experiments import list_experiments

    rows = list_experiments(context.project)

    def human() -> str:
        if not rows:
            return "No experiments. Next: workbench experiment new NAME --dataset D --target T ..."
        lines = [
            (
                row.name,
                row.task or None,
                row.target or None,
                row.dataset or None,
                row.metric or None,
                None if row.threshold is None else f"{row.threshold:g}",
                row.runs,
                None if row.best is None else f"{row.best:.4g} ({row.best_run})",
            )
            for row in rows
        ]
        headings = (
            "EXPERIMENT", "TASK", "TARGET", "DATASET", "METRIC", "THRESHOLD", "RUNS", "BEST",
        )  # fmt: skip
        wrong = [f"{clean(row.name)}: {clean(row.error)}" for row in rows if row.error]
        return "\n".join([table(headings, lines, right=("THRESHOLD", "RUNS")), *wrong])

    context.answer("experiment.list@1", rows, human)


@group.command()
@click.argument("name")
@common
def show(context: Context, name: str) -> None:
    """Show a problem statement and the best runs made for it."""
    from workbench.experiments.experiments import get_experiment
    from workbench.experiments.runs import list_runs

    experiment = get_experiment(context.project, name)
    runs = list_runs(context.project, experiment=name, sort=experiment.problem.metric, limit=10)
    context.answer(
        "experiment.show@1",
        {"experiment": experiment, "best_runs": runs},
        lambda: _shown(experiment, runs),
    )


def _shown(experiment: Experiment, runs: list[RunRow]) -> str:
    from workbench.cli.run_text import run_table
    from workbench.training.guardrails import bound_words

    problem, split = experiment.problem, experiment.problem.split
    threshold = "" if problem.threshold is None else f", threshold {problem.threshold:g}"
    by = f" by {split.column}" if split.column else ""
    facts = {
        "goal": problem.goal,
        "dataset": problem.dataset,
        "target": f"{problem.target} ({problem.task})",
        "positive": problem.positive or "",
        "metric": f"{problem.metric}, {problem.direction}{threshold}",
        "besides": ", ".join(bound_words(g.metric, g.threshold) for g in problem.guardrails),
        "dropped": ", ".join(problem.drop),
        "split": f"{split.method}{by}, test {split.test:g}, {split.folds} folds, seed {split.seed}",
        "file": experiment.path,
    }
    lines = [f"{key:9}{clean(value)}" for key, value in facts.items() if value]
    if runs:
        lines += ["", run_table(runs, {experiment.name: problem.metric})]
    return "\n".join(lines)
