"""A seeded project for each test, seeded once and copied: making it anew took half of a short test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from workbench.project.project import Project, open_project

_MADE: dict[tuple[str, str], tuple[Path, Project]] = {}


def copy_of(seed: Callable[[Path], Project], root: Path) -> Project:
    """Return in `root` what `seed(root)` makes; `seed` runs the first time only.

    It may leave nothing outside the folder that it is given, and nothing in it that knows its path.
    """
    key = (seed.__module__, seed.__qualname__)
    if key not in _MADE:
        pristine = root.parent / f"pristine-{root.name}" / root.name
        _MADE[key] = (pristine, seed(pristine))
    pristine, made = _MADE[key]
    shutil.copytree(pristine, root, symlinks=True)
    project = open_project(root, via=made.via)
    project.store.who = made.store.who
    return project
