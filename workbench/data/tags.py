"""Tags: names of people's choice for versions of a dataset, which can be moved: `flights@gold`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from workbench.data.versions import DatasetVersion, get_version
from workbench.errors import Conflict, NotFound
from workbench.links import check_name
from workbench.records.base import Record
from workbench.records.data import DatasetTagged

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of a tag did: `version` has it now, `before` (a reference) had it, empty for none.

    `changed` is False where the version had the tag already.
    """

    dataset: str
    tag: str
    version: str
    before: str
    changed: bool


def tag(project: Project, ref: str, name: str) -> Tagged:
    """Give the version that `ref` names the tag; another version of the dataset loses it.

    Raises BadInput for a name that is none, NotFound, and Conflict if somebody moves the tag
    elsewhere just now.
    """
    check_name(name, "tag")
    version = get_version(project, ref)
    return _move(project, version.dataset, name, version)


def untag(project: Project, ref: str, name: str) -> Tagged:
    """Take the tag away from the version that `ref` names. Raises NotFound if it has none such."""
    check_name(name, "tag")
    version = get_version(project, ref)
    if name not in version.tags:
        raise NotFound(
            f"{version.reference} has no tag {name}",
            where=ref,
            why=f"its tags are {', '.join(version.tags)}" if version.tags else "it has none",
            fix="See workbench data list --versions",
            code="data.tag_unknown",
        )
    return _move(project, version.dataset, name, None)


def _move(project: Project, dataset: str, name: str, version: DatasetVersion | None) -> Tagged:
    row = project.store.one(
        "SELECT t.version_id, v.dataset || '@' || v.number AS reference FROM dataset_tags t "
        "JOIN dataset_versions v ON v.id = t.version_id AND v.dataset = t.dataset "
        "WHERE t.dataset = ? AND t.name = ?",
        (dataset, name),
    )
    seen = row["version_id"] if row else ""
    wanted = version.id if version else ""
    stamp = project.store.decide(lambda view: _decide(view, dataset, name, seen, wanted))
    return Tagged(
        dataset=dataset,
        tag=name,
        version=version.reference if version else "",
        before=row["reference"] if row and stamp else "",
        changed=stamp is not None,
    )


def _decide(view: View, dataset: str, name: str, seen: str, wanted: str) -> Iterable[Record]:
    row = view.one(
        "SELECT version_id FROM dataset_tags WHERE dataset = ? AND name = ?", (dataset, name)
    )
    now = (row["version_id"] or "") if row else ""
    if now == wanted:
        return []  # also where somebody else just decided the same
    if now != seen:
        raise Conflict(
            f"The tag {name} of {dataset} has just been moved",
            where=f"{dataset}@{name}",
            why="somebody else did it between the look and the change",
            fix=f"Look at workbench data show {dataset}@{name}, then decide again",
            code="data.tag_moved",
        )
    return [DatasetTagged(dataset=dataset, name=name, version=wanted, before=seen)]
