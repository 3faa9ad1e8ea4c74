"""What a person wants of a deployment that is there: more processes or fewer, a rest, another start."""

from __future__ import annotations

from collections.abc import Callable

from workbench.errors import BadInput, Conflict
from workbench.project.project import Project
from workbench.records import Record
from workbench.records.deployments import (
    DeploymentResumed,
    DeploymentScaled,
    DeploymentSuspendRequested,
)
from workbench.serving.deployments import MOST_WORKERS, Deployment, get
from workbench.store.store import View

RUNS = frozenset({"starting", "healthy", "degraded"})


def scale(project: Project, ref: str, workers: int) -> Deployment:
    """Ask for so many processes. Raises BadInput, and Conflict for a deployment that ended."""
    if not 1 <= workers <= MOST_WORKERS:
        raise BadInput(
            f"{workers} is not a number of processes",
            where="--workers",
            why=f"a deployment has 1 to {MOST_WORKERS}",
            fix="Choose one for each core that it may use",
            code="deployment.workers",
        )

    def wish(found: Deployment) -> Record:
        if found.state in {"stopped", "failed"}:
            raise _cannot(found, "scaled", "Create it again, or resume it first")
        if found.workers == workers:
            raise Conflict(
                f"{found.name} has {workers} {'process' if workers == 1 else 'processes'} already",
                where=found.name,
                why="that is what was asked for",
                fix="Nothing needs to be done",
                code="deployment.workers",
            )
        return DeploymentScaled(id=found.id, workers=workers)

    return _ask(project, ref, wish)


def suspend(project: Project, ref: str) -> Deployment:
    """Ask for a rest: the processes end; name, port, token and records stay. Raises Conflict."""

    def wish(found: Deployment) -> Record:
        if found.state not in RUNS or found.suspend_requested or found.stop_requested:
            raise _cannot(found, "suspended", "See workbench deploy list")
        return DeploymentSuspendRequested(id=found.id)

    return _ask(project, ref, wish)


def resume(project: Project, ref: str) -> Deployment:
    """Ask for another start of what was suspended or failed. Raises Conflict for anything else."""

    def wish(found: Deployment) -> Record:
        resting = found.state in {"suspended", "failed"} or found.suspend_requested
        if not resting or found.stop_requested:
            raise _cannot(found, "resumed", "Only what is suspended or failed can be resumed")
        return DeploymentResumed(id=found.id)

    return _ask(project, ref, wish)


def _ask(project: Project, ref: str, wish: Callable[[Deployment], Record]) -> Deployment:
    """Record the wish, unless the deployment changed since it was looked at."""
    found = get(project, ref)
    record = wish(found)

    def decision(view: View) -> list[Record]:
        row = view.one("SELECT state FROM deployments WHERE id = ?", [found.id])
        if row is None or row["state"] != found.state:
            raise Conflict(
                f"{found.name} changed meanwhile",
                where=found.name,
                why=f"it was {found.state}",
                fix="Look at it and ask again",
                code="state",
            )
        return [record]

    project.store.decide(decision)
    return get(project, found.id)


def _cannot(found: Deployment, what: str, fix: str) -> Conflict:
    asked = " and asked to stop" if found.stop_requested else ""
    asked = asked or (" and asked to rest" if found.suspend_requested else "")
    return Conflict(
        f"{found.name} cannot be {what}",
        where=found.name,
        why=f"it is {found.state}{asked}",
        fix=fix,
        code="deployment.state",
    )
