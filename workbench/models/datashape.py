"""What differs between the data that two versions were trained on: the shape diff, or why there is none."""

from __future__ import annotations

import msgspec

from workbench.data.shape import Difference, shape_diff
from workbench.data.versions import get_version
from workbench.errors import WorkbenchError
from workbench.models.lineage import run_of
from workbench.project.project import Project
from workbench.store.store import View


class TrainingShape(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a version's training data against the other's (`before`), the gravest first.

    `same` is true for one and the same table. `why` says why nothing can be compared, else empty.
    """

    before: str
    after: str
    same: bool = False
    summary: str = ""
    severity: str | None = None
    differences: tuple[Difference, ...] = ()
    why: str = ""


def training_shape(project: Project, before: str, after: str) -> TrainingShape:
    """Compare the training data of the versions with these ULIDs. Profiles are kept or made: seconds."""
    runs = project.store.read(lambda view: [_data(view, version) for version in (before, after)])
    (old, old_version), (new, new_version) = runs
    if not old_version or not new_version:
        return TrainingShape(
            before=old, after=new, why=f"{'it' if not new_version else 'the other'} was imported"
        )
    try:
        first, second = (get_version(project, version) for version in (old_version, new_version))
        found = shape_diff(project, first, second)
    except WorkbenchError as error:  # a table that is not here (any more)
        return TrainingShape(before=old, after=new, why=f"{error.what}: {error.why}")
    return TrainingShape(
        before=old,
        after=new,
        same=first.content == second.content,
        summary=found.summary,
        severity=found.severity,
        differences=found.differences,
    )


def _data(view: View, version: str) -> tuple[str, str]:
    """Return `flights@3` and its ULID; empty of an imported version."""
    row = view.one("SELECT run FROM model_versions WHERE id = ?", [version])
    run = run_of(view, row["run"] if row else "")
    return (run["dataset"], run["dataset_version"]) if run else ("", "")
