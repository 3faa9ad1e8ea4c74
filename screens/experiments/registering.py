"""A run's model becomes a version: its name by a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.modals.form import FormModal, Values
from screens.widgets.fields import Field
from workbench.links import check_name
from workbench.models.registry import ModelVersion, register

if TYPE_CHECKING:
    from workbench.project.project import Project


def _name(text: str) -> str:
    return check_name(text.strip(), "model's name")


class RegisterForm(FormModal):
    """Name and note; the next number of that name is given."""

    def __init__(self, project: Project, run: str, name: str) -> None:
        def apply(values: Values) -> ModelVersion:
            return register(project, run, values["name"], values["note"].strip())

        def command(values: Values) -> list[str]:
            argv = ["model", "register", run, "--name", values["name"]]
            note = values["note"].strip()
            return [*argv, f"--note={note}"] if note else argv

        super().__init__(
            f"Register the model of {run}",
            [
                Field("name", "model", "a new name, or one to add a version to", default=name,
                      required=True, parse=_name),
                Field("note", "note", "a sentence for whoever reads the list"),
            ],
            apply,
            verb="Register",
            intro="It becomes the next version of the model, which nothing changes any more.",
            command=command,
            outcome=lambda made: f"Registered {run} as {made.reference}. 4, then p, promotes it.",
        )  # fmt: skip
