"""Where a version came from: the run that made it, or nothing but a file for one that was imported."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.records.runs import RunFacts
from workbench.store.store import View


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a version came from: run, problem, data, trainer, code, runtime."""

    run: str
    run_number: int
    experiment: str
    dataset: str
    dataset_version: str
    trainer: str
    params: dict[str, Any]
    seed: int
    facts: RunFacts


def run_of(view: View, run: str) -> dict[str, Any] | None:
    """Return the row of the run that made a version; None for an imported one, which has no run."""
    row: dict[str, Any] | None = view.one("SELECT * FROM runs WHERE id = ?", [run])
    assert row is not None or not run, "a version is registered from a run of this journal"
    return row


def lineage(run: dict[str, Any] | None) -> Lineage | None:
    """Make the lineage of a row of `runs`."""
    if run is None:
        return None
    return Lineage(
        run=run["id"],
        run_number=run["number"],
        experiment=run["experiment"],
        dataset=run["dataset"],
        dataset_version=run["dataset_version"],
        trainer=run["trainer"],
        params=msgspec.json.decode(run["params"]),
        seed=run["seed"],
        facts=msgspec.json.decode(run["facts"], type=RunFacts),
    )
