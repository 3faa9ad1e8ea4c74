"""A version's card: the version, what it came from, its figures, its file, where it is promoted."""

from __future__ import annotations

import msgspec

from workbench.models.contract import Format
from workbench.models.evidence import Lineage, lineage, run_metrics
from workbench.models.promotion import REPLACED, Promotion, entries_of
from workbench.models.references import find_version
from workbench.models.registry import ModelVersion, version_from
from workbench.plugins import load
from workbench.project.project import Project
from workbench.store.store import View


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one version. `safe`: loading its format cannot run code of the file."""

    version: ModelVersion
    reference: str
    lineage: Lineage
    metrics: dict[str, float]
    safe: bool
    promoted: tuple[Promotion, ...]


def show(project: Project, ref: str) -> ModelCard:
    """Return the card of the version that `ref` names; raises NotFound."""
    environments = tuple(project.settings.environments)
    card: ModelCard = project.store.read(lambda view: _card(project, view, ref, environments))
    return card


def _card(project: Project, view: View, ref: str, environments: tuple[str, ...]) -> ModelCard:
    version = version_from(project, find_version(view, ref, environments))
    run = view.one("SELECT * FROM runs WHERE id = ?", [version.run])
    assert run is not None, "a version is registered from a run of this journal"
    plugin: Format = load("formats", version.format)
    return ModelCard(
        version=version,
        reference=version.reference,
        lineage=lineage(run),
        metrics=run_metrics(view, version.run),
        safe=plugin.safe,
        promoted=tuple(
            entry
            for entry in entries_of(view, version.model, None)
            if entry.version == version.id and entry.status != REPLACED
        ),
    )
