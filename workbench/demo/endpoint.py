"""The demo's deployment: it follows production, and answers a real row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from workbench.errors import NotFound, Unavailable
from workbench.project.project import Project

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.serving.deployments import Deployment

MODEL = "delay"
DEPLOYMENT = "delay"
ENVIRONMENT = "production"
TARGET = "late"
PATIENCE = 60.0
"""Seconds that a deployment is given to answer with the version that was promoted."""

Tell = Callable[[int, str], None]
"""Is told the step and what is done or was found."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A prediction: which version answered, and the row of its outputs."""

    version: str
    outputs: dict[str, Any] = field(default_factory=dict)


def deploy(project: Project, promoted: str, tell: Tell) -> Deployment:
    """Return the deployment that follows production once it answers with the version `promoted`."""
    from workbench.compute.wake import wake_runner
    from workbench.serving.creating import create
    from workbench.serving.deployments import get, stop, wait

    try:
        deployment = get(project, DEPLOYMENT)
    except NotFound:
        deployment = None
    wake_runner(project)
    if deployment and deployment.state == "failed" and not deployment.stop_requested:
        stop(project, deployment.id)
    if deployment and (deployment.stop_requested or deployment.state == "failed"):
        deployment = wait(project, deployment.id, ["stopped"])
    if deployment is None or deployment.state == "stopped":
        deployment = create(project, DEPLOYMENT, f"{MODEL}@{ENVIRONMENT}")
        wake_runner(project)
        tell(8, f"{DEPLOYMENT} deployed, follows {MODEL}@{ENVIRONMENT}")
    return _serving(project, deployment.id, promoted)


def _serving(project: Project, deployment: str, reference: str) -> Deployment:
    """Wait until the deployment answers with the version `reference`."""
    from workbench.serving.deployments import get

    seen: object = None
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (changed := project.store.changed()) != seen:
            seen = changed
            found = get(project, deployment)
            if found.state == "healthy" and found.serving == reference:
                return found
            if found.state == "failed":
                break
        time.sleep(0.05)
    raise Unavailable(
        f"{found.name} does not answer with {reference}",
        where=str(project.root),
        why=f"it is {found.state}" + (f": {found.reason}" if found.reason else ""),
        fix=f"See workbench deploy logs {found.name} --project {project.root}",
        code="demo.serving",
    )


def a_row(project: Project, version: DatasetVersion) -> dict[str, Any]:
    """Return a flight of the newest version as a client would send it, without the target."""
    from workbench.data.datasets import head

    names = [column.name for column in version.columns]
    (values,) = head(project, version, 1)
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value
        for name, value in zip(names, values, strict=True)
        if name != TARGET
    }


def ask(project: Project, deployment: Deployment, row: dict[str, Any], tell: Tell) -> Answered:
    """Ask the deployment to predict `row`."""
    from workbench.serving.deployments import call

    answers = call(project, deployment.name, [row])
    answered = Answered(f"{answers.model}@{answers.version}", answers.rows[0])
    chance = answered.outputs.get("probability_true", 0.0)
    tell(8, f"{deployment.url} answers with {answered.version}: late with probability {chance:.2f}")
    return answered
