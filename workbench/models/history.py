"""What counted at a moment or on a day: the answer for each environment, with who, why and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from workbench.models.moments import When, read_when
from workbench.models.promotion import Promotion, history
from workbench.project.project import Project
from workbench.records.models import GateOutcome


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion that counted then. `live` tells whether a follower had answered with it by then.

    `gates` are the outcomes that it was promoted with; of a rollback, those of what it brought back.
    `run` reads `r_3` ("" for an imported version), `dataset` is what that run was trained on.
    """

    promotion: Promotion
    live: bool
    gates: tuple[GateOutcome, ...]
    run: str = ""
    dataset: str = ""


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """What counted in one environment, one after the other; empty when nothing did."""

    environment: str
    counted: tuple[Counted, ...]


class HistoryAt(msgspec.Struct, frozen=True, kw_only=True):
    """What counted then in each environment, the gravest (the last of the settings) first."""

    model: str
    when: When
    environments: tuple[Then, ...]


def counted_at(
    entries: Sequence[Promotion], when: When, environments: Iterable[str]
) -> tuple[Then, ...]:
    """Return what of a model's history (the newest first) counted then. Pure.

    `environments` as the settings have them; those that only the history knows come last.
    """
    names = list(dict.fromkeys([*reversed(tuple(environments)), *(e.environment for e in entries)]))
    by_id = {entry.id: entry for entry in entries}
    found: dict[str, list[Counted]] = {name: [] for name in names}
    for entry in reversed(entries):
        if when.meets(entry.promoted_at, entry.until):
            first = by_id.get(entry.restores or "", entry)
            live = when.came(entry.serving_since)
            found[entry.environment].append(Counted(promotion=entry, live=live, gates=first.gates))
    return tuple(Then(environment=name, counted=tuple(items)) for name, items in found.items())


def history_at(
    project: Project,
    model: str,
    at: str,
    environment: str | None = None,
    *,
    now: datetime | None = None,
) -> HistoryAt:
    """Answer what counted `at` a moment or on a day (see moments.py), for each environment.

    Raises BadInput (`moment`, `moment.future`) and NotFound (model, environment).
    """
    when = read_when(at, now or datetime.now(UTC))
    entries = history(project, model, environment)
    names = project.settings.environments if environment is None else (environment,)
    found = counted_at(entries, when, names)
    origins = {row["id"]: row for row in project.store.query(_ORIGINS, [model])}

    def told(item: Counted) -> Counted:
        origin = origins.get(item.promotion.version)
        if origin is None or origin["number"] is None:
            return item
        return msgspec.structs.replace(item, run=f"r_{origin['number']}", dataset=origin["dataset"])

    return HistoryAt(
        model=model,
        when=when,
        environments=tuple(
            Then(environment=then.environment, counted=tuple(map(told, then.counted)))
            for then in found
        ),
    )


_ORIGINS = """
SELECT v.id, r.number, r.dataset FROM model_versions v LEFT JOIN runs r ON r.id = v.run
WHERE v.model = ?
"""
