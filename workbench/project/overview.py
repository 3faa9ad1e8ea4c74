"""How the whole project stands: counts along the line of the product, what needs attention, newest acts.

Pure questions to the projection; Home, the top bar and `workbench status` show the answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.project.attention import DOWN, Attention, attention, space

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View

ACTS_LIMIT = 30


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is. `runs` and `deployments` count by state."""

    datasets: int
    dataset_versions: int
    rows: int
    experiments: int
    runs: dict[str, int]
    models: int
    model_versions: int
    deployments: dict[str, int]
    live: int
    """Environments in which a promoted version is being served."""
    unserved: int
    """Environments whose promoted version nobody serves."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job that has not ended. `since` is when it started, or was queued when it has not started."""

    id: str
    number: int
    title: str
    state: str
    target: str
    since: datetime
    cancel_requested: bool

    @property
    def reference(self) -> str:
        """`j_17`."""
        return f"j_{self.number}"


@dataclass(frozen=True, slots=True)
class PastAct:
    """Something that somebody did: `noun` and `reference` of what, `verb` in the past tense."""

    at: datetime
    who: str
    verb: str
    noun: str
    reference: str
    note: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that Home and the frame show."""

    counts: Counts
    running: tuple[RunningJob, ...]
    attention: tuple[Attention, ...]
    acts: tuple[PastAct, ...]

    @property
    def health(self) -> str:
        """`ok`, `attention` (something failed or was lost lately) or `down` (an endpoint is)."""
        if any(item.rank == DOWN for item in self.attention):
            return "down"
        return "attention" if any(item.grave for item in self.attention) else "ok"


def overview(project: Project, since: datetime | None = None) -> Overview:
    """Return how `project` stands now, from one state of the tables. Blocks some milliseconds.

    `since` is when the person was here last: results that arrived after it need attention, too.
    """

    def look(view: View) -> Overview:
        found = attention(view, since)
        return Overview(_counts(view), _running(view), found, _acts(view))

    found: Overview = project.store.read(look)
    short = space(project.root, datetime.now(UTC))
    if not short:
        return found
    ranked = sorted([*found.attention, *short], key=lambda item: item.rank)
    return replace(found, attention=tuple(ranked))


_COUNTS = """
SELECT (SELECT count(DISTINCT dataset) FROM dataset_versions) AS datasets,
       (SELECT count(*) FROM dataset_versions) AS dataset_versions,
       (SELECT coalesce(sum("rows"), 0) FROM dataset_versions) AS "rows",
       (SELECT count(*) FROM experiments) AS experiments,
       (SELECT count(DISTINCT model) FROM model_versions) AS models,
       (SELECT count(*) FROM model_versions) AS model_versions
"""

# What is promoted now is the newest promotion of a model in an environment; it is live once a
# deployment that is up answers with that very version.
_LIVE = """
SELECT count(*) FILTER (EXISTS (
         SELECT 1 FROM deployments d WHERE d.serving = p.version AND d.state IN ('healthy', 'degraded')
       )) AS live, count(*) AS promoted
FROM (SELECT arg_max(version, seq) AS version FROM promotions GROUP BY model, environment) p
"""


def _by_state(view: View, table: str, where: str = "true") -> dict[str, int]:
    sql = f"SELECT state, count(*) AS n FROM {table} WHERE {where} GROUP BY state ORDER BY state"  # noqa: S608  # ours
    return {str(row["state"]): int(row["n"]) for row in view.query(sql)}


def _counts(view: View) -> Counts:
    row: dict[str, Any] = view.one(_COUNTS) or {}
    live: dict[str, Any] = view.one(_LIVE) or {}
    served = int(live.get("live") or 0)
    return Counts(
        **{name: int(value) for name, value in row.items()},
        runs=_by_state(view, "runs", "NOT deleted"),
        deployments=_by_state(view, "deployments"),
        live=served,
        unserved=int(live.get("promoted") or 0) - served,
    )


_RUNNING = """
SELECT id, number, title, state, target, coalesce(started_at, queued_at) AS since, cancel_requested
FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
ORDER BY CASE state WHEN 'queued' THEN 1 WHEN 'lost' THEN 2 ELSE 0 END, number
LIMIT 200
"""


def _running(view: View) -> tuple[RunningJob, ...]:
    return tuple(RunningJob(**row) for row in view.query(_RUNNING))


_ACTS = """
SELECT created_at AS "at", created_by AS who, 'added' AS verb, 'dataset' AS noun,
       dataset || '@' || number AS reference, format('{:,} rows', "rows") AS note FROM dataset_versions
UNION ALL
SELECT saved_at, saved_by, 'saved', 'experiment', name, coalesce(goal, '') FROM experiments
UNION ALL
SELECT created_at, created_by, 'started', 'run', 'r_' || number, trainer || ' on ' || dataset FROM runs
WHERE NOT deleted
UNION ALL
SELECT registered_at, registered_by, 'registered', 'model', model || '@' || number, coalesce(note, '')
FROM model_versions
UNION ALL
SELECT promoted_at, promoted_by, CASE action WHEN 'rollback' THEN 'rolled back to' ELSE 'promoted' END,
       'model', model || '@' || number, environment || CASE WHEN coalesce(reason, '') = '' THEN ''
       ELSE ': ' || reason END FROM promotions
UNION ALL
SELECT created_at, created_by, 'deployed', 'deployment', name, model FROM deployments
ORDER BY "at" DESC
LIMIT ?
"""


def _acts(view: View) -> tuple[PastAct, ...]:
    return tuple(PastAct(**row) for row in view.query(_ACTS, [ACTS_LIMIT]))
