"""Promotion and rollback: a version moves into an environment, with a reason and its gates' outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from workbench.errors import Conflict, Refused
from workbench.ids import new_ulid
from workbench.links import check_name
from workbench.models.evidence import Evidence, gather
from workbench.models.references import find_version
from workbench.models.registry import SERVING, check_sentence, get_version
from workbench.models.stack import (
    PROMOTE,
    ROLLBACK,
    check_unchanged,
    current,
    predecessor,
)
from workbench.project.project import Project
from workbench.records.models import GateOutcome, PromotionMade
from workbench.store.store import View

LIVE = "live"
NOT_SERVED = "promoted, not served"
REPLACED = "replaced"


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion or rollback as the history shows it.

    `until` is when the next one replaced it, None while it counts. `status` is `live` (promoted and
    a follower answers with it), `promoted, not served`, or `replaced`. `serving_since` is when a
    follower first answered with it, `serving` names the followers that do now.
    """

    id: str
    seq: int
    model: str
    version: str
    number: int
    environment: str
    action: str
    previous: str | None
    restores: str | None
    reason: str
    gates: tuple[GateOutcome, ...]
    promoted_at: datetime
    promoted_by: str
    until: datetime | None
    serving_since: datetime | None
    served_by: str | None
    serving: tuple[str, ...]
    status: str

    @property
    def reference(self) -> str:
        """The version that it put there: `delay@4`."""
        return f"{self.model}@{self.number}"


def gates(project: Project, ref: str, environment: str) -> Evidence:
    """Return what the person who promotes needs: figures, gates, differences; changes nothing."""
    return gather(project, ref, environment)


def promote(
    project: Project,
    ref: str,
    environment: str,
    reason: str,
    *,
    confirmed: str = "",
    seen: str | None = None,
) -> Promotion:
    """Promote the version `ref` into `environment` and return the record.

    `confirmed` is what the person typed where the environment asks for the name (`delay@4` or
    `delay`). `seen` is the newest promotion there when the person decided (`Evidence.current`);
    without it, as of now. Raises Refused (`promotion.gates`, `promotion.confirm`), Conflict
    (`promotion.same`, `promotion.changed`), BadInput (reason).
    """
    reason = check_sentence(reason, "reason", required=True)
    evidence = gather(project, ref, environment)
    version = get_version(project, evidence.version)
    _check_confirmed(project, environment, version.model, version.reference, confirmed)
    if evidence.outcome == "fail":
        raise _gates_refuse(evidence)
    project.store.objects.verify(version.object)
    seen = evidence.current if seen is None else seen
    made = new_ulid()

    def decision(view: View) -> list[PromotionMade]:
        entries = entries_of(view, version.model, environment)
        where = f"{version.model}, {environment}"
        check_unchanged(entries, seen, where)
        last = current(entries)
        if last and last.version == version.id:
            raise _same(version.reference, environment, where, last)
        return [
            PromotionMade(
                id=made,
                model=version.model,
                version=version.id,
                number=version.number,
                environment=environment,
                action=PROMOTE,
                reason=reason,
                previous=last.id if last else "",
                gates=evidence.gates,
            )
        ]

    project.store.decide(decision)
    return _made(project, version.model, environment, made)


def rollback(
    project: Project, model: str, environment: str, reason: str, *, seen: str | None = None
) -> Promotion:
    """Bring back what was promoted before, and return the record.

    The stack of promotions decides (stack.py). Gates are not asked again: the version counted here
    before. Raises Refused without a predecessor, Conflict when somebody promoted meanwhile.
    """
    reason = check_sentence(reason, "reason", required=True)
    project.settings.environment(environment)
    check_name(model, "model's name")
    get_version(project, model)
    where = f"{model}, {environment}"
    entries = _read(project, model, environment)
    back = predecessor(entries, where)
    project.store.objects.verify(get_version(project, back.version).object)
    seen = entries[-1].id if seen is None else seen
    made = new_ulid()

    def decision(view: View) -> list[PromotionMade]:
        entries = entries_of(view, model, environment)
        check_unchanged(entries, seen, where)
        restored = predecessor(entries, where)
        return [
            PromotionMade(
                id=made,
                model=model,
                version=restored.version,
                number=restored.number,
                environment=environment,
                action=ROLLBACK,
                reason=reason,
                previous=entries[-1].id,
                restores=restored.id,
            )
        ]

    project.store.decide(decision)
    return _made(project, model, environment, made)


def rollback_target(project: Project, model: str, environment: str) -> Promotion:
    """Return the promotion that a rollback would bring back; raises Refused when there is none."""
    project.settings.environment(environment)
    entries = _read(project, model, environment)
    return predecessor(entries, f"{model}, {environment}")


def history(project: Project, model: str, environment: str | None = None) -> list[Promotion]:
    """Return a model's promotions and rollbacks, the newest first."""
    check_name(model, "model's name")
    if environment is not None:
        project.settings.environment(environment)

    def ask(view: View) -> list[Promotion]:
        find_version(view, model, ())
        return entries_of(view, model, environment)

    return list(reversed(project.store.read(ask)))


def live(project: Project, model: str) -> dict[str, Promotion]:
    """Return what is promoted in each environment now; `status` tells whether it is served."""
    found = [entry for entry in history(project, model) if entry.status != REPLACED]
    return {entry.environment: entry for entry in found}


def entries_of(view: View, model: str, environment: str | None) -> list[Promotion]:
    """Return the records in the order of the journal, with what follows from those behind them."""
    where, params = "model = ?", [model]
    if environment is not None:
        where, params = where + " AND environment = ?", [model, environment]
    rows = view.query(f"SELECT * FROM promotions WHERE {where} ORDER BY seq", params)  # noqa: S608  # values are bound
    serving = view.query(f"SELECT * FROM ({SERVING}) WHERE model = ?", [model])  # noqa: S608  # a constant
    return _with_ends(rows, serving)


def _with_ends(rows: Sequence[dict[str, Any]], serving: list[dict[str, Any]]) -> list[Promotion]:
    ends: dict[str, datetime] = {}
    found = []
    for row in reversed(rows):
        until = ends.get(row["environment"])
        ends[row["environment"]] = row["promoted_at"]
        answering = tuple(
            item["name"]
            for item in serving
            if (item["environment"], item["serving"]) == (row["environment"], row["version"])
        )
        status = REPLACED if until else LIVE if answering else NOT_SERVED
        extra = {
            "until": until,
            "status": status,
            "serving": () if until else answering,
            "gates": msgspec.json.decode(row["gates"], type=tuple[GateOutcome, ...]),
            "previous": row["previous"] or None,
            "restores": row["restores"] or None,
        }
        found.append(msgspec.convert(row | extra, Promotion))
    return found[::-1]


def _made(project: Project, model: str, environment: str, made: str) -> Promotion:
    return next(entry for entry in _read(project, model, environment) if entry.id == made)


def _read(project: Project, model: str, environment: str) -> list[Promotion]:
    found: list[Promotion] = project.store.read(lambda view: entries_of(view, model, environment))
    return found


def _check_confirmed(
    project: Project, environment: str, model: str, reference: str, confirmed: str
) -> None:
    if project.settings.environment(environment).confirm and confirmed.strip() not in {
        model,
        reference,
    }:
        raise Refused(
            f"A promotion to {environment} asks for the name",
            where=environment,
            why=f"{confirmed!r} is not {reference}" if confirmed else "it was not typed",
            fix=f"Type it when asked, or give --yes {reference}",
            code="promotion.confirm",
        )


def _same(reference: str, environment: str, where: str, last: Promotion) -> Conflict:
    return Conflict(
        f"{reference} is promoted to {environment} already",
        where=where,
        why=f"since {last.promoted_at:%Y-%m-%d %H:%M:%S} UTC, by {last.promoted_by}",
        fix="Nothing needs to be done",
        code="promotion.same",
    )


def _gates_refuse(evidence: Evidence) -> Refused:
    failed = [gate for gate in evidence.gates if gate.outcome == "fail"]
    return Refused(
        f"{evidence.reference} does not pass the gates of {evidence.environment}",
        where=", ".join(gate.gate for gate in failed),
        why="; ".join(f"{gate.what}: {gate.why}" for gate in failed),
        fix="Train a better one, or change the gate in workbench.toml",
        code="promotion.gates",
    )
