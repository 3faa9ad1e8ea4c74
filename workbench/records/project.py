"""The project itself."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.records.base import Change, Put, Record, Stamp, Table

PROJECTS = Table("projects", {"id": "VARCHAR", "name": "VARCHAR", "created_at": "TIMESTAMP"})


class ProjectCreated(Record, frozen=True, kw_only=True, tag="project.created"):
    """The first record of every journal."""

    id: str
    name: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        yield Put("projects", {"id": self.id, "name": self.name, "created_at": stamp.at})
