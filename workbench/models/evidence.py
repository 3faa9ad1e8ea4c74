"""What the person who promotes needs to see: figures, gates, differences, lineage; the costly parts apart.

`gather` reads the records and the file's types and answers in milliseconds. What takes seconds has a
function of its own, each in a thread of whoever asks: the paired comparison (paired.py), the shape of the
training data (datashape.py), the latency (latency.py). `complete` asks all three at once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import WorkbenchError
from workbench.models.changes import SignatureChange, signature_changes
from workbench.models.contract import Candidate, Format, FoundType, GateOutcome, Scan
from workbench.models.datashape import TrainingShape, training_shape
from workbench.models.evaluated import Evaluation, figures_of
from workbench.models.figures import MetricLine, metric_lines, on_test_rows
from workbench.models.gates import gates_of, judge, overall
from workbench.models.guardrails import guardrails_of, judge_guardrails
from workbench.models.latency import Latency, latency
from workbench.models.lineage import Lineage, lineage, run_of
from workbench.models.paired import RowComparison, compare_rows
from workbench.models.references import find_version
from workbench.plugins import load
from workbench.project.project import Project
from workbench.store.store import View
from workbench.training.signatures import recall


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The model file: size, format, whether loading it can run code, the types that it names."""

    bytes: int
    live_bytes: int | None
    format: str
    safe: bool
    types: tuple[FoundType, ...] = ()
    unknown_types: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a promotion. `current` is the newest promotion in the environment ("" for none).

    `same_data` tells whether candidate and live version were tested on rows of the same dataset
    version: figures of different rows are not a fair comparison. `tested_on` and `live_tested_on` name
    these (`flights@3`). `lineage` is None of an imported version; `evaluated` then says how it was
    measured, if it was. `rows`, `shape`, `latency` and `live_latency` are None until they were asked
    for (`complete`), and where there is nothing to hold the version against.
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
    lineage: Lineage | None
    live_lineage: Lineage | None
    same_data: bool | None
    file: FileFacts
    live_version: str = ""
    evaluated: Evaluation | None = None
    tested_on: str = ""
    live_tested_on: str = ""
    rows: RowComparison | None = None
    shape: TrainingShape | None = None
    latency: Latency | None = None
    live_latency: Latency | None = None


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the tables gave."""

    version: dict[str, Any]
    run: dict[str, Any] | None
    figures: dict[str, float]
    evaluated: Evaluation | None
    problem: dict[str, Any]
    current: str
    live: dict[str, Any] | None
    live_run: dict[str, Any] | None
    live_figures: dict[str, float] | None
    live_evaluated: Evaluation | None


NO_PROBLEM: dict[str, Any] = {
    "metric": "", "direction": "maximize", "threshold": None, "object": ""
}  # fmt: skip
"""Of an imported version: nothing says what it should reach."""


def gather(project: Project, ref: str, environment: str) -> Evidence:
    """Collect the evidence for promoting `ref` into `environment`; reads only.

    Raises NotFound (version, environment) and what gates_of raises.
    """
    set_gates = gates_of(project, environment)
    names = tuple(project.settings.environments)
    read: _Read = project.store.read(lambda view: _read(view, ref, environment, names))
    guardrails, lost = guardrails_of(project, read.problem["object"])
    candidate = _candidate(read, environment, guardrails)
    outcomes = judge(set_gates, candidate)
    if set_gates:  # an environment without gates is free of these as well
        outcomes += judge_guardrails(candidate, lost)
    return Evidence(
        reference=candidate.reference,
        version=read.version["id"],
        environment=environment,
        current=read.current,
        live_reference=candidate.live_reference,
        live_version=read.live["id"] if read.live else "",
        metric=candidate.metric,
        direction=candidate.direction,
        threshold=candidate.threshold,
        metrics=metric_lines(candidate, read.figures, read.live_figures),
        gates=outcomes,
        outcome=overall(outcomes),
        signature_changes=_changes(project, read),
        lineage=lineage(read.run),
        live_lineage=lineage(read.live_run),
        same_data=_same_data(read),
        evaluated=read.evaluated,
        tested_on=_table(read.run, read.evaluated),
        live_tested_on=_table(read.live_run, read.live_evaluated),
        file=file_facts(project, read.version, read.live),
    )


def complete(project: Project, evidence: Evidence) -> Evidence:
    """Return the evidence with its costly parts, which are asked for at once; takes seconds.

    A part that fails says so in its own `why`.
    """
    mine, live = evidence.version, evidence.live_version
    with ThreadPoolExecutor(4) as pool:
        rows = pool.submit(compare_rows, project, live, mine) if live else None
        shape = pool.submit(training_shape, project, live, mine) if live else None
        own = pool.submit(told, lambda: latency(project, mine), evidence.reference)
        other = (
            pool.submit(told, lambda: latency(project, live), evidence.live_reference or "")
            if live
            else None
        )
        return msgspec.structs.replace(
            evidence,
            rows=rows.result() if rows else None,
            shape=shape.result() if shape else None,
            latency=own.result(),
            live_latency=other.result() if other else None,
        )


def told(ask: Callable[[], Latency], reference: str) -> Latency:
    """Ask for a latency; what is in the way is its `why`."""
    try:
        return ask()
    except WorkbenchError as error:
        return Latency(reference=reference, why=f"{error.what}: {error.why}")


def _read(view: View, ref: str, environment: str, environments: tuple[str, ...]) -> _Read:
    version = find_version(view, ref, environments)
    run = run_of(view, version["run"])
    sql = "SELECT * FROM promotions WHERE model = ? AND environment = ? ORDER BY seq DESC LIMIT 1"
    last = view.one(sql, [version["model"], environment])
    live = last and view.one("SELECT * FROM model_versions WHERE id = ?", [last["version"]])
    figures, evaluated = figures_of(view, version)
    live_figures, live_evaluated = figures_of(view, live) if live else (None, None)
    return _Read(
        version=version,
        run=run,
        figures=figures,
        evaluated=evaluated,
        problem=_problem(view, run, evaluated),
        current=last["id"] if last else "",
        live=live,
        live_run=run_of(view, live["run"]) if live else None,
        live_figures=live_figures,
        live_evaluated=live_evaluated,
    )


def _problem(
    view: View, run: dict[str, Any] | None, evaluated: Evaluation | None
) -> dict[str, Any]:
    """Return what a version is judged by: its run's problem, or what it was measured for."""
    name = run["experiment"] if run else evaluated.experiment if evaluated else ""
    problem: dict[str, Any] | None = view.one("SELECT * FROM experiments WHERE name = ?", [name])
    if problem is not None:
        return problem
    if evaluated is None:
        return NO_PROBLEM
    return NO_PROBLEM | {"metric": evaluated.metric, "direction": evaluated.direction}


def _candidate(read: _Read, environment: str, guardrails: dict[str, float]) -> Candidate:
    live = read.live
    return Candidate(
        reference=f"{read.version['model']}@{read.version['number']}",
        environment=environment,
        metric=read.problem["metric"],
        direction=read.problem["direction"],
        threshold=read.problem["threshold"],
        metrics=on_test_rows(read.figures),
        live_reference=f"{live['model']}@{live['number']}" if live else None,
        live_metrics=on_test_rows(read.live_figures) if read.live_figures is not None else None,
        guardrails=guardrails,
        measured=read.run is not None or read.evaluated is not None,
    )


def _same_data(read: _Read) -> bool | None:
    """Tell whether both were tested on rows of one dataset version; None where one of them was not."""
    mine = _tested_on(read.run, read.evaluated)
    theirs = _tested_on(read.live_run, read.live_evaluated)
    return mine == theirs if mine and theirs else None


def _table(run: dict[str, Any] | None, evaluated: Evaluation | None) -> str:
    return run["dataset"] if run else evaluated.dataset if evaluated else ""


def _tested_on(run: dict[str, Any] | None, evaluated: Evaluation | None) -> str:
    if run is not None:
        return str(run["dataset_version"])
    return evaluated.dataset_version if evaluated else ""


def _changes(project: Project, read: _Read) -> tuple[SignatureChange, ...]:
    if read.live is None:
        return ()
    objects = project.store.objects
    after = recall(objects, read.version["signature"])
    return signature_changes(recall(objects, read.live["signature"]), after)


def read_file(project: Project, ref: str) -> FileFacts:
    """Return the file facts of the version that `ref` names; nothing of it is built."""
    names = tuple(project.settings.environments)
    row = project.store.read(lambda view: find_version(view, ref, names))
    return file_facts(project, row)


def file_facts(
    project: Project, version: dict[str, Any], live: dict[str, Any] | None = None
) -> FileFacts:
    """Return what there is to know of a version's file; nothing of it is built."""
    plugin: Format = load("formats", version["format"])
    scan = _scan(version["format"], project.store.objects.path(version["object"]))
    unserved = (f"it cannot be served here: {plugin.unserved}",) if plugin.unserved else ()
    return FileFacts(
        bytes=version["bytes"],
        live_bytes=live["bytes"] if live else None,
        format=plugin.name,
        safe=plugin.safe,
        types=scan.types,
        unknown_types=tuple(t.name for t in scan.types if t.verdict != "trusted"),
        warnings=scan.warnings + unserved,
    )


@lru_cache(maxsize=64)
def _scan(format_name: str, path: Path) -> Scan:
    """Scan an object once in a process: its bytes never change, and a card asks for each environment."""
    plugin: Format = load("formats", format_name)
    return plugin.scan(path)
