"""Measuring an imported model on rows of a dataset version, so that gates have figures to judge by.

The model is loaded by the safe way (verified digest, safe format, trusted types only) in a process of
its own without secrets. A format whose loading may run code is never loaded, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from workbench.data.datasets import DatasetVersion
from workbench.data.datasets import path as table_of
from workbench.data.versions import get_version as get_table
from workbench.errors import BadInput, Conflict, Refused
from workbench.experiments.experiments import get_experiment, note
from workbench.ids import new_ulid
from workbench.models.contract import Format, Signature
from workbench.models.evaluated import Evaluation, newest
from workbench.models.evaluating import EvaluateWork, Measured
from workbench.models.latency import run_apart
from workbench.models.loading import check_served
from workbench.models.registry import ModelVersion, get_version
from workbench.plugins import load, reference
from workbench.project.project import Project
from workbench.records.models import ModelEvaluated
from workbench.text import clean
from workbench.training.metrics import metrics_of
from workbench.training.work import Problem

SECONDS = 600.0
"""How long loading and predicting may take in all."""


def evaluate(
    project: Project,
    ref: str,
    dataset: str,
    *,
    experiment: str = "",
    target: str = "",
    positive: str = "",
    cancelled: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Measure the imported version `ref` on the rows of `dataset`, and record the figures as evidence.

    `experiment` names the problem whose target, positive class, metric, threshold and guardrails count;
    `target` and `positive` overrule it. Takes seconds; `cancelled` is asked meanwhile. Raises Conflict
    for a version with a run, Refused for a file that is never loaded, BadInput for a target or rows that
    do not fit the model, NotFound, Unavailable.
    """
    version = get_version(project, ref)
    _check_loads(project, version)
    problem = _problem(project, experiment, version.signature)
    table = get_table(project, dataset)
    aim = target or (problem.target if problem else "") or version.signature.target
    _check_target(table, aim)
    work = EvaluateWork(
        path=str(project.store.objects.path(version.object)),
        format=reference("formats", version.format),
        object=version.object,
        content=version.content,
        signature=version.signature,
        table=str(table_of(project, table)),
        target=aim,
        positive=positive or (problem.positive or "" if problem else ""),
    )
    status, line = run_apart(
        "workbench.models.evaluating", msgspec.json.encode(work), cancelled, seconds=SECONDS
    )
    if status != 0:
        raise BadInput(
            f"{version.reference} cannot be measured on {table.reference}",
            where=table.reference,
            why=line,
            fix="Name a version with the model's columns and its target (--target, --positive)",
            code="model.evaluate",
        )
    measured = msgspec.json.decode(line, type=Measured)
    return _record(project, version, table, aim, experiment, problem, measured)


def _record(
    project: Project,
    version: ModelVersion,
    table: DatasetVersion,
    target: str,
    experiment: str,
    problem: Problem | None,
    measured: Measured,
) -> Evaluation:
    task: Any = version.signature.task
    usual = metrics_of(task)[0]
    if problem is not None:
        note(project, experiment)  # what it was judged by stands in the records
    project.store.append(
        ModelEvaluated(
            id=new_ulid(),
            version=version.id,
            dataset=table.reference,
            dataset_version=table.id,
            content=table.content,
            target=target,
            metric=problem.metric if problem else usual.name,
            direction=problem.direction if problem else usual.direction,
            experiment=experiment,
            positive=measured.positive,
            rows=measured.rows,
            left_out=measured.left_out,
            step=measured.step,
            metrics=measured.metrics,
            runtime=measured.runtime,
        )
    )
    made = project.store.read(lambda view: newest(view, version.id))
    assert made is not None, "it was recorded above"
    found: Evaluation = made
    return found


def _check_loads(project: Project, version: ModelVersion) -> None:
    if version.run:
        raise Conflict(
            f"{version.reference} has figures already",
            where=version.reference,
            why="they are of the test rows of its run, which it was not trained on",
            fix=f"See them with: workbench model show {version.reference}",
            code="model.measured",
        )
    plugin: Format = load("formats", version.format)
    if not plugin.safe:
        raise Refused(
            f"{version.reference} cannot be measured",
            where=version.reference,
            why=f"loading {plugin.name} may run code of the file: it is never loaded",
            fix="Save the model as skops, and import that",
            code="model.unsafe",
        )
    check_served(version.format, version.reference)
    unknown = plugin.inspect(project.store.objects.path(version.object))
    if unknown:
        raise Refused(
            f"{version.reference} cannot be measured",
            where=version.reference,
            why=f"it has types that are not trusted: {clean(', '.join(unknown[:8]))}",
            fix="Make it of estimators whose types are known",
            code="model.types",
        )


def _problem(project: Project, experiment: str, signature: Signature) -> Problem | None:
    if not experiment:
        return None
    problem = get_experiment(project, experiment).problem
    if problem.task != signature.task:
        raise BadInput(
            f"The problem {experiment} is another one",
            where=experiment,
            why=f"its task is {problem.task}, the model's {signature.task}",
            fix="Name the experiment of this model's problem, or none",
            code="model.evaluate",
        )
    return problem


def _check_target(table: DatasetVersion, target: str) -> None:
    names = [column.name for column in table.columns]
    if target not in names:
        raise BadInput(
            f"{table.reference} has no column {clean(target, 60) or 'to hold predictions against'}",
            where=table.reference,
            why="it has " + ", ".join(clean(name, 60) for name in names[:12]),
            fix="Name the column with the truth: --target COLUMN",
            code="model.evaluate",
        )
