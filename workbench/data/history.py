"""The queries that a person asked of a project, for the next time: in their own state folder."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from workbench.files import write_atomic
from workbench.project.paths import state_home
from workbench.store.modes import make_folder

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.project.project import Project

MOST = 200
"""Queries that are kept."""


def asked_before(project: Project) -> list[str]:
    """Return the queries, the newest last; none where they cannot be read."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(_place(project).read_bytes(), type=list[str])
    return []


def remember(project: Project, sql: str) -> list[str]:
    """Put a query at the end and return them all; where that cannot be written they are lost later."""
    kept = [*(one for one in asked_before(project) if one != sql), sql][-MOST:]
    with contextlib.suppress(OSError):
        place = _place(project)
        make_folder(place.parent)
        write_atomic(place, msgspec.json.encode(kept), mode=0o600, sync=False)
    return kept


def _place(project: Project) -> Path:
    return state_home() / f"queries-{project.id}.json"
