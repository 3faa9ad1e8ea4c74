"""What a person should look at, the gravest first; pure questions to the projection.

What has failed stands above what waits for a decision, that above what changed, and last comes what is
good news: results that arrived while the person was away.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.project.settings import LOCAL

if TYPE_CHECKING:
    from workbench.store.store import View

LIMIT = 50
FRESH = 20
"""The most results that are told of as having arrived."""
LITTLE, TOO_LITTLE = 2 * 2**30, 200 * 2**20
"""Bytes of free space under which it is said, and under which work fails."""

DOWN, DEGRADED, SPACE, FAILED, WAITING, CHANGED, ARRIVED = range(7)
"""Ranks, the gravest first."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that a person should look at: what it is, why, and where to look.

    `noun` is run, job, deployment, model, dataset, question or space; `reference` names it there. `state` is
    the thing's own, or waiting, changed, arrived, low, full. `rank` is one of the ranks above.
    """

    noun: str
    reference: str
    state: str
    what: str
    why: str
    at: datetime
    rank: int = FAILED

    @property
    def key(self) -> str:
        """What tells this from the same thing when something new has happened to it."""
        when = "" if self.noun in {"space", "question"} else self.at.isoformat()
        return f"{self.noun}/{self.reference}/{self.state}/{when}"

    @property
    def grave(self) -> bool:
        """Whether something is wrong, as opposed to waiting, changed or good."""
        return self.rank <= FAILED


# A failed run is told until a later run of the same experiment succeeds: then somebody has moved on.
# A version waits when it is the newest of its model and came after the last decision about it.
_QUESTION = f"""
SELECT 'deployment' AS noun, name AS reference, state, 'deployment ' || name || ' is ' || state AS what,
       coalesce(reason, '') AS why, changed_at AS "at",
       CASE state WHEN 'degraded' THEN {DEGRADED} ELSE {DOWN} END AS rank
FROM deployments
WHERE state IN ('failed', 'lost', 'degraded') AND NOT coalesce(stop_requested, false)
UNION ALL
SELECT 'run', 'r_' || number, state, 'run r_' || number || ' of ' || experiment || ' ' ||
       CASE state WHEN 'lost' THEN 'is lost' ELSE 'failed' END,
       coalesce(error, ''), coalesce(ended_at, started_at, created_at), {FAILED}
FROM runs AS failed
WHERE state IN ('failed', 'lost') AND NOT coalesce(deleted, false) AND NOT coalesce(archived, false)
  AND NOT EXISTS (
  SELECT 1 FROM runs AS later
  WHERE later.experiment = failed.experiment AND later.number > failed.number
        AND later.state = 'succeeded')
UNION ALL
SELECT 'job', 'j_' || number, state, 'job j_' || number || ' is lost', coalesce(reason, ''),
       coalesce(started_at, queued_at), {FAILED}
FROM jobs WHERE state = 'lost' AND kind_of_work <> 'train'
UNION ALL
SELECT 'model', model || '@' || number, 'waiting', model || '@' || number || ' waits for a decision',
       coalesce(nullif(note, ''), 'registered by ' || registered_by) || '; p promotes it',
       registered_at, {WAITING}
FROM model_versions AS version
WHERE number = (SELECT max(number) FROM model_versions AS other WHERE other.model = version.model)
  AND registered_at > coalesce((SELECT max(promoted_at) FROM promotions AS made
                                WHERE made.model = version.model), TIMESTAMP '1970-01-01')
ORDER BY rank, "at" DESC, reference
LIMIT ?
"""  # noqa: S608  # our own numbers

_ARRIVED = f"""
SELECT 'run' AS noun, 'r_' || number AS reference, 'arrived' AS state,
       'run r_' || number || ' of ' || experiment || ' has succeeded' AS what,
       trainer || ' on ' || dataset ||
       CASE target WHEN '{LOCAL}' THEN '' ELSE ', on ' || target END || ', while you were away' AS why,
       ended_at AS "at", {ARRIVED} AS rank
FROM runs WHERE state = 'succeeded' AND ended_at > ? AND NOT coalesce(deleted, false)
UNION ALL
SELECT 'job', 'j_' || number, CASE state WHEN 'failed' THEN 'failed' ELSE 'arrived' END,
       'job j_' || number || CASE state WHEN 'failed' THEN ' failed' ELSE ' has ended' END,
       coalesce(nullif(reason, ''), title) || ', on ' || target || ', while you were away',
       ended_at, CASE state WHEN 'failed' THEN {FAILED} ELSE {ARRIVED} END
FROM jobs
WHERE state IN ('succeeded', 'failed') AND ended_at > ?
  AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.id)
ORDER BY rank, "at" DESC LIMIT ?
"""  # noqa: S608  # our own numbers and name

_VERSIONS = """
SELECT dataset, number, "rows", columns, created_at FROM dataset_versions
QUALIFY row_number() OVER (PARTITION BY dataset ORDER BY number DESC) <= 2
ORDER BY dataset, number
"""


def attention(view: View, since: datetime | None) -> tuple[Attention, ...]:
    """Return what needs attention; `since` is when the person was here last."""
    found = [Attention(**row) for row in view.query(_QUESTION, [LIMIT])]
    found += changed_shapes(view.query(_VERSIONS))
    if since is not None:
        found += [Attention(**row) for row in view.query(_ARRIVED, [since, since, FRESH])]
    return tuple(sorted(found, key=lambda item: item.rank)[:LIMIT])


def changed_shapes(rows: list[dict[str, Any]]) -> Iterator[Attention]:
    """Tell of each dataset whose newest version has another shape, by what the records know.

    `rows` are the two newest versions of each dataset, the older first. Severities are those of
    `workbench.data.shape`: it reads the values too, and tells more when it is asked.
    """
    for before, after in pairwise(rows):
        if before["dataset"] != after["dataset"]:
            continue
        high, medium = _differences(before, after)
        if not (high or medium):
            continue
        name = f"{after['dataset']}@{after['number']}"
        words = "; ".join([*high, *medium])
        grave = "gravely " if high else ""
        yield Attention(
            noun="dataset",
            reference=name,
            state="changed",
            what=f"{name} differs {grave}from @{before['number']}",
            why=words,
            at=after["created_at"],
            rank=CHANGED,
        )


_NUMBERS = ("Int", "UInt", "Float", "Decimal")


def _differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return what differs: of high and of medium severity."""
    old, new = _types(before["columns"]), _types(after["columns"])
    high = [f"{name} is gone" for name in old if name not in new]
    medium: list[str] = []
    for name, kind in old.items():
        other = new.get(name, kind)
        if other != kind:
            numbers = kind.startswith(_NUMBERS) and other.startswith(_NUMBERS)
            (medium if numbers else high).append(f"{name} is {other}, was {kind}")
    smaller, larger = sorted((int(before["rows"]), int(after["rows"])))
    if larger >= 2 * smaller and larger:
        (high if larger >= 10 * smaller else medium).append(
            f"{after['rows']:,} rows, were {before['rows']:,}"
        )
    return high, medium


def _types(columns: str) -> dict[str, str]:
    return {str(column["name"]): str(column["type"]) for column in json.loads(columns)}


def space(root: Path, now: datetime) -> tuple[Attention, ...]:
    """Tell when there is little room left for the project."""
    try:
        free = shutil.disk_usage(root).free
    except OSError:
        return ()  # the project itself cannot be reached: everything else says so
    if free >= LITTLE:
        return ()
    state, why = ("full", "work will fail") if free < TOO_LITTLE else ("low", "work may fail")
    what = f"{free / 2**20:,.0f} MiB are left on the disk"
    return (Attention("space", str(root), state, what, f"{why}: {root}", now, SPACE),)
