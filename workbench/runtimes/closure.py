"""What is installed here, as constraints: a runtime has the versions that this program runs with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OURSELVES = "ml-workbench"
"""Our own distribution: its code travels in the bundle."""


def canonical(name: str) -> str:
    """Return a package's name as indexes compare it: `Foo_Bar` is `foo-bar`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_version(name: str) -> str | None:
    """Return the version that is installed here without its local label; None when there is none.

    `2.3.0+cpu` says how it was built here; a target's own build of 2.3.0 is the same version.
    """
    found = _distribution(name)
    return None if found is None else found.version.partition("+")[0]


def pins(roots: Iterable[Requirement]) -> dict[str, str]:
    """Return name → version of all that is installed here of `roots` and what they need, and so on.

    Markers of platforms are not asked: what is installed here may be wanted there, and a pin that
    is not wanted pins nothing.
    """
    found: dict[str, str] = {}
    waiting = [(canonical(root.name), frozenset(root.extras)) for root in roots]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name == OURSELVES:
            continue
        seen.add((name, extras))
        version, installed = installed_version(name), _distribution(name)
        if version is None or installed is None:
            continue
        found[name] = version
        waiting.extend(_needs(installed, extras))
    return found


def _needs(installed: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in installed.requires or ():
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            continue  # an old package's slip; uv says what it thinks of it
        marker = needed.marker
        if marker is not None and "extra" in str(marker):
            asked = any(marker.evaluate({"extra": extra}) for extra in extras)
            if not asked:
                continue
        yield canonical(needed.name), frozenset(needed.extras)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
