"""The runner's part in deployments: start servers, follow promotions, notice what happened, record it."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workbench.compute.forgetting import reason_forgotten
from workbench.errors import Conflict, WorkbenchError
from workbench.plugins import reference
from workbench.project.project import Project
from workbench.project.settings import LOCAL
from workbench.records import Record
from workbench.records.deployments import DeploymentChanged, DeploymentServing
from workbench.records.models import PromotionServed
from workbench.serving.decide import agreed, decide, needs_answer
from workbench.serving.folder import Desired, Folder
from workbench.serving.hosting import Here, Host, Trouble
from workbench.serving.known import Down, End, Instruction, Known, Launch, Note, Serves, Write
from workbench.states import DEPLOYMENT, check_transition
from workbench.store.store import View
from workbench.text import clean
from workbench.training.signatures import recall

ANSWERING = frozenset({"healthy", "degraded"})
PATIENCE = 10.0
"""Seconds of trouble with a target before it is recorded."""

logger = logging.getLogger("workbench.serving")

_ACTIVE = """
WITH current AS (
    SELECT model, environment, arg_max(id, seq) AS promotion, arg_max(version, seq) AS version
    FROM promotions GROUP BY model, environment
)
SELECT d.*, v.id AS wanted, v.number, v.object, v.content, v.format, v.signature,
       c.promotion, p.serving_since AS promotion_since
FROM deployments d
LEFT JOIN current c ON c.model = d.model AND c.environment = d.environment
LEFT JOIN promotions p ON p.id = c.promotion
JOIN model_versions v ON v.id = coalesce(d.version, c.version)
WHERE d.uid = ?
  AND (d.state NOT IN ('stopped', 'failed', 'suspended')
       OR (d.state IN ('failed', 'suspended') AND d.stop_requested))
ORDER BY d.id
"""


def step(project: Project) -> bool:
    """Take every deployment of this person one step on; True while any is to be watched.

    Called by the runner alone, four times a second. When nothing changed it costs two stats and one
    look at a process for each deployment.
    """
    key = str(project.root)
    if key not in _WATCHERS or _WATCHERS[key].project is not project:
        if key in _WATCHERS:
            _WATCHERS[key].close()
        _WATCHERS[key] = Watcher(project)
    return _WATCHERS[key].step()


class _Mind:
    """What the watcher remembers of a deployment between two steps; all of it can be lost."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.complaint = ""


class Watcher:
    """Watches the deployments of one person in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._seen: object = None
        self._rows: list[dict[str, Any]] = []
        self._minds: dict[str, _Mind] = {}

    def step(self) -> bool:
        """Take every deployment one step on; True while any is to be watched."""
        changed = self.project.store.changed()
        if changed != self._seen:
            self._rows = self.project.store.query(_ACTIVE, [os.getuid()])
            self._seen = changed
            active = {row["id"] for row in self._rows}
            for key in [key for key in self._minds if key not in active]:
                self._minds.pop(key).host.close()
        for row in self._rows:
            mind = self._minds.get(row["id"])
            if mind is None:
                mind = self._minds[row["id"]] = _Mind(make_host(self.project, row))
            try:
                self._take_on(row, mind)
            except Conflict:
                logger.info("%s changed meanwhile; looking again", row["name"])
            except (WorkbenchError, OSError) as error:
                self._give_up(row, mind, str(error))
        return bool(self._rows)

    def close(self, wait: float = 0.0) -> None:
        """Look no more; what is served goes on."""
        for mind in self._minds.values():
            mind.host.close(wait)
        self._minds, self._rows, self._seen = {}, [], None

    def _take_on(self, row: dict[str, Any], mind: _Mind) -> None:
        host = mind.host
        trouble = host.trouble
        if trouble is not None:
            if row["forget"]:
                self._forget(row, host)
            else:
                self._note_trouble(row, mind, trouble)
            return
        known = self._know(row, host)
        if known is None:
            return
        mind.complaint = ""
        if needs_answer(known):
            known = _with_answer(known, row, host)
        records: list[Record] = []
        for doing in decide(known):
            records += self._do(doing, row, host)
        if not records and host.port not in {0, row["port"]} and row["state"] in ANSWERING:
            # The port that it had here was taken meanwhile.
            state, reason = row["state"], row["reason"] or ""
            records.append(
                DeploymentChanged(id=row["id"], state=state, reason=reason, port=host.port)
            )
        if records:
            self._record(row, records)

    def _note_trouble(self, row: dict[str, Any], mind: _Mind, trouble: Trouble) -> None:
        """Note what the place of a deployment does not let be known or done."""
        if mind.host.empty and (row["stop_requested"] or trouble.refused):
            if row["stop_requested"]:
                self._record(row, [DeploymentChanged(id=row["id"], state="stopped")])
            else:
                self._give_up(row, mind, trouble.why)
            return
        if trouble.refused and not trouble.unreached and row["state"] == "starting":
            self._give_up(row, mind, trouble.why)
            return
        state = "lost" if trouble.unreached else "degraded"
        if trouble.seconds < PATIENCE or row["state"] not in {"starting", *ANSWERING, "lost"}:
            return
        if (row["state"], mind.complaint) != (state, trouble.why):
            mind.complaint = trouble.why
            reason = clean(trouble.why, 500)
            self._record(row, [DeploymentChanged(id=row["id"], state=state, reason=reason)])

    def _forget(self, row: dict[str, Any], host: Host) -> None:
        """Note the end of a deployment whose place cannot be asked; what is there stays there."""
        host.abandon()
        reason = clean(reason_forgotten(row["target"], row["forget"]), 500)
        ended = DeploymentChanged(id=row["id"], state="stopped", reason=reason, left_there=True)
        self._record(row, [ended])

    def _know(self, row: dict[str, Any], host: Host) -> Known | None:
        """Gather what is known; None while that is not enough to decide on."""
        seats = host.look(row["workers"])
        if seats is None:
            return None
        return Known(
            name=row["name"],
            state=row["state"],
            reason=row["reason"] or "",
            stop_requested=row["stop_requested"],
            suspend_requested=row["suspend_requested"],
            serving=row["serving"],
            promotion_served=not row["promotion"] or row["promotion_since"] is not None,
            restarts=row["restarts"],
            wanted=self._wanted(row, host),
            written=host.written(),
            seats=seats,
        )

    def _wanted(self, row: dict[str, Any], host: Host) -> Desired:
        """Return what is to be served; made once for each reading of the tables."""
        if "desired" not in row:
            row["desired"] = host.wanted(self._desired(row))
        desired: Desired = row["desired"]
        return desired

    def _desired(self, row: dict[str, Any]) -> Desired:
        return Desired(
            deployment=row["id"],
            name=row["name"],
            model=row["model"],
            number=row["number"],
            version=row["wanted"],
            reference=f"{row['model']}@{row['number']}",
            object=row["object"],
            content=row["content"],
            path=str(self.project.store.objects.path(row["object"])),
            format=reference("formats", row["format"]),
            signature=recall(self.project.store.objects, row["signature"]),
            promotion=row["promotion"] or "",
            host=row["host"],
            port=row["port"],
            ports=self.project.settings.serving.ports,
            token=row["token"],
            workers=row["workers"],
        )

    def _do(self, doing: Instruction, row: dict[str, Any], host: Host) -> list[Record]:
        """Do what changes no record; return the records of what does."""
        deployment = row["id"]
        match doing:
            case Write(desired):
                host.write(desired)
            case Launch(seat):
                host.launch(seat)
            case Down(seat, reason, final):
                host.fell(seat, reason, final=final)
                logger.warning("%s: %s", row["name"], clean(reason, 500))
            case End(seat, now):
                host.end(seat, now=now)
            case Note(state, reason, pid, port, restarts):
                if state in {"stopped", "suspended"} and not host.settle(state):
                    return []  # it is decided on again once that is done
                return [
                    DeploymentChanged(
                        id=deployment,
                        state=state,
                        reason=reason,
                        pid=pid,
                        port=port,
                        restarts=restarts,
                    )
                ]
            case Serves(version, promotion, since):
                moment = datetime.fromtimestamp(since, UTC)
                records: list[Record] = []
                if version:
                    records.append(DeploymentServing(id=deployment, version=version, since=moment))
                if promotion:
                    records.append(
                        PromotionServed(promotion=promotion, deployment=deployment, since=moment)
                    )
                return records
        return []

    def _record(self, row: dict[str, Any], records: list[Record]) -> None:
        """Append as one unit, unless the state is not what was decided on any more."""

        def decision(view: View) -> list[Record]:
            now = view.one("SELECT state FROM deployments WHERE id = ?", [row["id"]])
            if now is None or now["state"] != row["state"]:
                raise Conflict(
                    f"{row['name']} changed meanwhile",
                    where=row["name"],
                    why=f"it was {row['state']}",
                    fix="Look again",
                    code="state",
                )
            for record in records:
                if isinstance(record, DeploymentChanged) and record.state != now["state"]:
                    check_transition(DEPLOYMENT, row["name"], now["state"], record.state)
            return records

        self.project.store.decide(decision)
        for record in records:
            if isinstance(record, DeploymentChanged):
                logger.info("%s: %s %s", row["name"], record.state, clean(record.reason, 300))

    def _give_up(self, row: dict[str, Any], mind: _Mind, why: str) -> None:
        """Note that a deployment cannot be started; of one that runs, only say once what is wrong."""
        if why != mind.complaint:
            mind.complaint = why
            logger.warning("%s: %s", row["name"], clean(why, 500))
        if row["state"] == "starting" and mind.host.untouched:
            reason = clean(why, 500)
            self._record(row, [DeploymentChanged(id=row["id"], state="failed", reason=reason)])


_WATCHERS: dict[str, Watcher] = {}


def _with_answer(known: Known, row: dict[str, Any], host: Host) -> Known:
    """Add which content the server itself says that it serves."""
    told = agreed(known)
    assert told is not None
    return replace(known, answers=host.answer(row["host"], told, token=row["token"]))


def make_host(project: Project, row: dict[str, Any]) -> Host:
    """Return the place of the deployment in `row`."""
    folder = Folder(project.paths.deployment(row["id"]))
    if row["target"] == LOCAL:
        return Here(folder)
    from workbench.serving.elsewhere import make_there

    return make_there(project, folder, row)
