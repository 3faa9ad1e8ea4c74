"""An endpoint as it is now: what was recorded of it, and what was found on looking."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import WorkbenchError
from workbench.models.registry import list_models
from workbench.serving import deployments
from workbench.serving.client import request_body
from workbench.serving.deployments import ENDED, Deployment
from workbench.serving.folder import Folder
from workbench.serving.metrics import Metrics, together
from workbench.serving.observing import Observed
from workbench.serving.schema import TYPES
from workbench.training.signature import Signature

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST = 500
"""Deployments that are listed, the newest."""
PROCESS = {
    "none": "not started yet",
    "alive": "runs",
    "dead": "is gone",
    "reused": "is gone, its pid is another's",
    "rebooted": "ended with the machine's restart",
    "unheard": "has not been heard of lately",
}
"""What was found of the server process, in words."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A deployment, what was seen of it, and what could not be read (`damage`)."""

    record: Deployment
    seen: Observed
    damage: str = ""
    run: str = ""
    """The run that made the version which answers (`r_142`)."""
    dataset: str = ""
    """The data that it was trained on (`flights@2`)."""
    metrics: Metrics | None = None
    """What all its processes counted; None where it has ended or never counted."""

    @property
    def state(self) -> str:
        """The recorded state, or what was found instead where the runner has not noted it yet."""
        record = self.record
        if record.state in ENDED:
            return record.state
        if record.stop_requested:
            return "stopping"
        if record.state in {"starting", "suspended"} or self.seen.process == "alive":
            return record.state
        return "lost"

    @property
    def trouble(self) -> str:
        """What is wrong with it, in words; empty when nothing is."""
        told = self.seen.told
        if self.record.reason or self.damage:
            return self.record.reason or self.damage
        if self.state == "lost":
            return f"its process {PROCESS[self.seen.process]}"
        return told.error if told and self.record.state != "stopped" else ""

    @property
    def answers(self) -> bool:
        """Whether it can be called."""
        return self.record.state in {"healthy", "degraded"} and bool(self.record.port)

    @property
    def address(self) -> str:
        """`127.0.0.1:8700`; empty before the port is known."""
        return self.record.url.removeprefix("http://")

    @property
    def requests(self) -> int | None:
        """Requests answered or refused since the process started; None before it told."""
        return self.seen.told.requests if self.seen.told else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be served: a reference (`delay@production`, `delay@4`) and what it means."""

    reference: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Every endpoint, those that are not stopped first, and what could be served."""

    endpoints: Sequence[Endpoint] = ()
    choices: Sequence[Choice] = ()


def load(project: Project) -> Loaded:
    """Ask the records and look at what runs."""
    found = deployments.list_deployments(project)
    found.sort(key=lambda record: record.state == "stopped")  # stable: the newest stay first
    made = {row["id"]: row for row in project.store.query(_ORIGINS)}
    none = {"run": "", "dataset": ""}
    endpoints = []
    for record in found[:MOST]:
        origin = made.get(record.serving_id, none)
        seen = look_at(project, record)
        endpoints.append(replace(seen, run=origin["run"], dataset=origin["dataset"]))
    return Loaded(endpoints, choices(project))


_ORIGINS = """
SELECT v.id, 'r_' || r.number AS run, r.dataset
FROM model_versions v JOIN runs r ON r.id = v.run
WHERE v.id IN (SELECT serving FROM deployments)
"""


def look_at(project: Project, record: Deployment) -> Endpoint:
    """Return the endpoint as it is now; a damaged file of it is said, not raised."""
    try:
        seen = deployments.observe(project, record)
    except WorkbenchError as error:
        return Endpoint(record, Observed(process="none", told=None), f"{error.what}: {error.why}")
    if record.state in ENDED:
        return Endpoint(record, seen)
    parts = Folder(project.paths.deployment(record.id)).all_metrics()
    return Endpoint(record, seen, metrics=together(parts, time.time()) if parts else None)


def choices(project: Project) -> list[Choice]:
    """Return what can be served: first what follows an environment, then versions, newest first."""
    following: list[Choice] = []
    for row in list_models(project):
        for environment, number in row.promoted.items():
            meaning = f"follows it, now {row.model}@{number}"
            following.append(Choice(f"{row.model}@{environment}", meaning))
    sql = (
        "SELECT model, number FROM model_versions ORDER BY registered_at DESC, number DESC LIMIT ?"
    )
    rows = project.store.query(sql, [MOST])
    fixed = [Choice(f"{row['model']}@{row['number']}", "stays at this version") for row in rows]
    return following + fixed


def shape(found: Sequence[Endpoint]) -> tuple[object, ...]:
    """Return what changes when one of these does: not its heartbeat, but all else that it tells."""
    return tuple(
        (
            endpoint.record.id,
            endpoint.seen.process,
            endpoint.seen.told and msgspec.structs.replace(endpoint.seen.told, at=0.0),
            [(worker.pid, worker.process) for worker in endpoint.seen.workers],
            endpoint.damage,
        )
        for endpoint in found
    )


def look_again(project: Project, found: Sequence[Endpoint]) -> tuple[object, ...]:
    """Return the signature of these endpoints as they are now."""
    return shape([look_at(project, endpoint.record) for endpoint in found])


def token_path(project: Project, record: Deployment) -> str:
    """Return the file with the endpoint's token; empty where it needs none."""
    return str(Folder(project.paths.deployment(record.id)).token) if record.token else ""


def curl(project: Project, record: Deployment) -> str:
    """Return a line for the shell that asks the endpoint what it serves; the token stays in its file."""
    return f"curl {_header(project, record)}{record.url}/v2/models/{record.model}"


def curl_infer(
    project: Project, record: Deployment, signature: Signature, row: Mapping[str, Any]
) -> str:
    """Return a line for the shell that asks the endpoint for a prediction of this row."""
    inputs = [(field.name, TYPES[field.type].datatype) for field in signature.inputs]
    body = shlex.quote(request_body(inputs, [row]).decode())
    kind = "-H 'Content-Type: application/json'"
    address = f"{record.url}/v2/models/{record.model}/infer"
    return f"curl {_header(project, record)}{kind} {address} -d {body}"


def _header(project: Project, record: Deployment) -> str:
    """Return the header with the token, by reference to its file."""
    path = token_path(project, record)
    return f'-H "Authorization: Bearer $(cat {shlex.quote(path)})" ' if path else ""
