"""The plugin door: implementations found by entry-point name, listed without being imported.

A plugin is an object that an entry point of one of the GROUPS names. Which protocol it satisfies
is the group's affair (GROUPS says where it is written down); `workbench.testing` holds the test
class that every implementation runs. One that fails to load is a row with its error, never a crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.errors import NotFound, PluginError

GROUPS = {
    "sources": "workbench.data.contract",
    "charts": "workbench.explore.contract",
    "trainers": "workbench.training.contract",
    "formats": "workbench.models.contract",
    "gates": "workbench.models.contract",
    "compute": "workbench.compute.contract",
}
"""Kind of plugin → module with its protocol. The entry-point group is `workbench.KIND`."""


_ONE = {
    "sources": "source",
    "charts": "chart",
    "trainers": "trainer",
    "formats": "format",
    "gates": "gate",
    "compute": "kind of target",
}
"""Kind → what one of them is called."""


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One plugin as a list shows it; `error` is empty unless it was tried and failed."""

    kind: str
    name: str
    object: str
    distribution: str
    error: str = ""


@cache
def _entries(kind: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group=f"workbench.{kind}"))}


def names(kind: str) -> tuple[str, ...]:
    """Return the names of the installed plugins of `kind`, sorted, importing none."""
    return tuple(sorted(_entries(kind)))


def rows(kind: str, *, check: bool = False) -> list[PluginRow]:
    """Return a row for each plugin of `kind`; with `check`, load each and note its error."""
    found = []
    for name in names(kind):
        entry = _entries(kind)[name]
        error = ""
        if check:
            try:
                load(kind, name)
            except PluginError as refusal:
                error = refusal.why
        dist = entry.dist.name if entry.dist else ""
        found.append(PluginRow(kind, name, entry.value, dist, error))
    return found


def reference(kind: str, name: str) -> str:
    """Return `module:attribute` of a plugin, for a process that has the code but no metadata."""
    if name not in _entries(kind):
        known = ", ".join(names(kind)) or "none is installed"
        raise NotFound(
            f"There is no {_ONE[kind]} named {name}",
            where=name,
            why=f"known: {known}",
            fix="Choose one of these or install the package that brings it",
            code=f"plugin.{kind}",
        )
    return _entries(kind)[name].value


def load(kind: str, name: str) -> Any:
    """Load the plugin `name` of `kind`. Raises NotFound or PluginError."""
    return load_reference(reference(kind, name))


@cache
def load_reference(target: str) -> Any:
    """Load `module:attribute`. Raises PluginError with the cause of whatever went wrong in it."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except Exception as error:  # a third party's import may raise anything
        raise PluginError(
            f"The plugin {target} does not load",
            where=target,
            why=f"{type(error).__name__}: {error}",
            fix="Reinstall or remove the package that brings it",
        ) from error
