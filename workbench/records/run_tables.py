"""The tables of experiments and runs."""

from __future__ import annotations

from workbench.records.base import Table

EXPERIMENTS = Table(
    "experiments",
    {
        "name": "VARCHAR",
        "object": "VARCHAR",  # the problem file's bytes
        "goal": "VARCHAR",
        "dataset": "VARCHAR",
        "target": "VARCHAR",
        "task": "VARCHAR",
        "metric": "VARCHAR",
        "direction": "VARCHAR",
        "threshold": "DOUBLE",
        "saved_at": "TIMESTAMP",
        "saved_by": "VARCHAR",
    },
    key=("name",),
)
RUNS = Table(
    "runs",
    {
        "id": "VARCHAR",
        "number": "BIGINT",
        "job": "VARCHAR",
        "experiment": "VARCHAR",
        "problem": "VARCHAR",  # object of the problem file as it was
        "trainer": "VARCHAR",
        "params": "VARCHAR",  # JSON
        "seed": "BIGINT",
        "dataset": "VARCHAR",  # name@number
        "dataset_version": "VARCHAR",
        "facts": "VARCHAR",  # JSON of RunFacts
        "reproduces": "VARCHAR",  # ULID of the run that this one trains again, or empty
        "target": "VARCHAR",
        "state": "VARCHAR",
        "created_at": "TIMESTAMP",
        "created_by": "VARCHAR",
        "started_at": "TIMESTAMP",
        "ended_at": "TIMESTAMP",
        "error": "VARCHAR",
        "model_object": "VARCHAR",
        "model_content": "VARCHAR",
        "model_format": "VARCHAR",
        "model_bytes": "BIGINT",
        "signature": "VARCHAR",  # of the model: JSON, or object:DIGEST
        "report": "VARCHAR",  # object of the Markdown report
        "metrics": "VARCHAR",  # JSON: the last figures on the test rows by name, for lists
        "archived": "BOOLEAN",
        "deleted": "BOOLEAN",  # the row stays, so that its number is never given again
    },
)
RUN_PARAMS = Table(
    "run_params",
    {
        "run_number": "BIGINT",
        "name": "VARCHAR",
        "value": "VARCHAR",
        "number": "DOUBLE",  # the value, where it is a number
    },
    key=("run_number", "name"),
    order=("name", "run_number"),
)
RUN_METRICS = Table(
    "run_metrics",
    {
        "run_number": "BIGINT",
        "name": "VARCHAR",
        "last": "DOUBLE",
        "best": "DOUBLE",
        "min": "DOUBLE",
        "max": "DOUBLE",
    },
    key=("run_number", "name"),
    order=("name", "run_number"),
)
RUN_TAGS = Table(
    "run_tags",
    {
        "run_number": "BIGINT",
        "tag": "VARCHAR",
        "present": "BOOLEAN",  # false: it was taken away
    },
    key=("run_number", "tag"),
)
ARTIFACTS = Table(
    "artifacts",
    {"run": "VARCHAR", "name": "VARCHAR", "object": "VARCHAR", "bytes": "BIGINT"},
    key=("run", "name"),
)
