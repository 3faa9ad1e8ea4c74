"""The ordinary and the hostile project with all that the modals need to open: each the same every time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Literal
from unittest.mock import patch

import hostile_seed
import models_seed
import ops_seed
from models_seed import NOW, Clock

from workbench.compute.editing import add_target
from workbench.experiments.experiments import new_experiment
from workbench.ids import new_ulid
from workbench.project.project import Project
from workbench.records.jobs import JobChanged, JobEnded, JobQueued
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.records.runs import RunChanged, RunCreated, RunEnded, RunFacts
from workbench.training.work import Problem


@dataclass(frozen=True)
class Words:
    """What a project is made of: names, a target and what is said of things."""

    name: str
    second: str
    dataset: str
    endpoint: str
    machine: str
    target: str
    task: Literal["binary", "multiclass"]
    metric: str
    said: str
    params: dict[str, object]


ORDINARY = Words(
    "species", "island", "penguins", "eta", "gpu", "species", "multiclass", "macro_f1",
    "the first that is good enough", {"c": 1.0, "penalty": "l2"},
)  # fmt: skip
HOSTILE = Words(
    hostile_seed.NAME, "m" * 63, hostile_seed.NAME, "e" * 63, "g" * 63,
    hostile_seed.ARABIC, "binary", "roc_auc",
    hostile_seed.ORDERS + hostile_seed.ARABIC + hostile_seed.LONG,
    {hostile_seed.ARABIC: hostile_seed.ORDERS, hostile_seed.LONG: hostile_seed.CHINESE},
)  # fmt: skip


def ordinary(root: Path) -> Project:
    """Make the project of penguins."""
    with same_ids(1_777_885_200_000):
        return _completed(models_seed.seed, root, ORDINARY)


def hostile(root: Path) -> Project:
    """Make the project whose every name and value is hostile, right-to-left, wide or long."""
    with same_ids(1_777_971_600_000):
        return _completed(hostile_seed.seed, root, HOSTILE)


@contextmanager
def same_ids(first: int) -> Iterator[None]:
    """Let every ULID be the next one of a row, not of this moment."""
    ticks = itertools.count(first)
    clock = SimpleNamespace(time_ns=lambda: next(ticks) * 1_000_000)
    with (
        patch("workbench.ids.time", clock),
        patch("workbench.ids.os", SimpleNamespace(urandom=bytes)),
    ):
        yield


def _completed(seed: Callable[[Path], Project], root: Path, words: Words) -> Project:
    """Add what can be cancelled, rolled back, measured, called, trained and edited."""
    project = seed(root)
    with patch("workbench.store.units.datetime", Clock(60)):
        for name in (words.name, words.second):
            new_experiment(project, name, _problem(words))
        for number, state in ((11, "running"), (12, "queued"), (13, "cancelled")):
            _run(project, words, number, state)
        _promotions(project, words)
        _import(project, words)
    _target(project, words)
    endpoint = project.store.one("SELECT id FROM deployments WHERE state = 'healthy'")
    assert endpoint is not None
    ops_seed.up(project, str(endpoint["id"]))
    return project


def _problem(words: Words) -> Problem:
    return Problem(
        goal=words.said,
        dataset=words.dataset,
        target=words.target,
        task=words.task,
        metric=words.metric,
        direction="maximize",
        threshold=0.9,
    )


def _run(project: Project, words: Words, number: int, state: str) -> None:
    version = project.store.one("SELECT id FROM dataset_versions ORDER BY number DESC")
    assert version is not None
    run, job = new_ulid(), new_ulid()
    project.store.append(
        RunCreated(
            id=run,
            number=number,
            job=job,
            experiment=words.name,
            problem="0" * 64,
            trainer="linear",
            params=words.params,  # type: ignore[arg-type]  # any value that a record can hold
            seed=0,
            dataset=f"{words.dataset}@2",
            dataset_version=version["id"],
            target="local",
            facts=RunFacts(),
        ),
        JobQueued(
            id=job,
            number=number,
            kind_of_work="train",
            target="local",
            spec="0" * 64,
            title=words.said[:200],
        ),
    )
    if state == "cancelled":
        project.store.append(JobEnded(id=job, state=state), RunEnded(id=run, state=state))
    elif state == "running":
        for step in ("starting", "running"):
            project.store.append(
                JobChanged(id=job, state=step, handle={}), RunChanged(id=run, state=step)
            )
        folder = project.paths.job(job)
        folder.mkdir(parents=True)
        (folder / "log").write_text(f"reading\n{words.said}\n", encoding="utf-8")


def _import(project: Project, words: Words) -> None:
    """Add a version that no run has made."""
    row = project.store.one("SELECT object, signature FROM model_versions ORDER BY number")
    assert row is not None
    project.store.append(
        ModelVersionRegistered(
            id=new_ulid(),
            model=words.second,
            number=1,
            run="",
            object=row["object"],
            content=f"m1:{11:064x}",
            format="skops",
            bytes=40_000,
            signature=row["signature"],
            note=words.said,
            source=words.said[:200],
        )
    )


def _target(project: Project, words: Words) -> None:
    """Write down a machine that is reached over SSH, its options what people said."""
    options = {"host": "gpu.example.org", "user": "ada"}
    if words is HOSTILE:
        options |= {"key": hostile_seed.ARABIC, "folder": hostile_seed.LONG}
    add_target(project, words.machine, "ssh", options, slots=2)


def _promotions(project: Project, words: Words) -> None:
    """Let two environments have a version before the one that is there."""
    rows = project.store.query(
        "SELECT id, model, number FROM model_versions WHERE number < 3 ORDER BY number"
    )
    for environment in ("dev", "production"):
        for row in [*rows, rows[0]]:
            project.store.append(
                PromotionMade(
                    id=new_ulid(),
                    model=row["model"],
                    version=row["id"],
                    number=row["number"],
                    environment=environment,
                    action="promote",
                    reason=words.said,
                )
            )


__all__ = ["HOSTILE", "NOW", "ORDINARY", "Words", "hostile", "ordinary"]
