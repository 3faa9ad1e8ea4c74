"""A version or an environment comes up as an endpoint: its form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens.modals.form import FormModal, Values
from screens.models.loading import Loaded, VersionRow
from screens.widgets.fields import Field
from workbench.errors import BadInput
from workbench.links import check_name
from workbench.serving.creating import create
from workbench.serving.deployments import Deployment

if TYPE_CHECKING:
    from workbench.project.project import Project


def _name(text: str) -> str:
    return check_name(text.strip(), "deployment's name")


def _port(text: str) -> int:
    try:
        port = int(text.strip() or "0")
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise BadInput("This is not a port", why="a port is a whole number from 0 to 65535")
    return port


def _yes(text: str) -> bool:
    return text == "yes"


def serves(loaded: Loaded, row: VersionRow) -> list[str]:
    """Return what can be deployed, the likeliest first.

    Where the version counts now (the endpoint then follows promotions), the version itself, and the
    other environments that hold a version of the model.
    """
    here = [item.environment for item in loaded.where(row)]
    there = loaded.ordered(loaded.standing.get(row.model, {}))
    others = [item.environment for item in there if item.environment not in here]
    names = [*here, str(row.number), *others]
    return [f"{row.model}@{name}" for name in names]


def free_name(loaded: Loaded, model: str) -> str:
    """Return a name that no deployment has: the model's, else with a number."""
    taken = {item.name for item in loaded.followers}
    number = 1
    name = model[:60]
    while name in taken:
        number += 1
        name = f"{model[:60]}-{number}"
    return name


def deploy_command(name: str, model: str, port: int = 0, *, token: bool = True) -> tuple[str, ...]:
    """Return the act on the command line."""
    argv: Sequence[str] = ("deploy", "create", name, "--model", model)
    argv = [*argv, "--port", str(port)] if port else argv
    return (*argv, *(() if token else ("--no-token",)), "--detach")


class DeployForm(FormModal):
    """Name, what it serves, port, token."""

    DEFAULT_CSS = """
    DeployForm _Line > .label { width: 9; }
    DeployForm _Line > TextField, DeployForm _Line > ChoiceField { width: 1fr; }
    DeployForm _Line > .words { width: 1fr; }
    """

    def __init__(self, project: Project, loaded: Loaded, row: VersionRow) -> None:
        from workbench.compute.wake import wake_runner

        choices = serves(loaded, row)

        def apply(values: Values) -> Deployment:
            made = create(
                project,
                values["name"],
                values["model"],
                port=values["port"],
                token=values["guarded"],
            )
            wake_runner(project)
            return made

        first, last = project.settings.serving.ports
        fields = [
            Field("name", "name", "of the endpoint", default=free_name(loaded, row.model),
                  required=True, parse=_name),
            Field("model", "serves", "a name follows promotions",
                  kind="choice", default=choices[0], choices=tuple(choices)),
            Field("port", "port", f"0 takes one of {first} to {last}", default="0", parse=_port),
            Field("guarded", "token", "no: everybody here may ask",
                  kind="choice", default="yes", choices=("yes", "no"), parse=_yes),
        ]  # fmt: skip
        super().__init__(
            f"Deploy {row.model}",
            fields,
            apply,
            verb="Deploy",
            intro="A process on this machine that answers over HTTP. It goes on when you quit.",
            command=lambda values: deploy_command(
                values["name"], values["model"], values["port"], token=values["guarded"]
            ),
            outcome=lambda made: f"{made.name} is starting for {made.serves}. 5 shows it.",
            ready=True,
        )
