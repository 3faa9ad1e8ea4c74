"""Everything that one version's card shows, read in a thread: its evidence for each environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens.models.loading import Loaded, VersionRow
from workbench.errors import WorkbenchError
from workbench.models.changes import SignatureChange
from workbench.models.changes import signature_changes as changes_between
from workbench.models.contract import Candidate
from workbench.models.evidence import Evidence, FileFacts, read_file
from workbench.models.figures import MetricLine, metric_lines, on_test_rows
from workbench.models.promotion import gates
from workbench.models.show import ModelCard, show

if TYPE_CHECKING:
    from workbench.project.project import Project

Asked = Mapping[str, Evidence | WorkbenchError]
"""Environment → the evidence for a promotion there, or why it cannot be gathered."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a version is held against: the one that is there now, or the one that it replaced."""

    id: str
    reference: str
    words: str
    figures: Mapping[str, float]
    changes: Sequence[SignatureChange]
    bytes: int


@dataclass(frozen=True, slots=True)
class Card:
    """A version, what it is held against, and the gates of every environment."""

    row: VersionRow
    model: ModelCard
    lines: Sequence[MetricLine]
    base: Base | None
    asked: Asked
    file: FileFacts


def read_card(project: Project, loaded: Loaded, row: VersionRow) -> Card:
    """Gather the card of a version. Raises WorkbenchError when the version itself cannot be read."""
    model = show(project, row.id)
    base = _base(project, loaded, row, model)
    asked = ask(project, row, loaded.environments)
    # The guardrails are the problem's: the same wherever they were read.
    whole = next((e for e in asked.values() if isinstance(e, Evidence)), None)
    guardrails = {m.name: m.threshold for m in whole.metrics if m.guardrail} if whole else {}
    candidate = Candidate(
        reference=row.reference,
        environment="",
        metric=row.metric,
        direction=row.direction,
        threshold=row.threshold,
        metrics=model.metrics,
        live_reference=base.reference if base else None,
        live_metrics=on_test_rows(base.figures) if base else None,
        guardrails={name: limit for name, limit in guardrails.items() if limit is not None},
    )
    lines = metric_lines(candidate, model.figures, base.figures if base else None)
    file = whole.file if whole else read_file(project, row.id)
    return Card(row, model, lines, base, asked, file)


def ask(project: Project, row: VersionRow, environments: Sequence[str]) -> Asked:
    """Ask the gates of each environment; one that cannot be asked does not hide the others."""
    found: dict[str, Evidence | WorkbenchError] = {}
    for environment in environments:
        try:
            found[environment] = gates(project, row.id, environment)
        except WorkbenchError as error:
            found[environment] = error
    return found


def against(loaded: Loaded, row: VersionRow) -> tuple[str, str, str]:
    """Find what to hold a version against: its ULID, its reference, and in words why that one.

    What is promoted in the gravest environment; where that is the version itself, the one that it
    replaced there; else the version before. Empty when there is none.
    """
    for item in loaded.ordered(loaded.standing.get(row.model, {})):
        if item.now.version != row.id:
            words = "live in" if item.now.status == "live" else "promoted in"
            return item.now.version, item.now.reference, f"{words} {item.environment}"
        if item.back is not None:
            return item.back.version, item.back.reference, f"before it in {item.environment}"
    before = next((v for v in loaded.of_model(row.model) if v.number < row.number), None)
    return (before.id, before.reference, "the version before") if before else ("", "", "")


def _base(project: Project, loaded: Loaded, row: VersionRow, mine: ModelCard) -> Base | None:
    ulid, reference, words = against(loaded, row)
    if not ulid:
        return None
    other = show(project, ulid)
    return Base(
        id=ulid,
        reference=reference,
        words=words,
        figures=other.figures,
        changes=changes_between(other.version.signature, mine.version.signature),
        bytes=other.version.bytes,
    )
