"""The places where work runs: list them, open one, ask what is there."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Literal

import msgspec

from workbench import plugins
from workbench.compute.contract import Ask, Kind, Probe, Pruned, Surroundings, Target
from workbench.errors import NotFound
from workbench.options import Value, settle
from workbench.project.settings import KIND, LOCAL, SLOTS, read_personal
from workbench.store.modes import make_folder

if TYPE_CHECKING:
    from workbench.project.project import Project

Origin = Literal["built in", "project", "person"]
"""Where a target is written down: nowhere, in workbench.toml, in the person's own config.toml."""


FRESH = 600.0
"""Seconds for which whatever was wanted stays, however it is asked: a job may be on its way to it."""

PRUNE_DAYS = 30.0
"""Days for which `target prune` leaves what nobody wanted, unless it is told otherwise."""


class TargetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A target as a list shows it, with its places for jobs and how many of its jobs have not ended."""

    name: str
    kind: str
    slots: int
    unfinished: int
    origin: Origin
    options: dict[str, Value] = {}


def list_targets(project: Project) -> list[TargetRow]:
    """Return every target of the project, `local` first, then by name."""
    rows = project.store.query(
        "SELECT target, count(*) AS jobs FROM jobs"
        " WHERE state NOT IN ('succeeded', 'failed', 'cancelled') GROUP BY target"
    )
    jobs = {row["target"]: row["jobs"] for row in rows}
    settings = project.settings
    names = (LOCAL, *sorted(settings.targets))
    return [
        TargetRow(
            name=name,
            kind=kind_of(project, name),
            slots=slots_of(project, name),
            unfinished=jobs.get(name, 0),
            origin=_origin(name),
            options=_options(project, name),
        )
        for name in names
    ]


def kinds() -> tuple[str, ...]:
    """Return the kinds of places that plugins bring."""
    return plugins.names("compute")


def load_kind(name: str) -> Kind:
    """Return the kind `name`. Raises NotFound or PluginError."""
    kind: Kind = plugins.load("compute", name)
    return kind


def kind_of(project: Project, name: str) -> str:
    """Return the kind of the target `name`. Raises NotFound."""
    return LOCAL if name == LOCAL else str(_table(project, name)[KIND])


def slots_of(project: Project, name: str) -> int:
    """Return how many jobs run at once on the target `name`. Raises NotFound."""
    if name == LOCAL:
        return project.settings.slots
    slots = _table(project, name).get(SLOTS, 1)
    assert isinstance(slots, int)  # read_settings refuses anything else
    return slots


def open_target(project: Project, name: str, ask: Ask | None = None) -> Target:
    """Return the target `name`, the same one for the same settings, so that its connection is shared.

    `ask` answers what only the person can (a passphrase); without it the one of `ask_through` does,
    else such a target says what to do.
    Raises NotFound with those that there are, PluginError, BadInput for an option that is wrong.
    """
    kind = kind_of(project, name)
    options = _options(project, name)
    ask = ask or _DEFAULT_ASK.get("ask")
    index = project.settings.runtime.index
    key = (str(project.root), name, kind, tuple(sorted(options.items())), ask, index)
    with _LOCK:
        if key not in _OPEN:
            plugin = load_kind(kind)
            settled = settle(plugin.options, options, owner=f"The target {name}")
            owner = f"{project.id}-{os.getuid()}"
            around = Surroundings(make_folder(project.paths.cache), owner, ask, index, project.id)
            _OPEN[key] = plugin.open(name, settled, around)
        return _OPEN[key]


def ask_through(ask: Ask | None) -> None:
    """Say who is asked by the targets of this process that are opened without an `ask` of their own."""
    if ask is None:
        _DEFAULT_ASK.clear()
    else:
        _DEFAULT_ASK["ask"] = ask


def close_targets() -> None:
    """Let every connection of this process go."""
    with _LOCK:
        targets = list(_OPEN.values())
        _OPEN.clear()
    for target in targets:
        target.close()


def probe(project: Project, name: str, ask: Ask | None = None) -> Probe:
    """Ask the target what is there. Raises NotFound, PluginError, TargetError."""
    return open_target(project, name, ask).probe()


def prune(
    project: Project,
    name: str,
    *,
    days: float = PRUNE_DAYS,
    dry: bool = False,
    ask: Ask | None = None,
) -> tuple[Pruned, ...]:
    """Remove from the target what no job uses and nobody wanted for `days`; with `dry` only name it.

    What was forgotten while the target was away goes first, however long ago that was.
    Raises NotFound, PluginError, TargetError.
    """
    from workbench.compute.forgetting import clear_left

    left = clear_left(project, name, os.getuid(), dry=dry, ask=ask)
    return left + open_target(project, name, ask).prune(max(days * 86400, FRESH), dry=dry)


_LOCK = threading.Lock()
_OPEN: dict[tuple[object, ...], Target] = {}
_DEFAULT_ASK: dict[str, Ask] = {}


def _table(project: Project, name: str) -> dict[str, Value]:
    targets = project.settings.targets
    if name not in targets:
        raise NotFound(
            f"There is no target {name[:80]}",
            where=f"{project.paths.settings}",
            why="known: " + ", ".join((LOCAL, *sorted(targets))),
            fix="Choose one of these, or add it: workbench target add",
            code="target.none",
        )
    return targets[name]


def _options(project: Project, name: str) -> dict[str, Value]:
    if name == LOCAL:
        return {}
    return {key: value for key, value in _table(project, name).items() if key not in {KIND, SLOTS}}


def _origin(name: str) -> Origin:
    if name == LOCAL:
        return "built in"
    return "person" if name in read_personal().targets else "project"
