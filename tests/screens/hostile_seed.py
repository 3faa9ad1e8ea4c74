"""A project whose every name and value is hostile, right-to-left, wide, or as long as it may be."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import msgspec
from models_seed import Clock, model_file

from workbench.data.datasets import add
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.records import Who
from workbench.records.deployments import DeploymentChanged, DeploymentCreated, DeploymentServing
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

ARABIC = "مطار القاهرة الدولي يعلن عن تأخر الرحلات"
HEBREW = "נמל התעופה הודיע על עיכוב"
CHINESE = "航空公司宣布航班延误" * 5
FAMILY = "👩‍👩‍👧🛫✈️"
STACKED = "e" + "\u0301" * 40
ORDERS = "\x1b]0;PWNED\x07[/x][@click=app.quit]x[/]\u202e\u2066\x9b31m"
LONG = "long " * 60
NAME = "n" * 63
"""The longest name that there is."""
WORDS = (ORDERS, ARABIC, CHINESE, LONG, HEBREW + FAMILY, STACKED + ORDERS)
HEADER = ("c" * 300, ARABIC, CHINESE, ORDERS, HEBREW + FAMILY, STACKED)
STATES = ("succeeded", "failed", "lost", "running", "queued")


def seed(root: Path) -> Project:
    """Make the project in `root` and return it open."""
    project = init_project(root, NAME, via="tui")
    store = project.store
    store.who = Who(user=ARABIC + ORDERS, uid=1000, host=LONG, via="tui")
    store.query("SELECT 1")  # whatever reads the journal knows the true datetime by now
    with patch("workbench.store.units.datetime", Clock()):
        for count in (60, 90):
            add(project, _table(root, count), name=NAME)
        version = store.one("SELECT id FROM dataset_versions ORDER BY number DESC")
        assert version is not None
        store.append(
            ExperimentSaved(
                name=NAME,
                object="0" * 64,
                goal=ORDERS + ARABIC + CHINESE,
                dataset=NAME,
                target=HEADER[0],
                task="binary",
                metric="roc_auc",
                direction="maximize",
                threshold=0.7,
            )
        )
        runs = [_run(project, at, version["id"], state) for at, state in enumerate(STATES, 1)]
        _models(project, runs[0])
    return project


def _table(root: Path, count: int) -> Path:
    path = root.parent / f"{ARABIC[:8]}{ORDERS[:4]}{'f' * 120}.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for row in range(count):
            writer.writerow([WORDS[(row + at) % 6].replace("\0", "") for at in range(5)] + [row])
    return path


def _run(project: Project, number: int, dataset: str, state: str) -> str:
    run, job = new_ulid(), new_ulid()
    store = project.store
    store.append(
        RunCreated(
            id=run,
            number=number,
            job=job,
            experiment=NAME,
            problem="0" * 64,
            trainer="hgb",
            params={ARABIC: ORDERS, LONG: CHINESE, "learning_rate": 0.1},
            seed=0,
            dataset=f"{NAME}@2",
            dataset_version=dataset,
            target="local",
            facts=RunFacts(host=LONG, platform=ARABIC, python=ORDERS, commit="f" * 40),
        ),
        JobQueued(
            id=job,
            number=number,
            kind_of_work="train",
            target="local",
            spec="0" * 64,
            title=WORDS[number % len(WORDS)],
        ),
    )
    if state == "queued":
        return run
    for step in ("starting", "running"):
        store.append(JobChanged(id=job, state=step, handle={}), RunChanged(id=run, state=step))
    if state == "lost":
        store.append(JobChanged(id=job, state="lost"), RunChanged(id=run, state="lost"))
    elif state != "running":
        error = "" if state == "succeeded" else WORDS[number % len(WORDS)]
        figures = MetricFigures(last=0.8, best=0.8, min=0.8, max=0.8)
        metrics = {"roc_auc": figures, ARABIC: figures, LONG: figures}
        code = 0 if state == "succeeded" else 1
        store.append(
            JobEnded(id=job, state=state, exit_code=code, reason=error),
            RunEnded(id=run, state=state, error=error, metrics=metrics if not error else {}),
        )
    return run


def _models(project: Project, run: str) -> None:
    store = project.store
    signature = Signature(
        task="binary",
        target=HEADER[0],
        inputs=tuple(Field(name=name, type="str", categories=WORDS) for name in HEADER[1:]),
        outputs=(Field(name="prediction", type="str"),),
        classes=(ARABIC, ORDERS),
    )
    versions = [new_ulid() for _ in range(2)]
    for number, version in enumerate(versions, 1):
        store.append(
            ModelVersionRegistered(
                id=version,
                model=NAME,
                number=number,
                run=run,
                object=store.objects.put_bytes(model_file("x", "ObjectNode", f"os.{ARABIC}")),
                content="m1:" + "0" * 64,
                format="skops",
                bytes=123_456,
                signature=msgspec.json.encode(signature).decode(),
                note=WORDS[number],
            )
        )
    store.append(
        PromotionMade(
            id=new_ulid(),
            model=NAME,
            version=versions[0],
            number=1,
            environment="production",
            action="promote",
            reason=ARABIC + ORDERS,
        )
    )
    for at, (name, state) in enumerate((("e" * 63, "healthy"), ("d" * 63, "failed"))):
        made = new_ulid()
        store.append(
            DeploymentCreated(
                id=made, name=name, target="local", model=NAME, environment="production"
            )
        )
        store.append(DeploymentChanged(id=made, state=state, pid=1, port=8700, reason=WORDS[at]))
        if state == "healthy":
            since = datetime.fromisoformat("2026-05-04T09:30:00+00:00")
            store.append(DeploymentServing(id=made, version=versions[0], since=since))
