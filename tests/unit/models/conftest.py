from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sklearn.linear_model import LogisticRegression

from plugins.formats.skops import FORMAT
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records.runs import (
    ExperimentSaved,
    FittedModel,
    MetricFigures,
    RunChanged,
    RunCreated,
    RunEnded,
    RunFacts,
)
from workbench.training.signature import Field, Signature

SIGNATURE = Signature(
    task="binary",
    target="delayed",
    inputs=(Field(name="distance", type="float"), Field(name="carrier", type="str")),
    outputs=(Field(name="prediction", type="str"),),
    classes=("no", "yes"),
)

MakeRun = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "line", "line")
    return open_project(tmp_path / "line", via="test")


@pytest.fixture
def make_run(project: Project, tmp_path: Path) -> MakeRun:
    """Record a run that succeeded with a real fitted model; returns `r_N`.

    `metrics` are its figures on the test rows; `seed` makes models differ; `state` its end.
    """

    def make(
        seed: int = 0,
        state: str = "succeeded",
        threshold: float | None = 0.75,
        signature: Signature = SIGNATURE,
        model: bool = True,
        **metrics: float,
    ) -> str:
        run = new_ulid()
        project.store.append(
            ExperimentSaved(
                name="late",
                object=hashlib.sha256(b"").hexdigest(),
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
                    problem=hashlib.sha256(b"").hexdigest(),
                    trainer="linear",
                    params={"c": 1.0},
                    seed=seed,
                    dataset="flights@1",
                    dataset_version="01J00000000000000000000001",
                    target="local",
                    facts=RunFacts(commit="abc", python="3.11.2", host="engine"),
                ),
                RunChanged(id=run, state="running"),
            ]
        )
        fitted = _fitted(project, tmp_path, seed, signature) if model else None
        figures = {
            name: MetricFigures(last=value, best=value, min=value, max=value)
            for name, value in ({"roc_auc": 0.8} | metrics | {"cv.roc_auc": 0.1}).items()
        }
        if state not in {"running"}:
            project.store.append(RunEnded(id=run, state=state, metrics=figures, model=fitted))
        row = project.store.one("SELECT number FROM runs WHERE id = ?", [run])
        assert row
        return f"r_{row['number']}"

    return make


def _fitted(project: Project, folder: Path, seed: int, signature: Signature) -> FittedModel:
    model = LogisticRegression(C=1.0 + seed).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
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
