"""A run as it stands in a list, and the question that reads it from the projection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from workbench.numbers import Figure
from workbench.options import Value
from workbench.states import RunState


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list. `metrics` are the figures on the test rows by name (`roc_auc`), last values.

    `seconds` is from start to end (until now it is None). `job` is the job's ULID.
    """

    reference: str
    id: str
    number: int
    experiment: str
    trainer: str
    state: RunState
    dataset: str
    seed: int
    target: str
    job: str
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    error: str
    params: dict[str, Value]
    metrics: dict[str, Figure]
    tags: tuple[str, ...] = ()
    archived: bool = False


COLUMNS = (
    "r.id, r.number, r.experiment, r.trainer, r.state, r.dataset, r.seed, r.target, r.job,"
    " r.created_at, r.created_by, r.started_at, r.ended_at, coalesce(r.error, '') AS error, r.params,"
    " r.metrics, r.archived, g.tags"
)
TAGGED = (
    "(SELECT run_number, list(tag ORDER BY tag) AS tags FROM run_tags WHERE present"
    " GROUP BY run_number) g ON g.run_number = r.number"
)
ROWS = f"SELECT {COLUMNS} FROM runs r LEFT JOIN {TAGGED}"  # noqa: S608  # ours
"""Asks for runs as `row_values` takes them; a WHERE may follow, and must leave out what is deleted."""

_params = msgspec.json.Decoder(dict[str, Value])
_metrics = msgspec.json.Decoder(dict[str, Figure])


def row_values(row: dict[str, Any]) -> dict[str, Any]:
    """Turn a row of ROWS into the fields of a RunRow, in place."""
    started, ended = row["started_at"], row["ended_at"]
    row["reference"] = f"r_{row['number']}"
    row["seconds"] = (ended - started).total_seconds() if started and ended else None
    row["params"] = _params.decode(row["params"])
    row["metrics"] = _metrics.decode(row["metrics"])
    row["tags"] = tuple(row["tags"] or ())
    return row
