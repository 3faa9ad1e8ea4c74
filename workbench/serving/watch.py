"""The runner's part in deployments: start servers, follow promotions, notice what happened, record it."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from workbench.compute.processes import Identity, Life, look, send
from workbench.errors import Conflict, WorkbenchError
from workbench.plugins import reference
from workbench.project.project import Project
from workbench.records import Record
from workbench.records.deployments import DeploymentChanged, DeploymentServing
from workbench.records.models import PromotionServed
from workbench.serving.client import Client
from workbench.serving.decide import (
    End,
    Instruction,
    Known,
    Launch,
    Note,
    Serves,
    Write,
    decide,
    needs_answer,
)
from workbench.serving.folder import Desired, Folder, Told
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
WHERE d.uid = ? AND (d.state NOT IN ('stopped', 'failed') OR (d.state = 'failed' AND d.stop_requested))
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


@dataclass(slots=True)
class _Mind:
    """What the watcher remembers of a deployment between two steps; all of it can be lost."""

    folder: Folder
    child: subprocess.Popen[bytes] | None = None
    who: Identity | None = None
    asked_at: float | None = None
    mark: tuple[int, int] | None = None
    told: Told | None = None
    written: Desired | None = None
    complaint: str = ""


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
        """Gather what is known: two stats and a look at the process, when nothing changed."""
        told = _told(mind)
        if mind.who is None:
            mind.who = mind.folder.read_pid()
        process: Literal["none"] | Life = look(mind.who) if mind.who else "none"
        status = _status(mind.child, gone=process == "dead")
        if mind.written is None:
            mind.written = _written(mind.folder)
        gone = process != "alive"
        now = time.time()
        return Known(
            name=row["name"],
            state=row["state"],
            reason=row["reason"] or "",
            stop_requested=row["stop_requested"],
            serving=row["serving"],
            promotion_served=not row["promotion"] or row["promotion_since"] is not None,
            wanted=self._wanted(row, mind.written.port if mind.written else row["port"]),
            written=mind.written,
            process=process,
            launched=mind.child is not None,
            exit_status=status,
            told=told,
            asked=None if mind.asked_at is None else now - mind.asked_at,
            silent=now - told.at if told and told.at else 0.0,
            pid=mind.who.pid if mind.who else None,
            last_line=mind.folder.last_log_line() if gone else "",
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
        )

    def _do(self, doing: Instruction, row: dict[str, Any], mind: _Mind) -> list[Record]:
        """Do what changes no record; return the records of what does."""
        deployment = row["id"]
        match doing:
            case Write(desired):
                mind.folder.write_desired(desired)
                mind.written = desired
            case Launch():
                mind.child = _launch(mind.folder)
            case End(now):
                if mind.who:
                    send(mind.who, signal.SIGKILL if now else signal.SIGTERM)
                mind.asked_at = mind.asked_at or time.time()
            case Note(state, reason, pid, port):
                return [
                    DeploymentChanged(id=deployment, state=state, reason=reason, pid=pid, port=port)
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
        if row["state"] == "starting" and mind.child is None and mind.who is None:
            reason = clean(why, 500)
            self._record(row, [DeploymentChanged(id=row["id"], state="failed", reason=reason)])


_WATCHERS: dict[str, Watcher] = {}


def _told(mind: _Mind) -> Told | None:
    """Return what the server told last, read again only when the file changed."""
    try:
        status = mind.folder.serving.stat()
    except FileNotFoundError:
        return None
    mark = (status.st_ino, status.st_mtime_ns)
    if mark != mind.mark:
        mind.told = mind.folder.read_told()
        mind.mark = mark
    return mind.told


def _status(child: subprocess.Popen[bytes] | None, *, gone: bool) -> int | None:
    """Return the exit status of a process that this runner started, None while it runs."""
    if child is None or not gone:
        return child.poll() if child else None
    try:
        # A killed process counts as gone when its first thread is; its status comes with the last.
        return child.wait(1.0)
    except subprocess.TimeoutExpired:
        return None


def _written(folder: Folder) -> Desired | None:
    try:
        return folder.read_desired()
    except WorkbenchError:
        return None  # damaged: it is written again


def _with_answer(known: Known, row: dict[str, Any], mind: _Mind) -> Known:
    """Ask the server itself, through the door that everybody uses, which content it serves."""
    told = known.told
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


def _launch(folder: Folder) -> subprocess.Popen[bytes]:
    """Start the server process: a session of its own, nothing inherited but the environment."""
    with folder.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.serving.server", str(folder.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            # A few rows gain nothing from threads, and wait for them where the cores are taken.
            env={"OMP_NUM_THREADS": "1"} | os.environ,
            start_new_session=True,
        )
