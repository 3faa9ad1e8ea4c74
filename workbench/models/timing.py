"""The process in which a model is loaded and timed: reads TimingWork on stdin, writes figures on stdout."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

from workbench.models.apart import answer
from workbench.models.contract import Signature
from workbench.models.example import example_row
from workbench.models.latency import TimingWork
from workbench.models.loading import load_model

WARM_UP = 5
CALLS = 200
BUDGET = 2.0
"""Seconds of calls, whichever of the two comes first; never fewer than ten calls."""
FEWEST = 10


def example(signature: Signature) -> Any:
    """Return a frame of one row that the signature allows."""
    import polars as pl

    types = {
        "int": pl.Int64,
        "float": pl.Float64,
        "bool": pl.Boolean,
        "str": pl.String,
        "date": pl.Date,
        "datetime": pl.Datetime("us"),
    }
    schema: Any = {field.name: types[field.type] for field in signature.inputs}
    return pl.DataFrame(example_row(signature), schema=schema)


def measure(work: TimingWork) -> dict[str, float]:
    """Load and time. Raises what load_model raises, or whatever the model does."""
    started = time.perf_counter()
    model = load_model(Path(work.path), work.format, object=work.object, content=work.content)
    loaded = time.perf_counter() - started
    frame = example(work.signature)
    predict = model.predict if work.signature.task == "regression" else model.predict_proba
    for _ in range(WARM_UP):
        predict(frame)
    taken: list[float] = []
    end = time.perf_counter() + BUDGET
    while len(taken) < CALLS and (len(taken) < FEWEST or time.perf_counter() < end):
        begin = time.perf_counter()
        predict(frame)
        taken.append(time.perf_counter() - begin)
    return {
        "median_ms": statistics.median(taken) * 1000,
        "p95_ms": statistics.quantiles(taken, n=20, method="inclusive")[-1] * 1000,
        "load_ms": loaded * 1000,
        "calls": float(len(taken)),
    }


def main() -> int:
    """Do the work that comes on stdin."""
    return answer(TimingWork, measure, cannot="it cannot predict a row: ")


if __name__ == "__main__":
    sys.exit(main())
