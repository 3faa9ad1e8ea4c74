"""A project for the place Models: three versions of one model, one of them live; its clock stands fixed."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch
from zipfile import ZipFile, ZipInfo

import msgspec
import polars as pl

from workbench.models import latency as measuring
from workbench.models.latency import Latency
from workbench.models.registry import get_version
from workbench.project.project import Project, init_project
from workbench.records import Who
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.deployments import (
    DeploymentChanged,
    DeploymentCreated,
    DeploymentServing,
)
from workbench.records.models import (
    GateOutcome,
    ModelVersionRegistered,
    PromotionMade,
    PromotionServed,
)
from workbench.records.runs import (
    Artifact,
    ExperimentSaved,
    MetricFigures,
    RunCreated,
    RunEnded,
    RunFacts,
)
from workbench.training.signature import Field, Signature

BEGIN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=2)
FIGURES = {1: (0.2041, 1.05), 2: (0.9333, 0.21), 3: (0.9713, 0.13)}
"""Run and version → macro_f1, log_loss. The threshold is 0.9: the first misses it."""


KINDS = ("Adelie", "Chinstrap", "Gentoo")
PROBLEM = b"""goal = "Tell penguins apart"
dataset = "penguins"
target = "species"
task = "multiclass"
metric = "macro_f1"
direction = "maximize"
threshold = 0.9

[[guardrail]]
metric = "log_loss"
threshold = 0.5
"""


class Clock:
    """What the journal takes for `datetime`: every unit a minute after the one before."""

    def __init__(self, minutes: int = 0) -> None:
        self.at = BEGIN + timedelta(minutes=minutes)

    def now(self, zone: object) -> datetime:
        del zone
        self.at += timedelta(minutes=1)
        return self.at


def ulid(kind: int, number: int) -> str:
    return f"01K{kind}{number:022}"


def model_file(content: str, loader: str = "JsonNode", name: str = "builtins.str") -> bytes:
    """Return the smallest skops file: one node, by default a text, which is a trusted type."""
    module, _, kind = name.rpartition(".")
    node = {"__loader__": loader, "__module__": module, "__class__": kind, "content": content}
    whole = io.BytesIO()
    with ZipFile(whole, "w") as archive:
        archive.writestr(ZipInfo("schema.json", (2026, 5, 4, 0, 0, 0)), json.dumps(node))
    return whole.getvalue()


def signature(number: int) -> Signature:
    """Return the signature of a version; the third has one column more, the mass as a float."""
    inputs = [
        Field(name="island", type="str", categories=("Biscoe", "Dream", "Torgersen")),
        Field(name="bill_length_mm", type="float"),
        Field(name="body_mass_g", type="float" if number == 3 else "int", required=True),
    ]
    if number == 3:
        inputs.append(Field(name="sex", type="str", categories=("female", "male")))
    kinds = KINDS
    outputs = [Field(name="prediction", type="str", categories=kinds)]
    outputs += [Field(name=f"probability_{kind}", type="float") for kind in kinds]
    return Signature(
        task="multiclass",
        target="species",
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        classes=kinds,
    )


def empty(root: Path) -> Project:
    """Make a project without a model."""
    project = init_project(root, "colony", via="tui")
    project.store.who = Who(user="ada", uid=1000, host="lab", via="tui")
    return project


def seed(root: Path) -> Project:
    """Make the project: species@1 in dev, species@2 live in production at eta, species@3 nowhere."""
    project = empty(root)
    project.store.query("SELECT 1")  # whatever reads the journal knows the true datetime by now
    with patch("workbench.store.units.datetime", Clock()):
        project.store.append(
            ExperimentSaved(
                name="species",
                object=project.store.objects.put_bytes(PROBLEM),
                goal="Tell penguins apart",
                dataset="penguins",
                target="species",
                task="multiclass",
                metric="macro_f1",
                direction="maximize",
                threshold=0.9,
            )
        )
        for number in (1, 2):
            table(project, number)
        notes = {1: "says the commonest", 2: "boosted trees", 3: "also looks at the sex"}
        for number, note in notes.items():
            run(project, number)
            register(project, number, note)
        promote(project, 1, 1, "dev", "to try the way")
        promote(project, 2, 2, "production", "the first that is good enough")
        serve(project, 2, 2)
    return project


def run(project: Project, number: int, params: dict[str, object] | None = None) -> None:
    """Record a run that succeeded."""
    trainer = {1: "dummy", 2: "hgb"}.get(number, "linear")
    own = {1: {"strategy": "prior"}, 2: {"max_iter": 100, "learning_rate": 0.1}}
    figures = dict(zip(("macro_f1", "log_loss"), FIGURES.get(number, (0.95, 0.2)), strict=True))
    figures |= beside(figures)
    project.store.append(
        RunCreated(
            id=ulid(1, number),
            number=number,
            job=ulid(2, number),
            experiment="species",
            problem="0" * 64,
            trainer=trainer,
            params=params or own.get(number, {"c": 1.0}),  # type: ignore[arg-type]  # any value
            seed=0,
            dataset=f"penguins@{2 if number == 3 else 1}",
            dataset_version=ulid(7, 2 if number == 3 else 1),
            target="local",
            facts=RunFacts(
                python="3.12.3", packages={"scikit-learn": "1.9.1"}, host="lab", cores=2
            ),
        ),
        RunEnded(
            id=ulid(1, number),
            state="succeeded",
            metrics={n: MetricFigures(last=v, best=v, min=v, max=v) for n, v in figures.items()},
            artifacts=(predictions(project, number),) if number < 4 else (),
        ),
    )


def beside(figures: dict[str, float]) -> dict[str, float]:
    """Return the bounds of each figure, and what the baseline reaches."""
    found = {f"low.{name}": value * 0.98 for name, value in figures.items()}
    found |= {f"high.{name}": min(value * 1.02, 1.1) for name, value in figures.items()}
    return found | {"dummy.macro_f1": 0.2041, "dummy.log_loss": 1.05}


def predictions(project: Project, number: int) -> Artifact:
    """Keep the predictions of a run on 60 test rows: the second and third right more often."""
    rows = range(60)
    truth = [KINDS[row % 3] for row in rows]
    wrong = {1: 40, 2: 4, 3: 2}[number]
    frame: dict[str, list[object]] = {"row": list(rows), "truth": list(truth)}
    said = [KINDS[(row + (row < wrong)) % 3] for row in rows]
    frame["prediction"] = list(said)
    for kind in KINDS:
        frame[f"probability_{kind}"] = [0.8 if one == kind else 0.1 for one in said]
    data = io.BytesIO()
    pl.DataFrame(frame).write_parquet(data)
    digest = project.store.objects.put_bytes(data.getvalue())
    return Artifact(name="predictions.parquet", object=digest, bytes=len(data.getvalue()))


def table(project: Project, number: int) -> None:
    """Record a version of penguins: the second has heavier ones, an island less and a column more."""
    rows = 90
    islands = ("Biscoe", "Dream", "Torgersen")[: 3 if number == 1 else 2]
    frame: dict[str, list[object]] = {
        "species": [KINDS[row % 3] for row in range(rows)],
        "island": [islands[row % len(islands)] for row in range(rows)],
        "body_mass_g": [3000 + 17 * row + 900 * (number - 1) for row in range(rows)],
    }
    if number == 2:
        frame["sex"] = [("female", "male", None)[row % 3] for row in range(rows)]
    path = project.root / "table.parquet"
    pl.DataFrame(frame).write_parquet(path)
    project.store.append(
        DatasetVersionAdded(
            id=ulid(7, number),
            dataset="penguins",
            number=number,
            object=project.store.objects.put_file(path, move=True),
            content=f"c1:{number:064x}",
            rows=rows,
            bytes=1000,
            columns=tuple(Column(name, "String") for name in frame),
            origin=Origin(source="csv", place="penguins.csv"),
        )
    )


def register(
    project: Project, number: int, note: str, *, model: str = "species", data: bytes = b""
) -> None:
    """Record a version `number`, made by the run of that number; it was measured on this machine."""
    project.store.append(
        ModelVersionRegistered(
            id=ulid(3, number),
            model=model,
            number=number,
            run=ulid(1, number),
            object=project.store.objects.put_bytes(data or model_file(f"model {number}")),
            content=f"m1:{number:064x}",
            format="skops",
            bytes=40_000 + 8_000 * number,
            signature=msgspec.json.encode(signature(number)).decode(),
            note=note,
        )
    )
    version = get_version(project, ulid(3, number))
    found = Latency(
        reference=version.reference, median_ms=0.6 + number / 10, p95_ms=1.25, load_ms=80.0,
        calls=200, machine="lab",
    )  # fmt: skip
    measuring._keep(measuring._place(project, version), found)


def promote(project: Project, at: int, number: int, environment: str, reason: str) -> None:
    """Record promotion `at` of a version."""
    value = FIGURES[number][0]
    gate = GateOutcome(
        gate="threshold",
        outcome="pass",
        what="macro_f1 on the test rows",
        measured=value,
        required=0.9,
        why=f"{value} reaches at least 0.9",
    )
    project.store.append(
        PromotionMade(
            id=ulid(4, at),
            model="species",
            version=ulid(3, number),
            number=number,
            environment=environment,
            action="promote",
            reason=reason,
            gates=() if environment == "dev" else (gate,),
        )
    )


def serve(project: Project, at: int, number: int) -> None:
    """Record that the deployment eta follows production and answers with a version."""
    since = BEGIN + timedelta(minutes=30)
    known = project.store.one("SELECT 1 FROM deployments WHERE id = ?", [ulid(5, 1)])
    if not known:
        project.store.append(
            DeploymentCreated(
                id=ulid(5, 1), name="eta", target="local", model="species", environment="production"
            ),
            DeploymentChanged(id=ulid(5, 1), state="healthy", pid=1, port=8700),
        )
    project.store.append(
        DeploymentServing(id=ulid(5, 1), version=ulid(3, number), since=since),
        PromotionServed(promotion=ulid(4, at), deployment=ulid(5, 1), since=since),
    )


def strange(project: Project, word: str) -> None:
    """Record a version whose every name and value holds `word`: columns, parameters, types, reasons."""
    frame = {word: [word, "a", "b"], f"{word} 2": [1, 2, 3]}
    path = project.root / "strange.parquet"
    pl.DataFrame(frame).write_parquet(path)
    fields = tuple(
        Field(name=name, type="str", categories=(word, "a")) for name in (word, f"{word} 2")
    )
    outputs = (
        Field(name="prediction", type="str"),
        Field(name=f"probability_{word}", type="float"),
    )
    made = Signature(
        task="multiclass", target=word, inputs=fields, outputs=outputs, classes=(word, "a")
    )
    project.store.append(
        DatasetVersionAdded(
            id=ulid(7, 9), dataset="penguins", number=9,
            object=project.store.objects.put_file(path, move=True), content=f"c1:{9:064x}",
            rows=3, bytes=1000, columns=tuple(Column(name, "String") for name in frame),
            origin=Origin(source="csv", place=word),
        ),
        RunCreated(
            id=ulid(1, 9), number=9, job=ulid(2, 9), experiment="species", problem="0" * 64,
            trainer=word, params={word: word}, seed=0, dataset="penguins@9",
            dataset_version=ulid(7, 9), target="local",
            facts=RunFacts(commit="", python=word, host=word, packages={word: word}),
        ),
        RunEnded(
            id=ulid(1, 9), state="succeeded",
            metrics={
                name: MetricFigures(last=0.5, best=0.5, min=0.5, max=0.5)
                for name in ("macro_f1", word.replace(".", ""))
            },
        ),
        ModelVersionRegistered(
            id=ulid(3, 9), model="species", number=9, run=ulid(1, 9),
            object=project.store.objects.put_bytes(model_file(word, "ObjectNode", f"x.{word}")),
            content=f"m1:{9:064x}", format="skops", bytes=1,
            signature=msgspec.json.encode(made).decode(), note=word,
        ),
        PromotionMade(
            id=ulid(4, 9), model="species", version=ulid(3, 9), number=9, environment="dev",
            action="promote", reason=word,
            gates=(GateOutcome(gate=word, outcome="warn", what=word, why=word),),
        ),
    )  # fmt: skip
