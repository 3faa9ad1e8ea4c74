"""A version's card: the version, what it came from, its figures, its file, where it is promoted."""

from __future__ import annotations

import msgspec

from workbench.models.contract import Format
from workbench.models.evaluated import Evaluation, figures_of
from workbench.models.figures import on_test_rows
from workbench.models.lineage import Lineage, lineage, run_of
from workbench.models.promotion import REPLACED, Promotion, entries_of
from workbench.models.references import find_version
from workbench.models.registry import ModelVersion, version_from
from workbench.plugins import load
from workbench.project.project import Project
from workbench.store.store import View


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one version. `safe`: loading its format cannot run code of the file.

    `metrics` are the figures on the test rows; `figures` has their bounds and the baseline as well.
    `lineage` is None of an imported version; then `evaluated` says on which rows it was measured, if any.
    """

    version: ModelVersion
    reference: str
    lineage: Lineage | None
    metrics: dict[str, float]
    safe: bool
    promoted: tuple[Promotion, ...]
    figures: dict[str, float] = {}
    evaluated: Evaluation | None = None


def show(project: Project, ref: str) -> ModelCard:
    """Return the card of the version that `ref` names; raises NotFound."""
    environments = tuple(project.settings.environments)
    card: ModelCard = project.store.read(lambda view: _card(project, view, ref, environments))
    return card


def _card(project: Project, view: View, ref: str, environments: tuple[str, ...]) -> ModelCard:
    row = find_version(view, ref, environments)
    version = version_from(project, row)
    figures, evaluated = figures_of(view, row)
    plugin: Format = load("formats", version.format)
    return ModelCard(
        version=version,
        reference=version.reference,
        lineage=lineage(run_of(view, version.run)),
        metrics=on_test_rows(figures),
        figures=figures,
        evaluated=evaluated,
        safe=plugin.safe,
        promoted=tuple(
            entry
            for entry in entries_of(view, version.model, None)
            if entry.version == version.id and entry.status != REPLACED
        ),
    )
