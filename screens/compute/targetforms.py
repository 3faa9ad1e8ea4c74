"""Adding, editing and removing targets: forms made of what the kind declares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from screens.feed import in_thread
from screens.messages import Did, Refused
from screens.modals.choose import Choose
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal, Values
from screens.text import Styled
from screens.widgets.fields import Field, from_option
from screens.widgets.source import Cell, Column
from workbench.compute.editing import SLOTS_OPTION, KindRow, add_target, edit_target, list_kinds
from workbench.compute.targets import TargetRow
from workbench.options import Option, Value

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from workbench.project.project import Project

MINE, OURS = "only me", "the project"
_OWN = {"name", "slots", "whose"}
"""Names of our own fields; an option of a kind that is named so is left to the command line."""


def add(owner: DOMNode, project: Project, done: Callable[[TargetRow], object]) -> None:
    """Ask for the kind, then for its options, and write the target down."""

    def come(found: list[KindRow]) -> None:
        kinds = {kind.name: kind for kind in sorted(found, key=lambda kind: bool(kind.error))}
        more: dict[str, tuple[Cell, ...]] = {
            name: (Styled(f"does not load: {kind.error}", "bad") if kind.error else kind.summary,)
            for name, kind in kinds.items()
        }
        columns = (Column("summary", "What it is", cap=60, grow=True),)

        def chosen(name: str | None) -> None:
            if name and kinds[name].error:
                owner.app.post_message(Refused(f"{name} does not load: {kinds[name].error}"))
            elif name:
                owner.app.push_screen(_add_form(project, kinds[name]), ended)

        def ended(row: TargetRow | None) -> None:
            if row is not None:
                done(row)

        title = "Add a target: of which kind?"
        choose = Choose(title, list(kinds), "ssh", columns=columns, more=more, head="Kind")
        owner.app.push_screen(choose, chosen)

    in_thread(owner, list_kinds, come, group="kinds")


def edit(
    owner: DOMNode, project: Project, row: TargetRow, done: Callable[[TargetRow], object]
) -> None:
    """Ask for the options of a target as they are, and change what was changed."""

    def come(found: list[KindRow]) -> None:
        kind = next((kind for kind in found if kind.name == row.kind), KindRow(name=row.kind))

        def ended(changed: TargetRow | None) -> None:
            if changed is not None:
                done(changed)

        owner.app.push_screen(_edit_form(project, kind, row), ended)

    in_thread(owner, list_kinds, come, group="kinds")


def remove(owner: DOMNode, project: Project, row: TargetRow, done: Callable[[], object]) -> None:
    """Ask for the name, typed, and take the target out of its file."""
    argv = ("target", "remove", row.name)
    where = "your own settings" if row.origin == "person" else "workbench.toml"

    def work() -> str:
        from workbench.compute.editing import remove_target

        return remove_target(project, row.name)

    def removed(words: str) -> None:
        owner.app.post_message(Did(argv, words))
        done()

    def answered(yes: bool | None) -> None:
        if yes:
            in_thread(owner, work, removed, group="remove", exclusive=False)

    changes = [
        f"{row.name} ({row.kind}) is taken out of {where}.",
        "Nothing is touched on the target itself; its ended jobs stay in the list.",
    ]
    title = f"Remove {row.name}?"
    owner.app.push_screen(
        Confirm(title, changes, verb="Remove it", name=row.name, argv=argv), answered
    )


def _add_form(project: Project, kind: KindRow) -> FormModal:
    fields = [
        Field("name", "name", "how jobs name it: gpu, lab-2", required=True),
        *_option_fields(kind.options, {}),
        from_option(SLOTS_OPTION),
        Field("whose", "for", "workbench.toml, or your own settings", "choice", OURS, (OURS, MINE)),
    ]

    def apply(values: Values) -> TargetRow:
        return add_target(
            project,
            values["name"].strip(),
            kind.name,
            _options(values),
            slots=int(values["slots"]),
            personal=values["whose"] == MINE,
        )

    def command(values: Values) -> list[str]:
        argv = ["target", "add", values["name"].strip() or "NAME", "--kind", kind.name]
        argv += _flags(kind.options, values, {})
        argv += ["--slots", str(values["slots"])] if values["slots"] != 1 else []
        return [*argv, "--personal"] if values["whose"] == MINE else argv

    return FormModal(
        f"Add a target: {kind.name}",
        fields,
        apply,
        verb="Add it",
        intro=kind.summary,
        command=command,
        outcome=lambda row: f"{row.name} is added. w checks it.",
    )


def _edit_form(project: Project, kind: KindRow, row: TargetRow) -> FormModal:
    slots = replace(from_option(SLOTS_OPTION), default=str(row.slots))
    fields = [*_option_fields(kind.options, row.options), slots]

    def apply(values: Values) -> TargetRow:
        return edit_target(project, row.name, _options(values), slots=int(values["slots"]))

    def command(values: Values) -> list[str]:
        argv = ["target", "edit", row.name, *_flags(kind.options, values, row.options)]
        return [*argv, "--slots", str(values["slots"])] if values["slots"] != row.slots else argv

    return FormModal(
        f"Edit {row.name}",
        fields,
        apply,
        verb="Change it",
        intro=kind.summary,
        command=command,
        outcome=lambda changed: f"{changed.name} is changed. w checks it.",
    )


def _option_fields(options: Sequence[Option], now: dict[str, Value]) -> list[Field]:
    fields = []
    for option in options:
        if option.name in _OWN:
            continue
        field = from_option(option)
        if option.name in now:
            field = replace(field, default=_typed(now[option.name]))
        fields.append(field)
    return fields


def _options(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _OWN}


def _flags(options: Sequence[Option], values: Values, before: dict[str, Value]) -> list[str]:
    """Return the flags for what differs from before."""
    argv: list[str] = []
    for option in options:
        value = values.get(option.name, option.default)
        if option.name not in _OWN and value != before.get(option.name, option.default):
            argv += [option.flag, "" if value is None else _typed(value)]
    return argv


def _typed(value: Value) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
