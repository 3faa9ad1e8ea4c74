from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from workbench.options import settle
from workbench.plugins import load
from workbench.training.contract import Task
from workbench.training.features import plan_features
from workbench.training.fitting import Learning, Recipe, Target
from workbench.training.inputs import conform

ROLES = {
    "x": "numeric",
    "gaps": "numeric",
    "kind": "categorical",
    "flag": "boolean",
    "at": "datetime",
}
ROWS = 300


def make_frame(seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    some = rng.random(ROWS) < 0.2
    return pl.DataFrame(
        {
            "x": rng.normal(size=ROWS),
            "gaps": rng.normal(size=ROWS),
            "kind": rng.choice(["a", "b", "c"], ROWS),
            "flag": rng.random(ROWS) < 0.4,
            "at": np.datetime64("2024-01-01T00:00:00", "us") + rng.integers(0, 10**6, ROWS) * 10**6,
        }
    ).with_columns(pl.when(~pl.Series(some)).then(pl.col("gaps", "kind", "flag", "at")).name.keep())


@pytest.fixture
def frame() -> pl.DataFrame:
    """Numbers, a category, a flag, a moment; nulls in all but the first."""
    return make_frame()


@pytest.fixture
def make_learning() -> Callable[..., Learning]:
    """A learning over a frame with features planned from `rows`; the target is made of x and kind."""
    base = make_frame()
    score = base["x"].to_numpy() + (base["kind"] == "a").fill_null(False).to_numpy() * 2
    labels = np.where(score > 1, "yes", "no")

    def make(
        frame: pl.DataFrame,
        rows: np.ndarray,
        trainer: str = "linear",
        task: Task = "binary",
        kind: type[Learning] = Learning,
        **params: object,
    ) -> Learning:
        target = Target(score) if task == "regression" else Target(labels, ("no", "yes"), "yes")
        plugin = load("trainers", trainer)
        plan = plan_features(frame[rows], ROLES, target="")
        recipe = Recipe(task, plan, plugin, settle(plugin.options, params, owner=trainer), 0)
        return kind(conform(frame, plan.fields), target, recipe)

    return make
