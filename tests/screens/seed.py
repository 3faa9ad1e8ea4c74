"""A project with a bit of everything, made of records alone: the same words and figures every time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.records import Who
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.deployments import (
    DeploymentChanged,
    DeploymentCreated,
    DeploymentServing,
)
from workbench.records.jobs import JobChanged, JobEnded, JobQueued
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.records.runs import (
    ExperimentSaved,
    MetricFigures,
    RunChanged,
    RunCreated,
    RunEnded,
    RunFacts,
)
from workbench.training.signature import Field, Signature

SIGNATURE = msgspec.json.encode(
    Signature(
        task="binary",
        target="late",
        inputs=(Field(name="origin", type="str"), Field(name="dep_delay", type="int")),
        outputs=(Field(name="prediction", type="str"), Field(name="probability_yes", type="float")),
        classes=("no", "yes"),
    )
).decode()
OUTCOMES = ("succeeded", "failed", "succeeded", "lost", "cancelled", "running", "queued")


def seed(root: Path) -> Project:
    """Make the project `flights` in `root` and return it open."""
    project = init_project(root, "flights", via="tui")
    store = project.store
    store.who = Who(user="ada", uid=1000, host="lab", via="tui")
    versions = [new_ulid() for _ in range(2)]
    for number, (ulid, rows) in enumerate(zip(versions, (26483, 28327), strict=True), 1):
        store.append(
            DatasetVersionAdded(
                id=ulid,
                dataset="flights",
                number=number,
                object="0" * 64,
                content="c1:" + "0" * 64,
                rows=rows,
                bytes=rows * 20,
                columns=(Column("origin", "String"), Column("dep_delay", "Int64")),
                origin=Origin(source="csv", place=f"flights_{number}.csv"),
            )
        )
    store.append(
        ExperimentSaved(
            name="late",
            object="0" * 64,
            goal="Tell which flights will be late",
            dataset="flights",
            target="late",
            task="binary",
            metric="roc_auc",
            direction="maximize",
            threshold=0.7,
        )
    )
    runs = [_run(project, number, versions[1], state) for number, state in enumerate(OUTCOMES, 1)]
    _live(project, runs[0])
    return project


def _run(project: Project, number: int, dataset: str, state: str) -> str:
    run, job = new_ulid(), new_ulid()
    trainer = ("hgb", "linear", "dummy")[number % 3]
    store = project.store
    store.append(
        RunCreated(
            id=run,
            number=number,
            job=job,
            experiment="late",
            problem="0" * 64,
            trainer=trainer,
            params={"max_iter": 100 * number, "learning_rate": 0.1 / number},
            seed=0,
            dataset="flights@2",
            dataset_version=dataset,
            target="local",
            facts=RunFacts(),
        ),
        JobQueued(
            id=job,
            number=number,
            kind_of_work="train",
            target="local",
            spec="0" * 64,
            title=f"train r_{number}",
        ),
    )
    if state == "queued":
        return run
    store.append(
        JobChanged(id=job, state="starting", handle={}), RunChanged(id=run, state="starting")
    )
    store.append(JobChanged(id=job, state="running"), RunChanged(id=run, state="running"))
    if state in {"running", "lost"}:
        if state == "lost":
            store.append(JobChanged(id=job, state="lost"), RunChanged(id=run, state="lost"))
        return run
    auc = 0.8 + number / 100
    figures = MetricFigures(last=auc, best=auc, min=auc, max=auc)
    error = "ValueError: the target has one class only" if state == "failed" else ""
    store.append(
        JobEnded(id=job, state=state, exit_code=0 if state == "succeeded" else 1, reason=error),
        RunEnded(
            id=run,
            state=state,
            error=error,
            metrics={"roc_auc": figures} if state == "succeeded" else {},
        ),
    )
    return run


def _live(project: Project, run: str) -> None:
    store = project.store
    version, promotion, deployment = new_ulid(), new_ulid(), new_ulid()
    store.append(
        ModelVersionRegistered(
            id=version,
            model="delay",
            number=1,
            run=run,
            object="0" * 64,
            content="m1:" + "0" * 64,
            format="skops",
            bytes=123_456,
            signature=SIGNATURE,
        )
    )
    store.append(
        PromotionMade(
            id=promotion,
            model="delay",
            version=version,
            number=1,
            environment="production",
            action="promote",
            reason="first one that is good enough",
        )
    )
    store.append(
        DeploymentCreated(
            id=deployment, name="eta", target="local", model="delay", environment="production"
        )
    )
    store.append(
        DeploymentChanged(id=deployment, state="healthy", pid=1, port=8700),
        DeploymentServing(id=deployment, version=version, since=datetime.now(UTC)),
    )
