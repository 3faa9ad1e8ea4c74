"""Asking for a deployment: what is checked before it is written down. The runner acts on it."""

from __future__ import annotations

from typing import Final

from workbench.errors import BadInput, Conflict, WorkbenchError
from workbench.ids import new_ulid
from workbench.links import LATEST, check_name, parse_version
from workbench.models.loading import check_served
from workbench.models.registry import get_version
from workbench.project.project import Project
from workbench.project.settings import LOCAL
from workbench.records.deployments import DeploymentCreated
from workbench.serving.deployments import Deployment, get
from workbench.serving.folder import Folder
from workbench.serving.ports import listen
from workbench.store.store import View

LOOPBACK: Final = "127.0.0.1"


def create(
    project: Project,
    name: str,
    model: str,
    *,
    target: str = "local",
    host: str = "",
    port: int = 0,
    token: bool = True,
    workers: int = 1,
) -> Deployment:
    """Ask for a deployment of `model` and return its record, `starting`.

    `delay@production` follows the environment, `delay@4` (or `delay`, the newest) stays fixed. Port 0
    takes a free one of the project's; `workers` processes share it. Raises Conflict for a name or
    port in use, NotFound for a version that is not there, BadInput.
    """
    check_name(name, "deployment's name")
    host = _host(project, target, host)
    environment = _environment(project, model)
    version = get_version(project, model)
    check_served(version.format, version.reference)
    if port:
        listen(host, port, (port, port)).close()
    wanted = DeploymentCreated(
        id=new_ulid(),
        name=name,
        target=target,
        model=version.model,
        version="" if environment else version.id,
        environment=environment,
        host=host,
        port=port,
        token=token,
        workers=workers,
    )

    def decision(view: View) -> list[DeploymentCreated]:
        _check_free(view, name)
        return [wanted]

    # Before the record: whoever acts on it finds the folder and the token.
    Folder(project.paths.deployment(wanted.id)).make(token=token)
    try:
        project.store.decide(decision)
    except WorkbenchError:
        _forget_folder(project, wanted.id)
        raise
    return get(project, wanted.id)


def _host(project: Project, target: str, host: str) -> str:
    """Return where it listens here; refuses a target that cannot serve, and others' addresses for it."""
    if target == LOCAL:
        return host or project.settings.serving.host
    from workbench.serving.elsewhere import open_serving

    open_serving(project, target)
    if host not in {"", LOOPBACK, "localhost"}:
        raise BadInput(
            f"A deployment on {target} cannot listen on {host}",
            where="--host",
            why="there and here it listens on loopback; a tunnel leads from one to the other",
            fix="Leave --host out",
            code="deployment.host",
        )
    return LOOPBACK


def _check_free(view: View, name: str) -> None:
    taken = view.one("SELECT state FROM deployments WHERE name = ? AND state <> 'stopped'", [name])
    if taken:
        raise Conflict(
            f"There is a deployment {name} already",
            where=name,
            why=f"it is {taken['state']}",
            fix=f"Choose another name, or stop it: workbench deploy stop {name}",
            code="deployment.name",
        )


def _environment(project: Project, model: str) -> str:
    """Return the environment that a reference follows, empty for a fixed version."""
    if "@" not in model:
        return ""
    ref = parse_version(model)
    if ref.number is not None or ref.selector == LATEST:
        return ""
    project.settings.environment(ref.selector)
    return ref.selector


def _forget_folder(project: Project, made: str) -> None:
    folder = Folder(project.paths.deployment(made))
    folder.token.unlink(missing_ok=True)
    folder.root.rmdir()
