"""Model versions and promotions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from workbench.numbers import Figure
from workbench.records.base import Change, Put, Record, Set, Stamp, Table

MODEL_VERSIONS = Table(
    "model_versions",
    {
        "id": "VARCHAR",
        "model": "VARCHAR",
        "number": "BIGINT",
        "run": "VARCHAR",
        "object": "VARCHAR",
        "content": "VARCHAR",
        "format": "VARCHAR",
        "bytes": "BIGINT",
        "signature": "VARCHAR",  # JSON, or object:DIGEST
        "note": "VARCHAR",
        "source": "VARCHAR",  # of an imported version: the name of its file; else empty
        "registered_at": "TIMESTAMP",
        "registered_by": "VARCHAR",
    },
)
PROMOTIONS = Table(
    "promotions",
    {
        "id": "VARCHAR",
        "seq": "BIGINT",
        "model": "VARCHAR",
        "version": "VARCHAR",  # ULID of the model version
        "number": "BIGINT",
        "environment": "VARCHAR",
        "action": "VARCHAR",  # promote, rollback
        "previous": "VARCHAR",  # ULID of the promotion that it replaced
        "restores": "VARCHAR",  # of a rollback: the promotion whose state it brings back
        "reason": "VARCHAR",
        "gates": "VARCHAR",  # JSON: list of GateOutcome
        "promoted_at": "TIMESTAMP",
        "promoted_by": "VARCHAR",
        "serving_since": "TIMESTAMP",
        "served_by": "VARCHAR",  # ULID of the deployment
    },
)

MODEL_EVALUATIONS = Table(
    "model_evaluations",
    {
        "id": "VARCHAR",
        "seq": "BIGINT",
        "version": "VARCHAR",  # ULID of the model version
        "dataset": "VARCHAR",  # flights@3
        "dataset_version": "VARCHAR",  # its ULID
        "content": "VARCHAR",  # identity of the table
        "target": "VARCHAR",
        "metric": "VARCHAR",
        "direction": "VARCHAR",
        "experiment": "VARCHAR",  # whose problem it is judged by; else empty
        "positive": "VARCHAR",
        "rows": "BIGINT",
        "left_out": "BIGINT",
        "step": "BIGINT",
        "metrics": "VARCHAR",  # JSON: recorded name to figure
        "runtime": "VARCHAR",
        "evaluated_at": "TIMESTAMP",
        "evaluated_by": "VARCHAR",
    },
)


class ModelVersionRegistered(Record, frozen=True, kw_only=True, tag="model.version_registered"):
    """An immutable version `model@number`, made from `run`, or imported: then `run` is empty.

    `source` is the name of the file that it was imported from, without its folder.
    """

    id: str
    model: str
    number: int
    run: str
    object: str
    content: str
    format: str
    bytes: int
    signature: str
    note: str = ""
    source: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        row = {name: getattr(self, name) for name in self.__struct_fields__ if name != "v"}
        yield Put(
            "model_versions", row | {"registered_at": stamp.at, "registered_by": stamp.who.user}
        )


class ModelEvaluated(Record, frozen=True, kw_only=True, tag="model.evaluated"):
    """An imported version was measured on rows of a dataset version, of identity `content`.

    `rows` were predicted, every `step`-th with a value of `target`; `left_out` have none. `metrics` maps
    the recorded name (`roc_auc`, `low.roc_auc`) to the figure. `metric` is what it is judged by, of the
    problem `experiment` where that is not empty.
    """

    id: str
    version: str
    dataset: str
    dataset_version: str
    content: str
    target: str
    metric: str
    direction: str
    experiment: str
    positive: str
    rows: int
    left_out: int
    step: int
    metrics: dict[str, Figure]
    runtime: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        row = {name: getattr(self, name) for name in self.__struct_fields__ if name != "v"}
        yield Put(
            "model_evaluations",
            row
            | {
                "seq": stamp.seq,
                "metrics": msgspec.json.encode(self.metrics).decode(),
                "evaluated_at": stamp.at,
                "evaluated_by": stamp.who.user,
            },
        )


class GateOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A gate's answer with both numbers behind it. `outcome` is pass, warn or fail."""

    gate: str
    outcome: str
    what: str
    measured: Figure | None = None
    required: Figure | None = None
    why: str = ""


class PromotionMade(Record, frozen=True, kw_only=True, tag="model.promoted"):
    """A version moved into an environment, forward or back, with the gates' outcomes."""

    id: str
    model: str
    version: str
    number: int
    environment: str
    action: str
    reason: str
    previous: str = ""
    restores: str = ""
    gates: tuple[GateOutcome, ...] = ()

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        row = {
            name: getattr(self, name)
            for name in self.__struct_fields__
            if name not in {"v", "gates"}
        }
        yield Put(
            "promotions",
            row
            | {
                "seq": stamp.seq,
                "gates": msgspec.json.encode(self.gates).decode(),
                "promoted_at": stamp.at,
                "promoted_by": stamp.who.user,
            },
        )


class PromotionServed(Record, frozen=True, kw_only=True, tag="model.served"):
    """A follower answered with the promoted version's digest at `since` for the first time."""

    promotion: str
    deployment: str
    since: datetime

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """When it began to serve, and where."""
        yield Set(
            "promotions",
            {"id": self.promotion},
            {"serving_since": self.since, "served_by": self.deployment},
        )
