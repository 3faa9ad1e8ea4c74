"""Predictions of 160 test rows, the better the less noise; figures of them by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from workbench.training.metrics import Scored, score_all
from workbench.training.signature import Field, Signature

SIGNATURE = Signature(
    task="binary",
    target="delayed",
    inputs=(Field(name="distance", type="float"), Field(name="carrier", type="str")),
    outputs=(Field(name="prediction", type="str"),),
    classes=("no", "yes"),
)
ROWS = 160
RNG = np.random.default_rng(5)
TRUTH = RNG.random(ROWS) < 0.4


def chances(noise: float) -> Any:
    spread = np.random.default_rng(int(noise * 1000)).normal(0, noise, ROWS)
    return 1 / (1 + np.exp(-(np.where(TRUTH, 1.0, -1.0) + spread)))


def predictions(noise: float, **changed: Any) -> pl.DataFrame:
    yes = chances(noise)
    columns = {
        "row": np.arange(0, 3 * ROWS, 3),
        "truth": np.where(TRUTH, "yes", "no"),
        "prediction": np.where(yes > 0.5, "yes", "no"),
        "probability_no": 1 - yes,
        "probability_yes": yes,
    }
    return pl.DataFrame(columns | changed)


def figures(frame: pl.DataFrame, positive: str = "yes") -> dict[str, float]:
    return score_all(
        "binary",
        Scored(
            frame["truth"].to_numpy(),
            frame["prediction"].to_numpy(),
            frame.select("probability_no", "probability_yes").to_numpy(),
            ("no", "yes"),
            positive,
        ),
    )
