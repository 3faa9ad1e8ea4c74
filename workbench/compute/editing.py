"""Targets written down, changed and removed: in workbench.toml, or in the person's own config.toml.

Comments and order of the files stay. What the settings, the kind's options or the kind itself would
refuse is refused here, with the key that is wrong, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compute.contract import Surroundings
from workbench.compute.targets import TargetRow, kind_of, list_targets, load_kind
from workbench.errors import BadInput, Conflict, WorkbenchError
from workbench.links import NAME
from workbench.options import Option, Value, settle
from workbench.project.settings import (
    KIND,
    LOCAL,
    SLOTS,
    read_personal,
    write_personal,
    write_settings,
)

if TYPE_CHECKING:
    from workbench.project.project import Project

SLOTS_OPTION = Option(SLOTS, "int", 1, "How many jobs run there at once", minimum=1, maximum=1024)


class KindRow(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of place: what it is, and what a target of it may be set to; `error` when it does not load."""

    name: str
    summary: str = ""
    options: tuple[Option, ...] = ()
    error: str = ""


def list_kinds() -> list[KindRow]:
    """Return every kind that plugins bring, by name; one that does not load is a row with its error."""
    from workbench.compute.targets import kinds

    found = []
    for name in kinds():
        try:
            kind = load_kind(name)
        except WorkbenchError as error:
            found.append(KindRow(name=name, error=error.why or error.what))
        else:
            found.append(KindRow(name=name, summary=kind.summary, options=tuple(kind.options)))
    return found


def add_target(
    project: Project,
    name: str,
    kind: str,
    options: Mapping[str, Any],
    *,
    slots: int = 1,
    personal: bool = False,
) -> TargetRow:
    """Write a target down, in workbench.toml or with `personal` in the person's own settings.

    `options` are values or None for the default; what is at its default is left out of the file.
    Raises BadInput, its `where` the name of what is wrong (`name`, `--host`), Conflict for a name that
    is taken, NotFound for a kind that nobody brings.
    """
    _check_new(project, name, personal=personal)
    table = _table(project, name, kind, options, slots)
    changes: dict[tuple[str, ...], Any] = {
        ("targets", name, key): value for key, value in table.items()
    }
    _write(project, changes, personal)
    return get_target(project, name)


def edit_target(
    project: Project, name: str, options: Mapping[str, Any], *, slots: int | None = None
) -> TargetRow:
    """Change options of a target where it is written down; None brings an option's default back.

    What is not named stays. Raises as add_target does, NotFound for a target that is not there.
    """
    row = get_target(project, name)
    _refuse_local(name)
    after = _table(project, name, row.kind, {**row.options, **options}, slots or row.slots)
    before: dict[str, Value] = {KIND: row.kind, **row.options}
    if SLOTS in after or row.slots != 1:
        before[SLOTS] = row.slots
    changes: dict[tuple[str, ...], Any] = {
        ("targets", name, key): after.get(key)
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    if changes:
        _write(project, changes, row.origin == "person")
    return get_target(project, name)


def remove_target(project: Project, name: str) -> str:
    """Take a target out of the file that it stands in, and return what to say of it.

    Raises Conflict while jobs of it have not ended or deployments of it are up: nobody could reach
    them any more.
    """
    row = get_target(project, name)
    _refuse_local(name)
    if why := _in_use(project, row):
        raise Conflict(
            f"The target {name} is in use",
            where=name,
            why=why,
            fix="Cancel or stop them first: workbench job list --unfinished",
            code="target.busy",
        )
    _write(project, {("targets", name): None}, row.origin == "person")
    left = name in project.settings.targets
    return f"{name} is removed" + (
        "; the project's own target of that name counts again." if left else "."
    )


def get_target(project: Project, name: str) -> TargetRow:
    """Return the target `name`. Raises NotFound."""
    kind_of(project, name)
    return next(row for row in list_targets(project) if row.name == name)


def _check_new(project: Project, name: str, *, personal: bool) -> None:
    if NAME.fullmatch(name) is None or name in {LOCAL, "latest"}:
        reason = (
            "it has a meaning of its own"
            if name in {LOCAL, "latest"}
            else ("a name starts with a letter a to z and goes on with letters, digits, _ or -")
        )
        raise BadInput(
            f"{name[:80]!r} cannot name a target",
            where="name",
            why=reason,
            fix="Choose another",
            code="target.name",
        )
    taken = read_personal().targets if personal else project.settings.targets
    if name in taken:
        raise Conflict(
            f"There is a target {name}",
            where="name",
            why=f"it is of the kind {taken[name][KIND]}",
            fix=f"Choose another name, or change it: workbench target edit {name}",
            code="target.exists",
        )


def _table(
    project: Project, name: str, kind: str, options: Mapping[str, Any], slots: int
) -> dict[str, Value]:
    """Return what is to stand in the file, checked as whoever opens it will check it."""
    plugin = load_kind(kind)
    given = {key: value for key, value in options.items() if value is not None}
    settled = settle(plugin.options, given, owner=f"The kind {kind}")
    SLOTS_OPTION.check(slots)
    owner = Surroundings(project.paths.cache, "nobody")
    plugin.open(name, settled, owner).close()  # reaches nothing, and refuses what cannot be
    declared = {option.name: option for option in plugin.options}
    kept = {key: value for key, value in settled.items() if value != declared[key].default}
    return {KIND: kind, **({SLOTS: slots} if slots != 1 else {}), **kept}


def _write(project: Project, changes: Mapping[tuple[str, ...], Any], personal: bool) -> None:
    if personal:
        write_personal(changes)
    else:
        write_settings(project.paths.settings, changes)
    project.fresh_settings()


def _refuse_local(name: str) -> None:
    if name == LOCAL:
        raise BadInput(
            "The target local is always there",
            where="name",
            why="it is this machine; it is not written down anywhere",
            fix="Its places for jobs are set by slots under [runner] in workbench.toml",
            code="target.local",
        )


def _in_use(project: Project, row: TargetRow) -> str:
    up = project.store.query(
        "SELECT name FROM deployments WHERE target = ? AND state <> 'stopped' ORDER BY name",
        (row.name,),
    )
    parts = []
    if row.unfinished:
        parts.append(
            f"{row.unfinished} of its jobs {'has' if row.unfinished == 1 else 'have'} not ended"
        )
    if up:
        parts.append("deployments are up there: " + ", ".join(str(each["name"]) for each in up[:5]))
    return "; ".join(parts)
