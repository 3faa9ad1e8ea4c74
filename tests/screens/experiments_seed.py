"""A project for the place Experiments: penguins, one problem, runs in every state, one of them half done."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import polars as pl
from report_seed import SEEDED

from workbench.compute.events import EventWriter
from workbench.data import datasets
from workbench.experiments.experiments import new_experiment
from workbench.project.project import Project, init_project
from workbench.records import Who
from workbench.records.jobs import JobChanged, JobEnded, JobQueued
from workbench.records.models import ModelVersionRegistered
from workbench.records.runs import (
    Artifact,
    FittedModel,
    MetricFigures,
    RunChanged,
    RunCreated,
    RunEnded,
    RunFacts,
)
from workbench.training.report import page
from workbench.training.work import Problem, Split

REPORT = """\
# Tell penguins apart

## Result

| Metric | Test | Dummy |
| --- | ---: | ---: |
| **Macro F1** | 0.9713 | 0.2041 |
| Accuracy | 0.9714 | 0.4421 |

- Target: `species`, task multiclass
- See [the data](https://example.org/penguins)

Dummy predicts without looking at the features.
"""
DEFAULTS = {"learning_rate": 0.1, "max_iter": 100, "early_stopping": False}
PROBLEM = Problem(
    goal="Tell penguins apart by what can be measured",
    dataset="penguins",
    target="species",
    task="multiclass",
    metric="macro_f1",
    direction="maximize",
    threshold=0.9,
    split=Split(folds=5),
)
FIGURES = {1: (0.2041, 0.4421, 0.9), 2: (0.9333, 0.9420, 0.21), 3: (0.9713, 0.9714, 0.13)}
"""Run → macro_f1, accuracy, log_loss."""


def ulid(kind: int, number: int) -> str:
    return f"01K{kind}{number:022}"


def penguins(path: Path) -> Path:
    """Write 90 birds of three kinds that can be told apart."""
    count = range(90)
    kinds = ["Adelie", "Chinstrap", "Gentoo"]
    pl.DataFrame(
        {
            "species": [kinds[i % 3] for i in count],
            "island": [["Biscoe", "Dream"][i * 7 % 2] for i in count],
            "bill_length_mm": [35.0 + 6 * (i % 3) + (i * 37 % 11) / 2 for i in count],
            "body_mass_g": [3000 + 900 * (i % 3) + i * 53 % 700 for i in count],
        }
    ).write_csv(path)
    return path


def start(root: Path) -> Project:
    """Make a project that has the data and nothing else."""
    project = init_project(root, "colony", via="tui")
    project.store.who = Who(user="ada", uid=os.getuid(), host="lab", via="tui")
    datasets.add(project, penguins(root.parent / "penguins.csv"), name="penguins")
    return project


def seed(root: Path) -> Project:
    """Make the project with its problem and six runs."""
    project = start(root)
    new_experiment(project, "species", PROBLEM)
    trainers = {1: "dummy", 2: "linear", 3: "hgb", 4: "hgb", 5: "hgb", 6: "linear"}
    for number, trainer in trainers.items():
        _queue(project, number, trainer)
    for number in (1, 2, 3):
        _succeed(project, number)
    project.store.append(*_begun(4))
    _fail(project, 4, "ValueError: the column body_mass_g has no value in fold 2")
    _register(project)
    _start(project, 5)
    return project


def say_folds(project: Project, number: int, values: list[float], total: int = 5) -> None:
    """Let a run's job say the figures of some folds, as the worker does."""
    folder = project.paths.job(ulid(2, number))
    folder.mkdir(parents=True, exist_ok=True)
    with EventWriter(folder / "events.jsonl") as events:
        events.phase("read")
        events.phase("folds", 0, total)
        for fold, value in enumerate(values, 1):
            events.metric("cv.macro_f1", value, fold)
            events.phase("folds", fold, total)


def _queue(project: Project, number: int, trainer: str) -> None:
    params = {"c": 1.0} if trainer == "linear" else {} if trainer == "dummy" else dict(DEFAULTS)
    if number == 5:
        params["learning_rate"] = 0.3
    version = datasets.get_version(project, "penguins")
    project.store.append(
        RunCreated(
            id=ulid(1, number),
            number=number,
            job=ulid(2, number),
            experiment="species",
            problem="0" * 64,
            trainer=trainer,
            params=params,
            seed=0,
            dataset="penguins@1",
            dataset_version=version.id,
            target="local",
            facts=RunFacts(
                python="3.12.3", packages={"scikit-learn": "1.9.1"}, host="lab", cores=2
            ),
        ),
        JobQueued(
            id=ulid(2, number),
            number=number,
            kind_of_work="train",
            target="local",
            spec="0" * 64,
            title=f"train {trainer} for species on penguins@1",
        ),
    )


def _begun(number: int) -> list[JobChanged | RunChanged]:
    job, run = ulid(2, number), ulid(1, number)
    return [
        JobChanged(id=job, state="starting", handle={}),
        RunChanged(id=run, state="starting"),
        JobChanged(id=job, state="running"),
        RunChanged(id=run, state="running"),
    ]


def _start(project: Project, number: int) -> None:
    project.store.append(*_begun(number))


def _succeed(project: Project, number: int) -> None:
    report = project.store.objects.put_bytes(REPORT.encode())
    model = project.store.objects.put_bytes(b"model")
    names = ("macro_f1", "accuracy", "log_loss")
    metrics = dict(zip(names, FIGURES[number], strict=True))
    metrics |= {f"dummy.{name}": value for name, value in zip(names, FIGURES[1], strict=True)}
    metrics |= {"cv.macro_f1": metrics["macro_f1"] - 0.01, "cv_std.macro_f1": 0.0123}
    project.store.append(
        *_begun(number),
        JobEnded(id=ulid(2, number), state="succeeded", exit_code=0),
        RunEnded(
            id=ulid(1, number),
            state="succeeded",
            metrics={n: MetricFigures(last=v, best=v, min=v, max=v) for n, v in metrics.items()},
            model=FittedModel(
                object=model,
                content="m1:" + "0" * 64,
                format="skops",
                bytes=48_213,
                signature="{}",
            ),
            report=report,
            artifacts=_found(project) if number == 2 else (),
        ),
    )


def _found(project: Project) -> tuple[Artifact, ...]:
    """The report as data, and as a page: runs from before these have it in words only."""
    made = {"report.json": msgspec.json.encode(SEEDED), "report.html": page.write(SEEDED).encode()}
    objects = project.store.objects
    return tuple(
        Artifact(name=name, object=objects.put_bytes(data), bytes=len(data))
        for name, data in made.items()
    )


def _fail(project: Project, number: int, why: str) -> None:
    project.store.append(
        JobEnded(id=ulid(2, number), state="failed", exit_code=1, reason=why),
        RunEnded(id=ulid(1, number), state="failed", error=why),
    )


def _register(project: Project) -> None:
    project.store.append(
        ModelVersionRegistered(
            id=ulid(3, 1),
            model="penguin",
            number=1,
            run=ulid(1, 3),
            object="0" * 64,
            content="m1:" + "0" * 64,
            format="skops",
            bytes=48_213,
            signature="{}",
        )
    )


def nasty_runs(project: Project, version: datasets.DatasetVersion, words: str) -> None:
    """Add a failed and a good run whose every text is `words`."""
    for number in (7, 8):
        job = project.paths.job(ulid(2, number))
        job.mkdir(parents=True, exist_ok=True)
        (job / "log").write_text(words * 3)
        project.store.append(
            RunCreated(
                id=ulid(1, number),
                number=number,
                job=ulid(2, number),
                experiment="nasty",
                problem="0" * 64,
                trainer=words[:300],
                params={words[:100]: words, "plain": number},
                seed=0,
                dataset="nasty@1",
                dataset_version=version.id,
                target="local",
                facts=RunFacts(
                    commit=words[:40], python=words, packages={"polars": words}, host=words
                ),
            ),
            JobQueued(
                id=ulid(2, number),
                number=number,
                kind_of_work="train",
                target="local",
                spec="0" * 64,
                title=words[:200],
            ),
            *_begun(number),
        )
    _fail(project, 7, words)
    report = project.store.objects.put_bytes(words.encode())
    figures = MetricFigures(last=0.7, best=0.7, min=0.7, max=0.7)
    project.store.append(
        JobEnded(id=ulid(2, 8), state="succeeded", exit_code=0),
        RunEnded(
            id=ulid(1, 8),
            state="succeeded",
            metrics={"roc_auc": figures, words[:200]: figures, f"dummy.{words[:200]}": figures},
            artifacts=(Artifact(name=words[:200], object="0" * 64, bytes=1),),
            report=report,
        ),
    )
