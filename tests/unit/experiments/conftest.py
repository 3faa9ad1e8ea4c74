from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside this file

from workbench.data import datasets
from workbench.experiments import experiments, runs
from workbench.project.project import Project, init_project
from workbench.training.work import Problem


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with the dataset `rows`: x, kind, and the target y."""
    made = init_project(tmp_path / "p", "p", via="test")
    file = tmp_path / "rows.csv"
    count = range(60)
    pl.DataFrame(
        {
            "x": [float((i * 37) % 61) for i in count],
            "kind": ["abc"[i % 3] for i in count],
            "y": ["late" if (i * 37) % 61 > 30 else "ok" for i in count],
        }
    ).write_csv(file)
    datasets.add(made, file, name="rows")
    return made


@pytest.fixture
def problem() -> Problem:
    return Problem(
        goal='Know "late" ones', dataset="rows", target="y", task="binary", metric="roc_auc",
        direction="maximize", threshold=0.7,
    )  # fmt: skip


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Project]:
    """Who was asked to run: nothing starts here."""
    asked: list[Project] = []
    monkeypatch.setattr(runs, "wake_runner", asked.append)
    return asked


@pytest.fixture
def queued(project: Project, problem: Problem, woken: list[Project]) -> Callable[..., runs.Run]:
    """Queue a run for the experiment `late`."""
    experiments.new_experiment(project, "late", problem)

    def queue(trainer: str = "hgb", seed: int = 0, **params: Any) -> runs.Run:
        return runs.train(project, "late", trainer, params, seed)

    return queue
