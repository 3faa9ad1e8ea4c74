"""Projects for Deployments and Compute: endpoints in every state by records, and two real small models."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from workbench.compute.events import EventWriter
from workbench.compute.identity import myself
from workbench.data import datasets
from workbench.project.project import Project, init_project
from workbench.records.deployments import (
    DeploymentChanged,
    DeploymentCreated,
    DeploymentServing,
    DeploymentStopRequested,
)
from workbench.records.jobs import JobChanged, JobQueued
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.records.runs import RunCreated, RunFacts
from workbench.serving.folder import Folder, Told
from workbench.serving.metrics import SLOT_SECONDS, Meter, Metrics
from workbench.serving.news import News, SeatNews, write_news
from workbench.serving.predictions import Prediction
from workbench.training.signature import Field, Signature

FAILED = "delay@1 cannot be served: the model file is not the one that was registered"


def ulid(kind: int, number: int) -> str:
    return f"01K{kind}{number:022}"


def endpoints(project: Project) -> None:
    """Make of the seeded `eta` an endpoint that is up, and add one of each other state."""
    eta = project.store.one("SELECT id FROM deployments WHERE name = 'eta'")
    assert eta is not None
    up(project, str(eta["id"]))
    version = project.store.one("SELECT id FROM model_versions")
    assert version is not None
    for number, (name, state, reason) in enumerate(
        (("slow", "starting", ""), ("broken", "failed", FAILED), ("old", "stopped", "")), 1
    ):
        made = ulid(7, number)
        project.store.append(
            DeploymentCreated(
                id=made, name=name, target="local", model="delay", version=version["id"]
            )
        )
        if state != "starting":
            project.store.append(DeploymentChanged(id=made, state=state, reason=reason))
    gone = ulid(7, 9)
    project.store.append(
        DeploymentCreated(
            id=gone, name="gone", target="local", model="delay", version=version["id"]
        )
    )
    project.store.append(
        DeploymentChanged(id=gone, state="healthy", pid=2, port=8702),
        DeploymentServing(id=gone, version=version["id"], since=datetime.now(UTC)),
    )
    project.store.append(DeploymentStopRequested(id=gone))


def up(project: Project, deployment: str) -> None:
    """Write the folder of an endpoint that is up (its process is ours), with three predictions."""
    folder = Folder(project.paths.deployment(deployment))
    folder.make(token=True)
    folder.write_pid(myself())
    folder.write_told(
        Told(
            phase="serving",
            port=8700,
            version="v",
            reference="delay@1",
            content="m1:" + "0" * 64,
            requests=1204,
            errors=2,
            logged=1202,
            dropped=0,
        )
    )
    began = project.store.one("SELECT min(started_at) AS at FROM jobs WHERE state = 'running'")
    if began is not None and began["at"] is not None:
        folder.write_metrics(traffic(began["at"].timestamp()))
    folder.log.write_text(
        "2026-11-23T10:00:00Z INFO loading delay@1\n2026-11-23T10:00:02Z INFO delay@1 answers\n"
    )
    folder.predictions.mkdir()
    with (folder.predictions / "000001.jsonl").open("wb") as stream:
        for number in range(3):
            line = Prediction(
                id=ulid(8, number),
                at=datetime(2026, 11, 23, 10, 0, number, tzinfo=UTC),
                version="v",
                model="delay@1",
                rows=1 + number,
                inputs={"origin": ["JFK"] * (1 + number), "dep_delay": [None] * (1 + number)},
                outputs={"prediction": ["late"] * (1 + number)},
                ms=1.25 * (1 + number),
            )
            stream.write(msgspec.json.encode(line) + b"\n")


def lost(project: Project, target: str, reason: str) -> str:
    """Add an endpoint `far` on a target that has not answered for long; return its ULID."""
    version = project.store.one("SELECT id, model FROM model_versions")
    assert version is not None
    made = ulid(7, 11)
    project.store.append(
        DeploymentCreated(
            id=made, name="far", target=target, model=version["model"], version=version["id"]
        ),
        DeploymentChanged(id=made, state="lost", reason=reason, pid=2, port=8703),
    )
    folder = Folder(project.paths.deployment(made))
    folder.make(token=True)
    seats = (SeatNews(number=0, process="alive", pid=2),)
    write_news(folder.root, News(at=1.0, seats=seats, trouble=reason))
    return made


def lost_job(project: Project, target: str, title: str) -> int:
    """Add a job on a target that has not answered for long; return its number."""
    made = ulid(3, 99)
    row = project.store.one("SELECT max(number) + 1 AS number FROM jobs")
    assert row is not None
    project.store.append(
        JobQueued(
            id=made, number=row["number"], kind_of_work="train", target=target, spec="", title=title
        ),
        JobChanged(id=made, state="starting", handle={"job": made}),
        JobChanged(id=made, state="lost", reason=f"the target {target} has not answered for 60 s"),
    )
    return int(row["number"])


def traffic(now: float) -> Metrics:
    """Five minutes of calls that grow and fall, by two versions; two refusals."""
    meter = Meter()
    key = int(now) // SLOT_SECONDS
    for slot in range(60):
        at = float((key - 60 + slot) * SLOT_SECONDS)
        for call in range(30 - abs(slot - 30)):
            meter.count("delay@1", 200, 1, 0.001 * (1 + call), at)
    meter.count("delay@1", 400, 0, 0.0004, (key - 1) * SLOT_SECONDS)
    meter.count("delay@1", 503, 0, 30.0, (key - 1) * SLOT_SECONDS)
    for _ in range(12):
        meter.count("delay@2", 200, 3, 0.004, (key - 100) * SLOT_SECONDS)
    meter.refuse(401)
    return meter.read(logged=912, dropped=3)


def half_done(project: Project) -> None:
    """Let the running job of the seeded project be at the third of five folds, with a log."""
    job = project.store.one("SELECT id FROM jobs WHERE state = 'running'")
    assert job is not None
    folder = project.paths.job(str(job["id"]))
    folder.mkdir(parents=True)
    with EventWriter(folder / "events.jsonl") as events:
        events.phase("read")
        events.phase("folds", 3, 5)
    (folder / "log").write_text("read\nfolds 3/5\n")


def penguins(root: Path) -> Project:
    """Two real models of penguins@1 that disagree, `bird@1` in production."""
    import sample_data

    project = init_project(root, "penguins", via="tui")
    source = Path(str(sample_data.__file__)).parent / "penguins.csv"
    version = datasets.add(project, source, name="penguins")
    table = pl.read_parquet(datasets.path(project, version)).drop_nulls("species")
    for number in (1, 2):
        _model(project, root, table, number, version.id)
    first = project.store.one("SELECT id FROM model_versions WHERE number = 1")
    assert first is not None
    promote(project, 1)
    return project


def promote(project: Project, number: int) -> None:
    """Promote `bird@number` to production."""
    row = project.store.one("SELECT id FROM model_versions WHERE number = ?", [number])
    assert row is not None
    project.store.append(
        PromotionMade(
            id=ulid(6, number),
            model="bird",
            version=row["id"],
            number=number,
            environment="production",
            action="promote",
            reason="for the test",
        )
    )


COLUMNS = ("bill_length_mm", "flipper_length_mm", "island")


def fitted(table: pl.DataFrame, number: int) -> Any:
    """Fit a tree: the first may split once, the second four times."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder
    from sklearn.tree import DecisionTreeClassifier

    features = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), list(COLUMNS[:2])),
            ("kinds", OneHotEncoder(handle_unknown="ignore"), ["island"]),
        ]
    )
    tree = DecisionTreeClassifier(max_depth=1 if number == 1 else 4, random_state=0)
    pipeline = Pipeline([("features", features), ("tree", tree)])
    return pipeline.fit(table.select(COLUMNS), table["species"].to_list())


def _model(project: Project, root: Path, table: pl.DataFrame, number: int, dataset: str) -> None:
    from plugins.formats.skops import FORMAT

    path = root / f"{number}.skops"
    FORMAT.dump(fitted(table, number), path)
    content = FORMAT.content(path)
    size = path.stat().st_size
    classes = tuple(sorted(table["species"].unique().to_list()))
    islands = tuple(sorted(table["island"].unique().to_list()))
    signature = Signature(
        task="multiclass",
        target="species",
        inputs=(
            Field(name="bill_length_mm", type="float"),
            Field(name="flipper_length_mm", type="int"),
            Field(name="island", type="str", categories=islands),
        ),
        outputs=(
            Field(name="prediction", type="str", required=True),
            *(Field(name=f"probability_{c}", type="float", required=True) for c in classes),
        ),
        classes=classes,
    )
    run = ulid(4, number)
    project.store.append(
        RunCreated(
            id=run,
            number=number,
            job=ulid(3, number),
            experiment="species",
            problem="0" * 64,
            trainer="tree",
            params={},
            seed=0,
            dataset="penguins@1",
            dataset_version=dataset,
            target="local",
            facts=RunFacts(),
        ),
        ModelVersionRegistered(
            id=ulid(5, number),
            model="bird",
            number=number,
            run=run,
            object=project.store.objects.put_file(path),
            content=content,
            format="skops",
            bytes=size,
            signature=msgspec.json.encode(signature).decode(),
        ),
    )
