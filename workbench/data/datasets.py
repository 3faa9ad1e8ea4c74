"""Datasets: tables brought in once, as immutable versions that are found by reference.

A version is a Parquet file among the project's objects. `object` names its bytes, `content` the
table itself: bringing the same table in again gives back the version that is there.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.data.contract import Preview, Source
from workbench.data.many import Many, digest_of, is_pattern, matching
from workbench.data.storing import columns_of, normal, write
from workbench.data.versions import (
    DatasetRow,
    DatasetVersion,
    by_content,
    get_version,
    head,
    list_datasets,
    list_versions,
    path,
)
from workbench.errors import BadInput
from workbench.ids import new_ulid
from workbench.links import check_name
from workbench.options import Value
from workbench.plugins import load, names
from workbench.records.base import Record
from workbench.records.data import DatasetVersionAdded, Origin
from workbench.store.modes import make_folder
from workbench.text import whole

if TYPE_CHECKING:
    import polars as pl

    from workbench.project.project import Project
    from workbench.store.store import View

__all__ = [
    "Added",
    "DatasetRow",
    "DatasetVersion",
    "add",
    "bring_in",
    "find_source",
    "get_version",
    "head",
    "list_datasets",
    "list_versions",
    "path",
    "preview",
]


@dataclass(frozen=True, slots=True)
class Added:
    """What `bring_in` did: the version, whether it is new, and sentences on what was seen on the way."""

    version: DatasetVersion
    new: bool
    warnings: tuple[str, ...] = ()


def find_source(place: Path, source: str | None = None) -> Source:
    """Return the source plugin named, else the one whose suffix `place` has, else `csv`.

    A path with pattern signs that is no file gets a source over all files that match. Raises BadInput
    for a path that is no UTF-8: neither a source nor a record could name it.
    """
    if whole(str(place)) != str(place):
        raise BadInput(
            "The path of the file is not UTF-8",
            where=whole(str(place)),
            why="its bytes have no meaning in it",
            fix="Rename it, or make a link to it",
            code="data.path",
        )
    if is_pattern(place):
        return Many(_find_reader(matching(place)[0], source))
    return _find_reader(place, source)


def _find_reader(place: Path, source: str | None) -> Source:
    if source:
        return _source(source)
    lower = place.name.lower()
    for name in names("sources"):
        found = _source(name)
        if lower.endswith(found.suffixes):
            return found
    if _starts_as_parquet(place):
        return _source("parquet")
    return _source("csv")


def _source(name: str) -> Source:
    found: Source = load("sources", name)
    return found


def _starts_as_parquet(place: Path) -> bool:
    try:
        with place.open("rb") as stream:
            return stream.read(4) == b"PAR1"
    except OSError:
        return False  # the source says what is wrong with it


def preview(
    place: Path, *, source: str | None = None, options: Mapping[str, Value] | None = None
) -> Preview:
    """Return what a source makes of `place`, storing nothing. Raises BadInput, NotFound."""
    return find_source(place, source).preview(place, options or {})


def add(
    project: Project,
    place: Path,
    *,
    name: str,
    source: str | None = None,
    options: Mapping[str, Value] | None = None,
) -> DatasetVersion:
    """`bring_in` for who wants only the version, whether it was there already or not."""
    return bring_in(project, place, name=name, source=source, options=options).version


def bring_in(
    project: Project,
    place: Path,
    *,
    name: str,
    source: str | None = None,
    options: Mapping[str, Value] | None = None,
) -> Added:
    """Bring the table at `place` in as the next version of dataset `name`.

    Streams: memory does not grow with the table. The file is left alone. Raises BadInput for a
    table that cannot be used, with nothing stored.
    """
    check_name(name, "name of a dataset")
    reader = find_source(place, source)
    scan = reader.scan(place, options or {})

    def origin() -> Origin:
        digest, read, files = _digest_of(place)
        return Origin(
            source=reader.name,
            place=os.path.abspath(place),  # noqa: PTH100  # without .. but with links as given
            sha256=digest,
            bytes=read,
            options={k: v for k, v in scan.options.items() if v is not None},
            files=files,
        )

    added = keep(project, scan.frame, name, str(place), origin)
    return Added(added.version, added.new, scan.warnings + added.warnings)


def keep(
    project: Project, frame: pl.LazyFrame, name: str, where: str, origin: Callable[[], Origin]
) -> Added:
    """Store a table as the next version of dataset `name`; `where` is what errors call its place.

    `origin` is asked once the table has been read. Raises BadInput with nothing stored.
    """
    frame, changes = normal(frame)
    columns = columns_of(frame)
    with tempfile.TemporaryDirectory(dir=make_folder(project.paths.cache)) as folder:
        file = Path(folder) / "table.parquet"
        content, rows = write(frame, file, where)
        size = file.stat().st_size
        came = origin()
        stored = project.store.objects.put_file(file, move=True)
    record = DatasetVersionAdded(
        id=new_ulid(),
        dataset=name,
        number=0,
        object=stored,
        content=content,
        rows=rows,
        bytes=size,
        columns=columns,
        origin=came,
    )
    stamp = project.store.decide(lambda view: _decide(view, record))
    version = by_content(project, name, content)
    return Added(version, stamp is not None, changes)


def _decide(view: View, record: DatasetVersionAdded) -> Iterable[Record]:
    same = view.one(
        "SELECT id FROM dataset_versions WHERE dataset = ? AND content = ?",
        (record.dataset, record.content),
    )
    if same is not None:
        return []
    number = view.next_number("dataset_versions", "dataset", record.dataset)
    return [msgspec.structs.replace(record, number=number)]


def _digest_of(place: Path) -> tuple[str, int, int]:
    """Return the digest of what was read, its bytes, and how many files if there are several."""
    if is_pattern(place):
        files = matching(place)
        return *digest_of(files), len(files)
    if not place.is_file():
        return "", 0, 0
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return digest, os.fstat(stream.fileno()).st_size, 0
