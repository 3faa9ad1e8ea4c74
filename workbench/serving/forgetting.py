"""Ending a deployment here whose target cannot be asked; see workbench.compute.forgetting."""

from __future__ import annotations

from workbench.compute.contract import Ask
from workbench.compute.forgetting import answers, why_silent
from workbench.compute.wake import wake_runner
from workbench.project.project import Project
from workbench.records.deployments import DeploymentForgetRequested
from workbench.serving.deployments import Deployment, check_not_stopped, get
from workbench.serving.elsewhere import open_serving
from workbench.serving.news import read_news
from workbench.store.store import View


def forget(project: Project, ref: str, ask: Ask | None = None) -> Deployment:
    """Ask that a deployment end here without its target, which is asked once more before.

    Raises Conflict for one that is stopped, and where the target answers: then a stop in order is
    right; TargetRefused where a person can do something so that it does.
    """
    found = get(project, ref)
    check_not_stopped(found, found.state)
    fix = f"workbench deploy stop {found.name}"
    if found.stop_requested and found.state != "lost":
        fix = "It is being stopped already"
    news = read_news(project.paths.deployment(found.id))
    if news is not None and news.current:
        raise answers(found.name, found.target, fix)
    why = why_silent(
        found.name,
        found.target,
        fix,
        lambda: open_serving(project, found.target, ask).look(found.id),
        lost=found.state == "lost",
    )

    def decision(view: View) -> list[DeploymentForgetRequested]:
        row = view.one("SELECT state FROM deployments WHERE id = ?", [found.id])
        check_not_stopped(found, row["state"] if row else "stopped")
        return [DeploymentForgetRequested(id=found.id, why=why)]

    project.store.decide(decision)
    wake_runner(project)
    return get(project, found.id)
