"""Dataset versions as the records know them: lists, references, files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import BadInput, NotFound, UsageError
from workbench.links import LATEST, VersionRef, parse_suffix, parse_version
from workbench.records.data import Column, Origin

if TYPE_CHECKING:
    from workbench.project.project import Project

_FIELDS = (
    "id, dataset, number, object, content, rows, bytes, columns, origin, created_at, created_by, "
    "(SELECT list(t.name ORDER BY t.name) FROM dataset_tags t WHERE t.version_id = dataset_versions.id) "
    "AS tags"
)


class DatasetVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable version: `object` is the digest of its file, `content` that of its table.

    `tags` are the names it can be called by beside its number, for now: they can be moved.
    """

    id: str
    dataset: str
    number: int
    object: str
    content: str
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    origin: Origin
    created_at: datetime
    created_by: str
    tags: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The version as it is typed: `flights@3`."""
        return f"{self.dataset}@{self.number}"


class DatasetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset in a list: its newest version, and how many there are."""

    dataset: str
    versions: int
    newest: DatasetVersion


def _version(row: Mapping[str, Any]) -> DatasetVersion:
    return DatasetVersion(
        **{
            **row,
            "columns": msgspec.json.decode(row["columns"], type=tuple[Column, ...]),
            "origin": msgspec.json.decode(row["origin"], type=Origin),
            "tags": tuple(row["tags"] or ()),
        }
    )


def list_versions(project: Project, dataset: str | None = None) -> list[DatasetVersion]:
    """Return the versions, of one dataset or all, by name and the newest first."""
    where, params = ("WHERE dataset = ?", [dataset]) if dataset else ("", [])
    rows = project.store.query(
        f"SELECT {_FIELDS} FROM dataset_versions {where} ORDER BY dataset, number DESC",  # noqa: S608
        params,
    )
    return [_version(row) for row in rows]


def list_datasets(project: Project) -> list[DatasetRow]:
    """Return every dataset with its newest version, by name."""
    rows = project.store.query(
        f"SELECT {_FIELDS}, count(*) OVER (PARTITION BY dataset) AS versions FROM dataset_versions "  # noqa: S608
        "QUALIFY row_number() OVER (PARTITION BY dataset ORDER BY number DESC) = 1 ORDER BY dataset"
    )
    return [
        DatasetRow(dataset=row["dataset"], versions=row.pop("versions"), newest=_version(row))
        for row in rows
    ]


def by_content(project: Project, dataset: str, content: str) -> DatasetVersion:
    """Return the version of `dataset` with this content, which is known to be there."""
    row = project.store.one(
        f"SELECT {_FIELDS} FROM dataset_versions WHERE dataset = ? AND content = ?",  # noqa: S608
        (dataset, content),
    )
    assert row is not None  # just written, or found by the decision
    return _version(row)


def get_version(project: Project, ref: str) -> DatasetVersion:
    """Return the version that a reference names.

    `flights`, `flights@3`, `flights@latest`, `flights@TAG`, a ULID or the end of one.
    """
    found = _by_reference(project, ref) or _by_suffix(project, ref)
    if found is not None:
        return found
    known = [row.dataset for row in list_datasets(project)]
    raise NotFound(
        f"There is no dataset version {ref}",
        where=ref,
        why=_why_not(project, ref, known),
        fix="See workbench data list"
        if known
        else "Add one with workbench data add FILE --name NAME",
        code="data.not_found",
    )


def _why_not(project: Project, ref: str, known: list[str]) -> str:
    dataset = ref.partition("@")[0]
    if dataset in known:
        versions = list_versions(project, dataset)
        numbers = [str(v.number) for v in reversed(versions)]
        tags = sorted(tag for version in versions for tag in version.tags)
        told = f" and the tags {', '.join(tags[:20])}" if tags else ""
        return f"{dataset} has the versions {', '.join(numbers[-20:])}{told}"
    return (
        f"the datasets are {', '.join(known[:20])}" if known else "the project has no dataset yet"
    )


def _by_reference(project: Project, ref: str) -> DatasetVersion | None:
    try:
        wanted: VersionRef = parse_version(ref)
    except BadInput:
        return None
    versions = list_versions(project, wanted.name)
    if wanted.number is None:
        if wanted.selector == LATEST:
            return versions[0] if versions else None
        return next((version for version in versions if wanted.selector in version.tags), None)
    return next((version for version in versions if version.number == wanted.number), None)


def _by_suffix(project: Project, ref: str) -> DatasetVersion | None:
    suffix = parse_suffix(ref)
    if suffix is None:
        return None
    rows = project.store.query(
        f"SELECT {_FIELDS} FROM dataset_versions WHERE suffix(id, ?) LIMIT 2",  # noqa: S608
        (suffix,),
    )
    if len(rows) > 1:
        raise UsageError(
            f"{ref} is the end of more than one id",
            where=ref,
            why="two versions end so",
            fix="Type more of it, from the end",
        )
    return _version(rows[0]) if rows else None


def path(project: Project, version: DatasetVersion) -> Path:
    """Return where the version's Parquet file is; raises NotFound when it is gone."""
    return project.store.objects.path(version.object)


def head(project: Project, version: DatasetVersion, rows: int = 10) -> list[tuple[Any, ...]]:
    """Return the first rows as Python values, in the order of `version.columns`."""
    import polars as pl

    return pl.scan_parquet(path(project, version), glob=False).head(rows).collect().rows()
