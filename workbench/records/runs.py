"""Experiments and runs: what is recorded of them. Their tables are in `run_tables.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.numbers import Figure, from_figure
from workbench.options import Value
from workbench.records.base import Change, Put, Record, Set, Stamp


class ExperimentSaved(Record, frozen=True, kw_only=True, tag="experiment.saved"):
    """A problem file as it was when it was last saved or first used; `object` holds its bytes."""

    name: str
    object: str
    goal: str
    dataset: str
    target: str
    task: str
    metric: str
    direction: str
    threshold: float | None

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row by name."""
        row = {name: getattr(self, name) for name in self.__struct_fields__ if name != "v"}
        yield Put("experiments", row | {"saved_at": stamp.at, "saved_by": stamp.who.user})


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a run: git commit, object of the uncommitted changes, runtime, machine.

    `left_out` names files whose changes are not in the patch, with the reason; `lock_object` has
    every package installed here, a line each; `runtime` the locked packages and Python that its job
    runs in elsewhere (empty: in those installed here); `memory` is in bytes.
    """

    commit: str = ""
    diff_object: str = ""
    left_out: tuple[str, ...] = ()
    python: str = ""
    packages: dict[str, str] = {}
    lock_object: str = ""
    runtime: str = ""
    host: str = ""
    platform: str = ""
    cores: int = 0
    processor: str = ""
    memory: int = 0
    gpus: tuple[str, ...] = ()


class RunCreated(Record, frozen=True, kw_only=True, tag="run.created"):
    """A run was asked for; the job that makes it is queued in the same unit.

    `reproduces` is the ULID of the run whose record it is trained from again.
    """

    id: str
    number: int
    job: str
    experiment: str
    problem: str
    trainer: str
    params: dict[str, Value]
    seed: int
    dataset: str
    dataset_version: str
    target: str
    facts: RunFacts
    reproduces: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The run's row and a row a parameter."""
        yield Put(
            "runs",
            {
                "id": self.id,
                "number": self.number,
                "job": self.job,
                "experiment": self.experiment,
                "problem": self.problem,
                "trainer": self.trainer,
                "params": msgspec.json.encode(self.params).decode(),
                "seed": self.seed,
                "dataset": self.dataset,
                "dataset_version": self.dataset_version,
                "facts": msgspec.json.encode(self.facts).decode(),
                "reproduces": self.reproduces,
                "target": self.target,
                "state": "queued",
                "created_at": stamp.at,
                "created_by": stamp.who.user,
                "metrics": "{}",
                "archived": False,
                "deleted": False,
            },
        )
        for name, value in self.params.items():
            yield Put("run_params", {"run": self.id, "name": name} | _param(value))


def _param(value: Value) -> dict[str, Any]:
    number = float(value) if isinstance(value, int | float) else None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return {"value": text, "number": number}


class RunChanged(Record, frozen=True, kw_only=True, tag="run.changed"):
    """A run's state followed its job's, short of its end (`starting`, `running`, `lost`)."""

    id: str
    state: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The state; the first `running` is the start."""
        values: dict[str, Any] = {"state": self.state}
        if self.state == "running":
            values["started_at"] = stamp.at
        yield Set("runs", {"id": self.id}, values)


class MetricFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A metric's figures over a run; the series itself stays in the run's spool."""

    last: Figure
    best: Figure
    min: Figure
    max: Figure


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a run made, by name inside the run and object digest."""

    name: str
    object: str
    bytes: int


class FittedModel(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted model of a run; its signature is JSON, or `object:DIGEST` where that is large."""

    object: str
    content: str
    format: str
    bytes: int
    signature: str


class RunEnded(Record, frozen=True, kw_only=True, tag="run.ended"):
    """A run came to `succeeded`, `failed` or `cancelled`, with its final figures."""

    id: str
    state: str
    error: str = ""
    metrics: dict[str, MetricFigures] = {}
    artifacts: tuple[Artifact, ...] = ()
    model: FittedModel | None = None
    report: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The run's row, a row a metric, a row an artifact."""
        values: dict[str, Any] = {
            "state": self.state,
            "ended_at": stamp.at,
            "error": self.error,
            "report": self.report or None,
            "metrics": _own_figures(self.metrics),
        }
        if self.model:
            values |= {
                f"model_{name}": getattr(self.model, name)
                for name in ("object", "content", "format", "bytes")
            }
            values["signature"] = self.model.signature
        yield Set("runs", {"id": self.id}, values)
        for name, figures in self.metrics.items():
            numbers = {
                field: from_figure(getattr(figures, field)) for field in figures.__struct_fields__
            }
            yield Put("run_metrics", {"run": self.id, "name": name} | numbers)
        for artifact in self.artifacts:
            yield Put(
                "artifacts",
                {
                    "run": self.id,
                    "name": artifact.name,
                    "object": artifact.object,
                    "bytes": artifact.bytes,
                },
            )


def _own_figures(metrics: dict[str, MetricFigures]) -> str:
    # A name with a dot is not of the test rows.
    own = {name: metrics[name].last for name in sorted(metrics) if "." not in name}
    return msgspec.json.encode(own).decode()


class _OfRuns(Record, frozen=True, kw_only=True):
    """Something that was done to several runs at once; `ids` are ULIDs."""

    ids: tuple[str, ...]


class RunsTagged(_OfRuns, frozen=True, kw_only=True, tag="run.tagged"):
    """Runs were given a tag."""

    name: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """A row a run."""
        for run in self.ids:
            yield Put("run_tags", {"run": run, "tag": self.name, "present": True})


class RunsUntagged(_OfRuns, frozen=True, kw_only=True, tag="run.untagged"):
    """A tag was taken from runs."""

    name: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The row stays, as one that says no."""
        for run in self.ids:
            yield Put("run_tags", {"run": run, "tag": self.name, "present": False})


class RunsArchived(_OfRuns, frozen=True, kw_only=True, tag="run.archived"):
    """Runs were put out of sight; nothing of them is lost."""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """A sign on each run's row."""
        for run in self.ids:
            yield Set("runs", {"id": run}, {"archived": True})


class RunsUnarchived(_OfRuns, frozen=True, kw_only=True, tag="run.unarchived"):
    """Archived runs were brought back."""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The sign goes."""
        for run in self.ids:
            yield Set("runs", {"id": run}, {"archived": False})


class RunsDeleted(_OfRuns, frozen=True, kw_only=True, tag="run.deleted"):
    """Runs were deleted: no list has them any more. Their records and objects stay."""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """A sign on each run's row, which keeps its number taken."""
        for run in self.ids:
            yield Set("runs", {"id": run}, {"deleted": True})


class RunsRestored(_OfRuns, frozen=True, kw_only=True, tag="run.restored"):
    """A deletion was taken back."""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The sign goes."""
        for run in self.ids:
            yield Set("runs", {"id": run}, {"deleted": False})
