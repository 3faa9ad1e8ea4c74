"""The runner's part in deployments: start servers, follow promotions, notice what happened, record it."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from workbench.errors import Conflict, WorkbenchError
from workbench.plugins import reference
from workbench.project.project import Project
from workbench.records import Record
from workbench.records.deployments import DeploymentChanged, DeploymentServing
from workbench.records.models import PromotionServed
from workbench.serving.client import Client
from workbench.serving.decide import agreed, decide, needs_answer
from workbench.serving.folder import Desired, Folder
from workbench.serving.keeper import Keeper
from workbench.serving.known import Down, End, Instruction, Known, Launch, Note, Seat, Serves, Write
from workbench.states import DEPLOYMENT, check_transition
from workbench.store.store import View
from workbench.text import clean
from workbench.training.signatures import recall

ANSWER_SECONDS = 2.0
"""How long the runner's loop waits for an answer of a server that says it is ready."""

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
        _WATCHERS[key] = Watcher(project)
    return _WATCHERS[key].step()


class _Mind:
    """What the watcher remembers of a deployment between two steps; all of it can be lost."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.keepers: dict[int, Keeper] = {}
        self.written: Desired | None = None
        self.complaint = ""

    def keeper(self, seat: int) -> Keeper:
        """Return who keeps the process in this seat."""
        if seat not in self.keepers:
            self.keepers[seat] = Keeper(self.folder.at(seat))
        return self.keepers[seat]

    def look(self, workers: int) -> tuple[Seat, ...]:
        """Look at every seat that is wanted or was ever taken."""
        if not self.keepers:
            for seat in self.folder.seats():
                self.keeper(seat)
        for seat in range(workers):
            self.keeper(seat)
        return tuple(self.keepers[seat].look() for seat in sorted(self.keepers))


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
            self._minds = {key: mind for key, mind in self._minds.items() if key in active}
        for row in self._rows:
            mind = self._minds.get(row["id"])
            if mind is None:
                folder = Folder(self.project.paths.deployment(row["id"]))
                mind = self._minds[row["id"]] = _Mind(folder)
            try:
                self._take_on(row, mind)
            except Conflict:
                logger.info("%s changed meanwhile; looking again", row["name"])
            except (WorkbenchError, OSError) as error:
                self._give_up(row, mind, str(error))
        return bool(self._rows)

    def _take_on(self, row: dict[str, Any], mind: _Mind) -> None:
        known = self._know(row, mind)
        if needs_answer(known):
            known = _with_answer(known, row, mind)
        records: list[Record] = []
        for doing in decide(known):
            records += self._do(doing, row, mind)
        if records:
            self._record(row, records)

    def _know(self, row: dict[str, Any], mind: _Mind) -> Known:
        """Gather what is known."""
        if mind.written is None:
            mind.written = _written(mind.folder)
        return Known(
            name=row["name"],
            state=row["state"],
            reason=row["reason"] or "",
            stop_requested=row["stop_requested"],
            suspend_requested=row["suspend_requested"],
            serving=row["serving"],
            promotion_served=not row["promotion"] or row["promotion_since"] is not None,
            restarts=row["restarts"],
            wanted=self._wanted(row, mind.written.port if mind.written else row["port"]),
            written=mind.written,
            seats=mind.look(row["workers"]),
        )

    def _wanted(self, row: dict[str, Any], port: int) -> Desired:
        """Return what is to be served; made once for each reading of the tables."""
        if "desired" not in row:
            row["desired"] = self._desired(row, port)
        desired: Desired = row["desired"]
        return desired

    def _desired(self, row: dict[str, Any], port: int) -> Desired:
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
            port=port,
            ports=self.project.settings.serving.ports,
            token=row["token"],
            workers=row["workers"],
        )

    def _do(self, doing: Instruction, row: dict[str, Any], mind: _Mind) -> list[Record]:
        """Do what changes no record; return the records of what does."""
        deployment = row["id"]
        match doing:
            case Write(desired):
                mind.folder.write_desired(desired)
                mind.written = desired
            case Launch(seat):
                mind.keeper(seat).launch()
            case Down(seat, reason, final):
                mind.keeper(seat).fell(reason, final=final)
                logger.warning("%s: %s", row["name"], clean(reason, 500))
            case End(seat, now):
                mind.keeper(seat).end(now=now)
            case Note(state, reason, pid, port, restarts):
                if state == "suspended":
                    for keeper in mind.keepers.values():
                        keeper.forget()
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
        if row["state"] == "starting" and all(each.untouched for each in mind.keepers.values()):
            reason = clean(why, 500)
            self._record(row, [DeploymentChanged(id=row["id"], state="failed", reason=reason)])


_WATCHERS: dict[str, Watcher] = {}


def _written(folder: Folder) -> Desired | None:
    try:
        return folder.read_desired()
    except WorkbenchError:
        return None  # damaged: it is written again


def _with_answer(known: Known, row: dict[str, Any], mind: _Mind) -> Known:
    """Ask the server itself, through the door that everybody uses, which content it serves."""
    told = agreed(known)
    assert told is not None
    try:
        token = mind.folder.read_token() if row["token"] else None
        with Client(_reachable(row["host"]), told.port, token, ANSWER_SECONDS) as client:
            if not client.ready():
                return known
            content = msgspec.json.decode(client.get("/healthz"))["content"]
    except (WorkbenchError, msgspec.MsgspecError, KeyError) as error:
        logger.info("%s does not answer yet: %s", known.name, clean(error, 300))
        return known
    return replace(known, answers=str(content))


def _reachable(host: str) -> str:
    """Return the address under which a server that listens on `host` is reached from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
