"""Giving a version a tag, or taking one away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from screens.modals.form import FormModal, Values
from screens.widgets.fields import Field
from workbench.data.datasets import DatasetVersion
from workbench.data.tags import Tagged, tag, untag
from workbench.links import check_name

if TYPE_CHECKING:
    from workbench.project.project import Project

GIVE, TAKE = "give", "take away"


def tag_form(
    project: Project, version: DatasetVersion, versions: Sequence[DatasetVersion]
) -> FormModal:
    """Return the form that asks for the tag and sets it; it says which tags the dataset has."""
    fields = [
        Field("name", "tag", f"so that {version.dataset}@TAG is this version", required=True,
              parse=_name),
        Field("what", "what", "", "choice", GIVE, (GIVE, TAKE)),
    ]  # fmt: skip
    known = [f"{name} is {other.reference}" for other in versions for name in other.tags
             if other.dataset == version.dataset]  # fmt: skip

    def apply(values: Values) -> Tagged:
        change = untag if values["what"] == TAKE else tag
        return change(project, version.reference, values["name"])

    def command(values: Values) -> list[str]:
        argv = ["data", "tag", version.reference, values["name"].strip()]
        return [*argv, "--remove"] if values["what"] == TAKE else argv

    def outcome(done: Tagged) -> str:
        if not done.version:
            return f"{done.before} is no longer {done.dataset}@{done.tag}."
        return f"{done.version} is {done.dataset}@{done.tag}."

    return FormModal(
        f"Tag {version.reference}",
        fields,
        apply,
        verb="Set it",
        command=command,
        outcome=outcome,
        intro=f"Now {', '.join(known)}." if known else f"{version.dataset} has no tag yet.",
    )


def _name(text: str) -> str:
    return check_name(text.strip(), "tag")
