"""From a trained and tested run to its report: everything that is found out, nothing that is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.numbers import Figure, to_figure
from workbench.options import Value
from workbench.records.runs import MetricFigures
from workbench.training.contract import Trainer
from workbench.training.features import FeaturePlan
from workbench.training.fitting import Learning
from workbench.training.guardrails import holds
from workbench.training.intervals import gains
from workbench.training.metrics import CV, CV_STD, DUMMY, HIGH, LOW, Scored, metrics_of
from workbench.training.report.importance import importances
from workbench.training.report.looks import calibration, confusion, curves, residuals
from workbench.training.report.record import Data, Line, Part, Rail, Report
from workbench.training.report.slices import SMALLEST, slices
from workbench.training.splits import Deal
from workbench.training.work import TrainWork

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Story:
    """What a run has come to: the work, the model, its predictions and the baseline's, the figures."""

    work: TrainWork
    trainer: Trainer
    rows: int
    learner: Learning
    deal: Deal
    model: Any
    tested: Scored
    blind: Mapping[str, Scored]
    figures: Mapping[str, MetricFigures]
    seconds: float
    runtime: Mapping[str, str]
    machine: Mapping[str, str]


def tell(story: Story) -> Report:
    """Return the report. Predicts for shuffled columns, and draws rows for intervals: some seconds."""
    work, problem = story.work, story.work.problem
    seed = problem.split.seed
    test_rows = story.learner.features[story.deal.test]
    found, used = importances(
        story.learner, story.model, story.deal.test, problem.metric, seed=seed
    )
    worst, seen = slices(
        test_rows, story.learner.recipe.plan, story.tested, problem.metric, seed=seed
    )
    return Report(
        run=work.run,
        experiment=work.experiment,
        goal=problem.goal,
        dataset=work.dataset,
        content=work.content,
        task=problem.task,
        target=problem.target,
        positive=story.learner.target.positive,
        metric=problem.metric,
        direction=problem.direction,
        trainer=story.trainer.name,
        trainer_title=story.trainer.title,
        params=work.params,
        seed=work.seed,
        lines=_lines(story),
        rails=_rails(story),
        curves=curves(story.tested),
        calibration=calibration(story.tested),
        confusion=confusion(story.tested),
        residuals=residuals(story.tested),
        importances=found,
        importance_rows=used,
        slices=worst,
        slices_seen=seen,
        smallest_slice=SMALLEST,
        data=_data(story),
        seconds=story.seconds,
        runtime=dict(story.runtime),
        machine=dict(story.machine),
        reproduce=_command(work, story.trainer),
    )


def _last(story: Story, name: str) -> Figure:
    return story.figures[name].last if name in story.figures else "NaN"


def _lines(story: Story) -> tuple[Line, ...]:
    problem = story.work.problem
    groups = story.deal.test_groups
    better = gains(story.tested, story.blind, seed=problem.split.seed, groups=groups)
    return tuple(
        Line(
            metric=metric.name,
            title=metric.title,
            direction=metric.direction,
            test=_last(story, metric.name),
            low=_last(story, LOW + metric.name),
            high=_last(story, HIGH + metric.name),
            baseline=_last(story, DUMMY + metric.name),
            gain_low=to_figure(better[metric.name].low),
            gain_high=to_figure(better[metric.name].high),
            folds=_last(story, CV + metric.name),
            spread=_last(story, CV_STD + metric.name),
        )
        for metric in metrics_of(problem.task)
    )


def _rails(story: Story) -> tuple[Rail, ...]:
    problem = story.work.problem
    asked = [(rail.metric, rail.threshold) for rail in problem.guardrails]
    if problem.threshold is not None:
        asked.insert(0, (problem.metric, problem.threshold))
    return tuple(
        Rail(
            metric=name,
            threshold=threshold,
            test=_last(story, name),
            low=_last(story, LOW + name),
            high=_last(story, HIGH + name),
            holds=holds(name, threshold, float(_last(story, name))),
            main=name == problem.metric,
        )
        for name, threshold in asked
    )


def _data(story: Story) -> Data:
    split, deal, plan = story.work.problem.split, story.deal, story.learner.recipe.plan
    kinds = _kinds(plan)
    frame = story.learner.features
    train, test = _nulls(frame[deal.train]), _nulls(frame[deal.test])
    parts = [
        Part(
            name=field.name,
            kind=kinds[field.name],
            train_null=train[field.name],
            test_null=test[field.name],
        )
        for field in plan.fields
    ]
    parts += [Part(name=name, kind="left out", why=why) for name, why in plan.left_out.items()]
    return Data(
        rows=story.rows,
        without_target=story.rows - len(story.learner.target.values),
        train=len(deal.train),
        test=len(deal.test),
        share=split.test,
        method=split.method,
        column=split.column,
        folds=len(deal.folds),
        seed=split.seed,
        parts=tuple(parts),
        features=int(story.model[-1].n_features_in_),
    )


def _kinds(plan: FeaturePlan) -> dict[str, str]:
    groups = {
        "number": plan.numbers,
        "date or time": plan.moments,
        "category": plan.categories,
        "category of many values": plan.many,
        "text": plan.texts,
    }
    return {name: kind for kind, names in groups.items() for name in names}


def _nulls(frame: pl.DataFrame) -> dict[str, float]:
    rows = max(frame.height, 1)
    counts = frame.null_count().row(0, named=True) if frame.width else {}
    return {name: count / rows for name, count in counts.items()}


def _command(work: TrainWork, trainer: Trainer) -> tuple[str, ...]:
    words = ["run", "train", work.experiment, "--trainer", trainer.name]
    defaults = {option.name: option.default for option in trainer.options}
    for name, value in work.params.items():
        if value is not None and value != defaults.get(name):
            words += ["-P", f"{name}={_typed(value)}"]
    if work.seed:
        words += ["--seed", str(work.seed)]
    return (*words, "--data", work.dataset)


def _typed(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
