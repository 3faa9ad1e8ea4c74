"""Deployments as a person has them: list, look, call, stop. Intents only; the runner acts."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from workbench.errors import BadInput, Conflict, NotFound, Unavailable
from workbench.links import parse_suffix
from workbench.models.registry import ModelVersion, get_version
from workbench.project.project import Project
from workbench.records.deployments import DeploymentStopRequested
from workbench.serving import observing
from workbench.serving.client import Answers, Client, Row
from workbench.serving.folder import Folder
from workbench.serving.observing import Observed
from workbench.store.store import View

ENDED = frozenset({"stopped", "failed"})
MOST_WORKERS = 64


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment as recorded.

    `serves` reads delay@4 or delay@production, `serving` is the version that answers. `version` and
    `serving_id` are ULIDs; `port` is 0 until the server has told which. `workers` processes are wanted,
    `restarts` counts how often one was started again after it ended by itself. `left_there`: it ended here
    without its target, where it may still run.
    """

    id: str
    name: str
    target: str
    model: str
    version: str | None
    environment: str | None
    serves: str
    host: str
    port: int
    token: bool
    uid: int
    state: str
    reason: str
    stop_requested: bool
    pid: int | None
    serving_id: str | None
    serving: str | None
    serving_since: datetime | None
    created_at: datetime
    created_by: str
    changed_at: datetime
    workers: int
    suspend_requested: bool
    restarts: int
    left_there: bool = False

    @property
    def url(self) -> str:
        """Where it answers; empty until the port is known."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}" if self.port else ""


def list_deployments(project: Project, *, stopped: bool = True) -> list[Deployment]:
    """Return the deployments, the newest first; without `stopped` only those that are not."""
    where = "" if stopped else "WHERE d.state <> 'stopped'"
    return [_from(row) for row in project.store.query(f"{_SELECT} {where} ORDER BY d.id DESC")]


def get(project: Project, ref: str) -> Deployment:
    """Return the deployment that `ref` names: the newest of that name, or a ULID or the end of one."""
    rows = project.store.query(f"{_SELECT} WHERE d.name = ? ORDER BY d.id DESC LIMIT 1", [ref])
    suffix = parse_suffix(ref)
    if not rows and suffix:
        rows = project.store.query(f"{_SELECT} WHERE ends_with(d.id, ?)", [suffix])
    if not rows:
        known = project.store.query("SELECT DISTINCT name FROM deployments ORDER BY name")
        raise NotFound(
            f"There is no deployment {ref}",
            where=ref,
            why="known: " + (", ".join(row["name"] for row in known) or "none yet"),
            fix="See them with workbench deploy list --all",
            code="deployment.none",
        )
    if len(rows) > 1:
        raise BadInput(
            f"{ref} is the end of {len(rows)} deployments",
            where=ref,
            why="a reference must name one thing",
            fix="Type more of the ULID",
            code="reference.ambiguous",
        )
    return _from(rows[0])


_SELECT = """
SELECT d.*, v.model || '@' || v.number AS serving_reference, f.number AS fixed_number
FROM deployments d
LEFT JOIN model_versions v ON v.id = d.serving
LEFT JOIN model_versions f ON f.id = d.version
"""


def _from(row: dict[str, Any]) -> Deployment:
    serves = f"{row['model']}@{row['environment'] or row['fixed_number']}"
    names = {
        "serving_id": row["serving"],
        "serving": row["serving_reference"],
        "serves": serves,
        "reason": row["reason"] or "",
    }
    return msgspec.convert(row | names, Deployment)


def observe(project: Project, deployment: Deployment) -> Observed:
    """Look at the processes and at what they told; nothing is recorded."""
    return observing.observe(Folder(project.paths.deployment(deployment.id)), deployment.workers)


def stop(project: Project, ref: str) -> Deployment:
    """Ask a deployment to stop and return its record. One that is stopped is refused with Conflict."""
    deployment = get(project, ref)

    def decision(view: View) -> list[DeploymentStopRequested]:
        row = view.one("SELECT state FROM deployments WHERE id = ?", [deployment.id])
        check_not_stopped(deployment, row["state"] if row else "stopped")
        return [DeploymentStopRequested(id=deployment.id)]

    project.store.decide(decision)
    return get(project, deployment.id)


def check_not_stopped(deployment: Deployment, state: str) -> None:
    """Raise Conflict when the deployment, now in `state`, is stopped already."""
    if state == "stopped":
        raise Conflict(
            f"{deployment.name} is stopped already",
            where=deployment.name,
            why=f"since {deployment.changed_at:%Y-%m-%d %H:%M:%S} UTC",
            fix="Nothing needs to be done",
            code="deployment.stopped",
        )


def wait(
    project: Project,
    deployment: str,
    states: Sequence[str],
    *,
    ended: Collection[str] = ENDED,
    seconds: float = 120.0,
) -> Deployment:
    """Wait until the deployment (a ULID) is in one of `states` or of `ended`, and return its record.

    Raises Unavailable after `seconds`.
    """
    end = time.monotonic() + seconds
    seen: object = None
    while True:
        changed = project.store.changed()
        if changed != seen:
            seen = changed
            found = get(project, deployment)
            if found.state in states or found.state in ended:
                return found
        if time.monotonic() > end:
            raise Unavailable(
                f"{found.name} is still {found.state}",
                where=found.name,
                why=f"nothing changed within {seconds:g} seconds",
                fix=f"See workbench deploy logs {found.name}",
                code="deployment.slow",
            )
        time.sleep(0.05)


def client(project: Project, ref: str) -> tuple[Deployment, Client]:
    """Return a deployment and a client for it with its token. Raises Unavailable unless it answers."""
    deployment = get(project, ref)
    if deployment.state not in {"healthy", "degraded"} or not deployment.port:
        raise Unavailable(
            f"{deployment.name} does not answer",
            where=deployment.name,
            why=f"it is {deployment.state}"
            + (f": {deployment.reason}" if deployment.reason else ""),
            fix=f"See workbench deploy logs {deployment.name}",
            code="deployment.down",
        )
    token = token_of(project, deployment) if deployment.token else None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(deployment.host, deployment.host)  # noqa: S104
    return deployment, Client(host, deployment.port, token)


def call(project: Project, ref: str, rows: Sequence[Row]) -> Answers:
    """Predict rows of column → value at a deployment; a column left out of a row is null there."""
    deployment, caller = client(project, ref)
    with caller:
        return caller.infer(deployment.model, rows)


def token_of(project: Project, deployment: Deployment) -> str:
    """Return the deployment's token. Only its owner can read it."""
    if deployment.uid != os.getuid():
        raise Unavailable(
            f"The token of {deployment.name} is not yours",
            where=deployment.name,
            why=f"{deployment.created_by} made the deployment",
            fix="Ask its owner",
            code="deployment.token",
        )
    return Folder(project.paths.deployment(deployment.id)).read_token()


def served_version(project: Project, deployment: Deployment) -> ModelVersion | None:
    """Return the version that answers, None before one did."""
    return get_version(project, deployment.serving_id) if deployment.serving_id else None


def log(project: Project, ref: str, offset: int = 0) -> bytes:
    """Return what the server process wrote from byte `offset` on."""
    path = Folder(project.paths.deployment(get(project, ref).id)).log
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read()
    except FileNotFoundError:
        return b""
