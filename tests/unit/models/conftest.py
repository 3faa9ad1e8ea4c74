from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))  # tested_rows.py beside this file

from tested_rows import SIGNATURE

from plugins.formats.skops import FORMAT
from workbench.data.versions import DatasetVersion
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records.runs import (
    Artifact,
    ExperimentSaved,
    FittedModel,
    MetricFigures,
    RunChanged,
    RunCreated,
    RunEnded,
    RunFacts,
)
from workbench.training.signature import Signature

PROBLEM = b"""goal = "who is late"
dataset = "flights"
target = "delayed"
task = "binary"
metric = "roc_auc"
direction = "maximize"
threshold = 0.75
"""

MakeRun = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "line", "line")
    return open_project(tmp_path / "line", via="test")


@pytest.fixture
def make_run(project: Project, tmp_path: Path) -> MakeRun:
    """Record a run that succeeded with a real fitted model; returns `r_N`.

    `metrics` are its figures on the test rows (`low__roc_auc` is the figure `low.roc_auc`); `seed`
    makes models differ; `state` its end; `guardrails` goes on in the problem file.
    """

    def make(
        seed: int = 0,
        state: str = "succeeded",
        threshold: float | None = 0.75,
        signature: Signature = SIGNATURE,
        model: bool = True,
        predictions: pl.DataFrame | None = None,
        guardrails: str = "",
        data: DatasetVersion | None = None,
        estimator: Any = None,
        **metrics: float,
    ) -> str:
        run = new_ulid()
        problem = project.store.objects.put_bytes(PROBLEM + guardrails.encode())
        project.store.append(
            ExperimentSaved(
                name="late",
                object=problem,
                goal="who is late",
                dataset="flights",
                target="delayed",
                task="binary",
                metric="roc_auc",
                direction="maximize",
                threshold=threshold,
            )
        )
        project.store.decide(
            lambda view: [
                RunCreated(
                    id=run,
                    number=view.next_number("runs"),
                    job=new_ulid(),
                    experiment="late",
                    problem=problem,
                    trainer="linear",
                    params={"c": 1.0},
                    seed=seed,
                    dataset=data.reference if data else "flights@1",
                    dataset_version=data.id if data else "01J00000000000000000000001",
                    target="local",
                    facts=RunFacts(commit="abc", python="3.11.2", host="engine"),
                ),
                RunChanged(id=run, state="running"),
            ]
        )
        fitted = _fitted(project, tmp_path, seed, signature, estimator) if model else None
        figures = {
            name: MetricFigures(last=value, best=value, min=value, max=value)
            for name, value in (
                {"roc_auc": 0.8}
                | {name.replace("__", "."): value for name, value in metrics.items()}
                | {"cv.roc_auc": 0.1}
            ).items()
        }
        kept = () if predictions is None else (_kept(project, predictions),)
        if state not in {"running"}:
            project.store.append(
                RunEnded(id=run, state=state, metrics=figures, model=fitted, artifacts=kept)
            )
        row = project.store.one("SELECT number FROM runs WHERE id = ?", [run])
        assert row
        return f"r_{row['number']}"

    return make


def _kept(project: Project, predictions: pl.DataFrame) -> Artifact:
    data = io.BytesIO()
    predictions.write_parquet(data)
    digest = project.store.objects.put_bytes(data.getvalue())
    return Artifact(name="predictions.parquet", object=digest, bytes=len(data.getvalue()))


def _fitted(
    project: Project, folder: Path, seed: int, signature: Signature, estimator: Any
) -> FittedModel:
    model = (estimator or LogisticRegression(C=1.0 + seed)).fit(
        [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    )
    path = folder / "fitted.skops"
    FORMAT.dump(model, path)
    content, size = FORMAT.content(path), path.stat().st_size
    return FittedModel(
        object=project.store.objects.put_file(path, move=True),
        content=content,
        format="skops",
        bytes=size,
        signature=msgspec.json.encode(signature).decode(),
    )


@pytest.fixture
def set_gates(project: Project) -> Callable[[str, list[dict[str, object]]], None]:
    """Write an environment's gates into workbench.toml."""

    def write(environment: str, gates: list[dict[str, object]]) -> None:
        listed = ", ".join(
            "{ " + ", ".join(f"{k} = {json.dumps(v)}" for k, v in gate.items()) + " }"
            for gate in gates
        )
        project.paths.settings.write_text(
            f'name = "line"\n[environments.{environment}]\ngates = [{listed}]\n'
        )
        project.fresh_settings()

    return write
