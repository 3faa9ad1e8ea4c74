"""The form that brings a model up: what is served, under which name, where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from textual import on

from screens.deployments.endpoint import Choice
from screens.modals.form import FormModal, Values
from screens.text import said
from screens.widgets.fields import ChoiceField, Field
from workbench.compute import wake
from workbench.errors import BadInput
from workbench.links import check_name
from workbench.project.settings import LOCAL
from workbench.serving.creating import create
from workbench.serving.deployments import Deployment

if TYPE_CHECKING:
    from workbench.project.project import Project


class CreateForm(FormModal):
    """Asks for a new deployment; gives its record, `starting`.

    `choices` are what can be served (see `screens.deployments.endpoint.choices`), `model` the one to
    begin with (the first by default), `taken` the names in use.
    """

    def __init__(
        self,
        project: Project,
        choices: Sequence[Choice],
        *,
        model: str = "",
        taken: Collection[str] = (),
    ) -> None:
        self._meanings = {choice.reference: choice.meaning for choice in choices}
        references = tuple(self._meanings)
        first = model if model in self._meanings else references[0]
        super().__init__(
            "Bring up a deployment",
            _fields(references, first, free_name(first.partition("@")[0], taken), project),
            lambda values: _create(project, values),
            verb="Deploy",
            intro="A server process that answers over HTTP on this machine, and goes on when you quit.",
            command=command,
            outcome=lambda made: f"{made.name} is starting for {made.serves}.",
            ready=True,
        )

    def on_mount(self) -> None:
        """Say what the reference means, beside it."""
        super().on_mount()
        self._explain()

    @on(ChoiceField.Changed)
    def _explain(self) -> None:
        line = self.form.lines[0]
        if line.field.name == "model":
            line.words.update(said(self._meanings.get(line.text, ""), "muted"))


def _fields(references: tuple[str, ...], first: str, name: str, project: Project) -> list[Field]:
    low, high = project.settings.serving.ports
    targets = (LOCAL, *sorted(project.settings.targets))
    words = "where the server runs"
    where = Field("target", "target", words, kind="choice", default=LOCAL, choices=targets)
    return [
        Field("model", "model", kind="choice", default=first, choices=references, required=True),
        Field("name", "name", "what you call it by", default=name, required=True, parse=_name),
        *([where] if len(targets) > 1 else []),
        Field("port", "port", f"empty: one of {low}-{high}", parse=_port),
        Field(
            "access",
            "access",
            "open: no token is needed",
            kind="choice",
            default="token",
            choices=("token", "open"),
        ),
    ]


def free_name(model: str, taken: Collection[str]) -> str:
    """Return the model's name, with a number where it is in use."""
    names = [model, *(f"{model}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _name(text: str) -> str:
    check_name(text.strip(), "deployment's name")
    return text.strip()


def _port(text: str) -> int:
    text = text.strip()
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadInput(
            f"{text[:20]} is not a port",
            where="port",
            why="1 to 65535, or empty",
            fix="Type one, or leave it empty for a free one",
            code="deployment.port",
        )
    return int(text)


def command(values: Values) -> tuple[str, ...]:
    """Return `workbench deploy create ...` for the form's values."""
    argv = ["deploy", "create", values["name"], "--model", values["model"]]
    if values.get("target", LOCAL) != LOCAL:
        argv += ["--target", values["target"]]
    if values["port"]:
        argv += ["--port", str(values["port"])]
    if values["access"] == "open":
        argv.append("--no-token")
    return (*argv, "--detach")


def _create(project: Project, values: dict[str, Any]) -> Deployment:
    made = create(
        project,
        values["name"],
        values["model"],
        target=values.get("target", LOCAL),
        port=values["port"],
        token=values["access"] == "token",
    )
    wake.wake_runner(project)
    return made
