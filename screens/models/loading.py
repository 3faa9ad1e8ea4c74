"""What the list of versions needs, read at once in a thread: versions, what counts where, who follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workbench.models.promotion import Promotion, entries_of
from workbench.models.stack import stack

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as the list shows it. `value` is its figure in the problem's metric.

    An imported version has no run: `run_number` is 0, and `source` is the name of its file; its figure is
    of its newest evaluation.
    """

    id: str
    model: str
    number: int
    note: str
    bytes: int
    format: str
    registered_at: datetime
    registered_by: str
    run_number: int
    trainer: str
    experiment: str
    metric: str
    direction: str
    threshold: float | None
    value: float | None
    source: str

    @property
    def reference(self) -> str:
        """How people name it: `delay@4`."""
        return f"{self.model}@{self.number}"

    @property
    def run(self) -> str:
        """The run that made it: `r_142`; empty of an imported version."""
        return f"r_{self.run_number}" if self.run_number else ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts in one environment now, and what a rollback would bring back."""

    environment: str
    now: Promotion
    back: Promotion | None


@dataclass(frozen=True, slots=True)
class Follower:
    """A deployment that is not stopped: it follows an environment, or stays at one version."""

    name: str
    model: str
    environment: str
    state: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The versions (models by their newest registration, newest version first) and their standing."""

    versions: Sequence[VersionRow]
    standing: Mapping[str, Mapping[str, Standing]]
    """Model → environment → what counts there."""
    history: Mapping[str, Sequence[Promotion]]
    """Model → its promotions and rollbacks, the newest first."""
    followers: Sequence[Follower]
    environments: tuple[str, ...]
    """Every environment of the project, in the order of its settings."""

    by_reference: Mapping[str, VersionRow]
    """`delay@4` → that version."""

    def version(self, reference: str) -> VersionRow | None:
        """The version with this reference."""
        return self.by_reference.get(reference)

    def of_model(self, model: str) -> list[VersionRow]:
        """A model's versions, the newest first."""
        return [row for row in self.versions if row.model == model]

    def where(self, row: VersionRow) -> list[Standing]:
        """Where this version counts now, the gravest environment first."""
        found = self.standing.get(row.model, {})
        return [item for item in self.ordered(found) if item.now.version == row.id]

    def ordered(self, found: Mapping[str, Standing]) -> list[Standing]:
        """The gravest environment first: the last of the settings; those no longer set at the end."""
        names = list(reversed(self.environments))
        order = [*names, *(name for name in found if name not in names)]
        return [found[name] for name in order if name in found]

    def following(self, model: str, environment: str) -> list[Follower]:
        """The deployments that switch when `environment` changes."""
        wanted = (model, environment)
        return [item for item in self.followers if (item.model, item.environment) == wanted]


NOTHING = Loaded((), {}, {}, (), (), {})
"""Before the first answer."""


def load(project: Project) -> Loaded:
    """Ask the records."""
    environments = tuple(project.settings.environments)

    def ask(view: View) -> Loaded:
        versions = [VersionRow(**row) for row in view.query(_VERSIONS)]
        models = [row["model"] for row in view.query(_PROMOTED)]
        entries = {model: entries_of(view, model, None) for model in models}
        return Loaded(
            versions=versions,
            standing={model: _standing(found) for model, found in entries.items()},
            history={model: found[::-1] for model, found in entries.items()},
            followers=[_follower(row) for row in view.query(_FOLLOWERS)],
            environments=environments,
            by_reference={row.reference: row for row in versions},
        )

    found: Loaded = project.store.read(ask)
    return found


def _standing(entries: Sequence[Promotion]) -> dict[str, Standing]:
    found = {}
    for environment in dict.fromkeys(entry.environment for entry in entries):
        own = [entry for entry in entries if entry.environment == environment]
        standing = stack(own)
        back = standing[-2] if len(standing) > 1 else None
        found[environment] = Standing(environment, own[-1], back)
    return found


def _follower(row: Mapping[str, Any]) -> Follower:
    return Follower(row["name"], row["model"], row["environment"] or "", row["state"])


_VERSIONS = """
SELECT v.id, v.model, v.number, v.note, v.bytes, v.format, v.registered_at, v.registered_by,
       coalesce(r.number, 0) AS run_number, coalesce(r.trainer, '') AS trainer,
       coalesce(r.experiment, '') AS experiment, coalesce(e.metric, x.metric, '') AS metric,
       coalesce(e.direction, x.direction, 'maximize') AS direction, e.threshold,
       coalesce(m.last, TRY_CAST(json_extract_string(
           x.metrics, '$."' || coalesce(e.metric, x.metric) || '"') AS DOUBLE)) AS value,
       coalesce(v.source, '') AS source
FROM model_versions v
LEFT JOIN runs r ON r.id = v.run
LEFT JOIN (
    SELECT * FROM model_evaluations
    QUALIFY row_number() OVER (PARTITION BY version ORDER BY seq DESC) = 1
) x ON x.version = v.id AND v.run = ''
LEFT JOIN experiments e ON e.name = coalesce(r.experiment, nullif(x.experiment, ''))
LEFT JOIN run_metrics m ON m.run_number = r.number AND m.name = e.metric
ORDER BY max(v.registered_at) OVER (PARTITION BY v.model) DESC, v.model, v.number DESC
"""
_PROMOTED = "SELECT DISTINCT model FROM promotions ORDER BY model"
_FOLLOWERS = """
SELECT name, model, environment, state FROM deployments WHERE state <> 'stopped' ORDER BY name
"""
