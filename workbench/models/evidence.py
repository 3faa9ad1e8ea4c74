"""What the person who promotes needs to see, as plain numbers: figures, gates, differences, lineage."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from workbench.models.contract import Candidate, Format, GateOutcome, Signature
from workbench.models.gates import gates_of, judge, overall
from workbench.models.references import find_version
from workbench.plugins import load
from workbench.project.project import Project
from workbench.records.runs import RunFacts
from workbench.store.store import View
from workbench.training.metrics import direction_of
from workbench.training.signatures import recall


class MetricLine(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on the test rows: of the candidate and of what is promoted now.

    `difference` is candidate minus live; `better` tells whether that is for the better, None when
    they are equal or cannot be compared.
    """

    name: str
    direction: str | None
    candidate: float | None
    live: float | None
    difference: float | None
    better: bool | None
    threshold: float | None


class SignatureChange(msgspec.Struct, frozen=True, kw_only=True):
    """How a column differs from the live version's: added, removed, retyped, required, optional."""

    side: str
    column: str
    change: str
    before: str
    after: str


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


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The model file: size, format, whether loading it can run code, types that are not trusted."""

    bytes: int
    live_bytes: int | None
    format: str
    safe: bool
    unknown_types: tuple[str, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a promotion. `current` is the newest promotion in the environment ("" for none).

    `same_data` tells whether candidate and live version were tested on rows of the same dataset
    version: figures of different rows are not a fair comparison.
    """

    reference: str
    version: str
    environment: str
    current: str
    live_reference: str | None
    metric: str
    direction: str
    threshold: float | None
    metrics: tuple[MetricLine, ...]
    gates: tuple[GateOutcome, ...]
    outcome: str
    signature_changes: tuple[SignatureChange, ...]
    lineage: Lineage
    live_lineage: Lineage | None
    same_data: bool | None
    file: FileFacts


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the tables gave."""

    version: dict[str, Any]
    run: dict[str, Any]
    metrics: dict[str, float]
    problem: dict[str, Any]
    current: str
    live: dict[str, Any] | None
    live_run: dict[str, Any] | None
    live_metrics: dict[str, float] | None


def gather(project: Project, ref: str, environment: str) -> Evidence:
    """Collect the evidence for promoting `ref` into `environment`; reads only.

    Raises NotFound (version, environment) and what gates_of raises.
    """
    set_gates = gates_of(project, environment)
    names = tuple(project.settings.environments)
    read: _Read = project.store.read(lambda view: _read(view, ref, environment, names))
    candidate = _candidate(read, environment)
    outcomes = judge(set_gates, candidate)
    live_lineage = lineage(read.live_run) if read.live_run else None
    return Evidence(
        reference=candidate.reference,
        version=read.version["id"],
        environment=environment,
        current=read.current,
        live_reference=candidate.live_reference,
        metric=candidate.metric,
        direction=candidate.direction,
        threshold=candidate.threshold,
        metrics=metric_lines(candidate),
        gates=outcomes,
        outcome=overall(outcomes),
        signature_changes=_changes(project, read),
        lineage=lineage(read.run),
        live_lineage=live_lineage,
        same_data=read.live_run["dataset_version"] == read.run["dataset_version"]
        if read.live_run
        else None,
        file=_file_facts(project, read),
    )


def _read(view: View, ref: str, environment: str, environments: tuple[str, ...]) -> _Read:
    version = find_version(view, ref, environments)
    run = _run(view, version["run"])
    sql = "SELECT * FROM promotions WHERE model = ? AND environment = ? ORDER BY seq DESC LIMIT 1"
    last = view.one(sql, [version["model"], environment])
    live = last and view.one("SELECT * FROM model_versions WHERE id = ?", [last["version"]])
    problem = view.one("SELECT * FROM experiments WHERE name = ?", [run["experiment"]])
    return _Read(
        version=version,
        run=run,
        metrics=run_metrics(view, run["id"]),
        problem=problem or {"metric": "", "direction": "maximize", "threshold": None},
        current=last["id"] if last else "",
        live=live,
        live_run=_run(view, live["run"]) if live else None,
        live_metrics=run_metrics(view, live["run"]) if live else None,
    )


def _run(view: View, run: str) -> dict[str, Any]:
    row = view.one("SELECT * FROM runs WHERE id = ?", [run])
    assert row is not None, "a version is registered from a run of this journal"
    return row


def run_metrics(view: View, run: str) -> dict[str, float]:
    """Return the figures on the test rows; those over folds and of the baseline have a dot in them."""
    rows = view.query(
        "SELECT name, last FROM run_metrics WHERE run = ? AND name NOT LIKE '%.%' ORDER BY name",
        [run],
    )
    return {row["name"]: math.nan if row["last"] is None else row["last"] for row in rows}


def _candidate(read: _Read, environment: str) -> Candidate:
    live = read.live
    return Candidate(
        reference=f"{read.version['model']}@{read.version['number']}",
        environment=environment,
        metric=read.problem["metric"],
        direction=read.problem["direction"],
        threshold=read.problem["threshold"],
        metrics=read.metrics,
        live_reference=f"{live['model']}@{live['number']}" if live else None,
        live_metrics=read.live_metrics,
    )


def metric_lines(candidate: Candidate) -> tuple[MetricLine, ...]:
    """Return a line a metric, the problem's own first, then by name."""
    live = candidate.live_metrics or {}
    names = sorted({*candidate.metrics, *live}, key=lambda name: (name != candidate.metric, name))
    return tuple(_metric_line(candidate, name, live.get(name)) for name in names)


def _metric_line(candidate: Candidate, name: str, live: float | None) -> MetricLine:
    own = name == candidate.metric
    direction = candidate.direction if own else direction_of(name)
    mine = candidate.metrics.get(name)
    difference = None if mine is None or live is None else mine - live
    better = None
    if difference and direction and not math.isnan(difference):
        better = (difference > 0) == (direction == "maximize")
    return MetricLine(
        name=name,
        direction=direction,
        candidate=mine,
        live=live,
        difference=difference,
        better=better,
        threshold=candidate.threshold if own else None,
    )


def lineage(run: dict[str, Any]) -> Lineage:
    """Make the lineage of a row of `runs`."""
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


def _changes(project: Project, read: _Read) -> tuple[SignatureChange, ...]:
    if read.live is None:
        return ()
    objects = project.store.objects
    after = recall(objects, read.version["signature"])
    return signature_changes(recall(objects, read.live["signature"]), after)


def signature_changes(before: Signature, after: Signature) -> tuple[SignatureChange, ...]:
    """Return how `after` differs from `before`, inputs then outputs, columns in the order of `after`."""
    found = []
    for side in ("inputs", "outputs"):
        old = {field.name: field for field in getattr(before, side)}
        new = {field.name: field for field in getattr(after, side)}
        for name in [*new, *(name for name in old if name not in new)]:
            a, b = old.get(name), new.get(name)
            pairs = []
            if a is None or b is None:
                pairs.append(("added" if a is None else "removed", a, b))
            else:
                if a.type != b.type:
                    pairs.append(("retyped", a, b))
                if a.required != b.required:
                    pairs.append(("required" if b.required else "optional", a, b))
            found += [
                SignatureChange(
                    side=side,
                    column=name,
                    change=change,
                    before=was.type if was else "",
                    after=now.type if now else "",
                )
                for change, was, now in pairs
            ]
    return tuple(found)


def _file_facts(project: Project, read: _Read) -> FileFacts:
    plugin: Format = load("formats", read.version["format"])
    path = project.store.objects.path(read.version["object"])
    return FileFacts(
        bytes=read.version["bytes"],
        live_bytes=read.live["bytes"] if read.live else None,
        format=plugin.name,
        safe=plugin.safe,
        unknown_types=plugin.inspect(path),
    )
