"""Giving a version a tag, or taking one away; `z` takes either back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from screens.modals.form import FormModal, Values
from screens.undo import Undo
from screens.widgets.fields import Field
from workbench.data.datasets import DatasetVersion
from workbench.data.tags import Tagged, tag, untag
from workbench.links import check_name

if TYPE_CHECKING:
    from workbench.project.project import Project

GIVE, TAKE = "give", "take away"


def undo_of(project: Project, done: Tagged) -> Undo | None:
    """Return how a change of a tag is taken back: who had it before has it again; None for no change."""
    if not done.changed:
        return None
    words = f"the tag {done.tag} of {done.version or done.before}"
    if done.before:
        again = ("data", "tag", done.before, done.tag)
        return Undo(words, lambda: tag(project, done.before, done.tag), again)
    off = ("data", "tag", done.version, done.tag, "--remove")
    return Undo(words, lambda: untag(project, done.version, done.tag), off)


def tag_form(
    project: Project,
    version: DatasetVersion,
    versions: Sequence[DatasetVersion],
    keep: Callable[[Undo], None],
) -> FormModal:
    """Return the form that asks for the tag and sets it; it says which tags the dataset has.

    `keep` gets how what was done is taken back.
    """
    fields = [
        Field("name", "tag", f"so that {version.dataset}@TAG is this version", required=True,
              parse=_name),
        Field("what", "what", "", "choice", GIVE, (GIVE, TAKE)),
    ]  # fmt: skip
    known = [f"{name} is {other.reference}" for other in versions for name in other.tags
             if other.dataset == version.dataset]  # fmt: skip

    def apply(values: Values) -> Tagged:
        change = untag if values["what"] == TAKE else tag
        done = change(project, version.reference, values["name"])
        undo = undo_of(project, done)
        if undo is not None:
            keep(undo)
        return done

    def command(values: Values) -> list[str]:
        argv = ["data", "tag", version.reference, values["name"].strip()]
        return [*argv, "--remove"] if values["what"] == TAKE else argv

    def outcome(done: Tagged) -> str:
        if not done.version:
            return f"{done.before} is no longer {done.dataset}@{done.tag}. z takes it back."
        if not done.changed:
            return f"{done.version} was {done.dataset}@{done.tag} already."
        return f"{done.version} is {done.dataset}@{done.tag}. z takes it back."

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
