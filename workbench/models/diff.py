"""Two versions side by side: figures, parameters, signature, file, lineage; the costly parts apart.

Like evidence.py: `version_diff` reads records and types only, `complete_diff` adds what takes seconds.
The versions may be of different models.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from workbench.models.changes import SignatureChange, signature_changes
from workbench.models.contract import Candidate
from workbench.models.datashape import TrainingShape, training_shape
from workbench.models.evidence import FileFacts, read_file, told
from workbench.models.figures import MetricLine, metric_lines
from workbench.models.latency import Latency, latency
from workbench.models.lineage import Lineage
from workbench.models.paired import RowComparison, compare_rows
from workbench.models.show import ModelCard, show
from workbench.project.project import Project

Value = bool | int | float | str | None


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Something that differs: its name, and both values; None where one of the two has none."""

    name: str
    before: Value
    after: Value


class VersionDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from one version to another.

    In `metrics` the candidate is `after`, and live is `before`. `origin` has what differs in the
    lineage (run, trainer, data, code, runtime), `params` the trainer's parameters that differ. Types
    are those that only one of the files names. What is costly is None until it was asked for.
    """

    before: str
    after: str
    before_id: str
    after_id: str
    metrics: tuple[MetricLine, ...]
    origin: tuple[Pair, ...]
    params: tuple[Pair, ...]
    columns: tuple[SignatureChange, ...]
    before_file: FileFacts
    after_file: FileFacts
    types_gone: tuple[str, ...]
    types_new: tuple[str, ...]
    rows: RowComparison | None = None
    shape: TrainingShape | None = None
    before_latency: Latency | None = None
    after_latency: Latency | None = None


def version_diff(project: Project, before: str, after: str) -> VersionDiff:
    """Return what the records tell; raises NotFound for a version that is not there."""
    first, second = show(project, before), show(project, after)
    metric, direction = _metric(project, second.lineage or first.lineage)
    candidate = Candidate(
        reference=second.reference,
        environment="",
        metric=metric,
        direction=direction,
        threshold=None,
        metrics=second.metrics,
        live_reference=first.reference,
        live_metrics=first.metrics,
    )
    files = [read_file(project, card.version.id) for card in (first, second)]
    types = [{found.name for found in file.types} for file in files]
    return VersionDiff(
        before=first.reference,
        after=second.reference,
        before_id=first.version.id,
        after_id=second.version.id,
        metrics=metric_lines(candidate, second.figures, first.figures),
        origin=_pairs(_origin(first), _origin(second)),
        params=_pairs(_params(first.lineage), _params(second.lineage)),
        columns=signature_changes(first.version.signature, second.version.signature),
        before_file=files[0],
        after_file=files[1],
        types_gone=tuple(sorted(types[0] - types[1])),
        types_new=tuple(sorted(types[1] - types[0])),
    )


def complete_diff(project: Project, diff: VersionDiff) -> VersionDiff:
    """Return the diff with its costly parts, asked for at once."""
    first, second = diff.before_id, diff.after_id
    with ThreadPoolExecutor(4) as pool:
        rows = pool.submit(compare_rows, project, first, second)
        shape = pool.submit(training_shape, project, first, second)
        one = pool.submit(told, lambda: latency(project, first), diff.before)
        other = pool.submit(told, lambda: latency(project, second), diff.after)
        return msgspec.structs.replace(
            diff,
            rows=rows.result(),
            shape=shape.result(),
            before_latency=one.result(),
            after_latency=other.result(),
        )


def _metric(project: Project, origin: Lineage | None) -> tuple[str, str]:
    """The metric of the problem that a version was trained for, and its direction."""
    name = origin.experiment if origin else ""
    row = project.store.one("SELECT metric, direction FROM experiments WHERE name = ?", [name])
    return (row["metric"], row["direction"]) if row else ("", "maximize")


def _pairs(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[Pair, ...]:
    """Return what differs, in the order of `after`, then what only `before` has. Pure."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(
        Pair(name=name, before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _params(origin: Lineage | None) -> Mapping[str, Value]:
    return origin.params if origin else {}


def _origin(card: ModelCard) -> dict[str, Value]:
    origin = card.lineage
    signature = card.version.signature
    found: dict[str, Any] = {"task": signature.task, "target": signature.target}
    if origin is None:
        return found | {"run": "imported"}
    facts = origin.facts
    found |= {
        "run": f"r_{origin.run_number}",
        "experiment": origin.experiment,
        "trainer": origin.trainer,
        "seed": origin.seed,
        "data": origin.dataset,
        "commit": facts.commit[:12] or None,
        "patch": facts.diff_object[:12] or None,
        "python": facts.python or None,
        "machine": facts.host or None,
    }
    return found | dict(sorted(facts.packages.items()))
