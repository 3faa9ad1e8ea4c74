"""Deployments on targets: which can serve, and what is sent to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compute.bundle import make_bundle
from workbench.compute.serving import CanServe, Server, Serving
from workbench.compute.targets import open_target
from workbench.errors import Unavailable
from workbench.runtimes.lock import SERVER, lock_runtime
from workbench.serving.folder import Desired, Folder
from workbench.serving.outpost import Setting
from workbench.serving.there import There
from workbench.store.modes import make_folder

if TYPE_CHECKING:
    from workbench.compute.contract import Ask
    from workbench.project.project import Project


def open_serving(project: Project, target: str, ask: Ask | None = None) -> Serving:
    """Return who serves on `target`; reaches nothing yet. `ask` as for open_target.

    Raises NotFound for no such target, PluginError, Unavailable (`deployment.target`) for one whose
    kind cannot serve.
    """
    found = open_target(project, target, ask)
    if not isinstance(found, CanServe):
        raise Unavailable(
            f"The target {target} cannot serve",
            where="--target",
            why="its kind runs jobs and nothing else",
            fix="Choose another target, or local",
            code="deployment.target",
        )
    return found.serving()


def make_there(project: Project, folder: Folder, row: dict[str, Any]) -> There:
    """Return the place of the deployment in `row`, which is on a target."""
    token = folder.read_token() if row["token"] else ""
    setting = Setting(
        deployment=row["id"],
        open=lambda: open_serving(project, row["target"]),
        pack=lambda desired: _pack(project, row["target"], desired, token),
        port=row["port"],
        ports=project.settings.serving.ports,
        token=row["token"],
    )
    return There(folder, setting)


def _pack(project: Project, target: str, desired: Desired, token: str) -> Server:
    """Return what a target needs to serve `desired`; what it runs in is locked the first time."""
    plugins = (desired.format,)
    needs = open_serving(project, target).needs_runtime
    return Server(
        deployment=desired.deployment,
        desired=msgspec.json.encode(desired),
        object=desired.object,
        model=project.store.objects.path(desired.object),
        code=make_bundle(make_folder(project.paths.cache), plugins),
        token=token,
        runtime=lock_runtime(project, plugins, SERVER) if needs else None,
    )
