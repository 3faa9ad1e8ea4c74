"""Datasets: tables brought in once, as immutable versions that are found by reference.

A version is a Parquet file among the project's objects. `object` names its bytes, `content` the
table itself: bringing the same table in again gives back the version that is there.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.data.contract import Preview, Source
from workbench.data.many import Many, digest_of, is_pattern, matching
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
from workbench.records.data import Column, DatasetVersionAdded, Origin
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

ROW_GROUP = 1 << 17
"""Rows of a row group: a page of 256 rows costs the decoding of part of one."""

MAX_COLUMNS_BYTES = 48 << 10
"""Room for names and types in the record of a version, whose line in the journal is under 64 KiB."""


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
    frame, changes = _normal(scan.frame)
    columns = _columns(frame)
    with tempfile.TemporaryDirectory(dir=make_folder(project.paths.cache)) as folder:
        file = Path(folder) / "table.parquet"
        content, rows = _write(frame, file, place)
        size = file.stat().st_size
        digest, read, files = _digest_of(place)
        stored = project.store.objects.put_file(file, move=True)
    origin = Origin(
        source=reader.name,
        place=os.path.abspath(place),  # noqa: PTH100  # without .. but with links as given
        sha256=digest,
        bytes=read,
        files=files,
        options={k: v for k, v in scan.options.items() if v is not None},
    )
    record = DatasetVersionAdded(
        id=new_ulid(),
        dataset=name,
        number=0,
        object=stored,
        content=content,
        rows=rows,
        bytes=size,
        columns=columns,
        origin=origin,
    )
    stamp = project.store.decide(lambda view: _decide(view, record))
    version = by_content(project, name, content)
    return Added(version, stamp is not None, scan.warnings + changes)


def _decide(view: View, record: DatasetVersionAdded) -> Iterable[Record]:
    same = view.one(
        "SELECT id FROM dataset_versions WHERE dataset = ? AND content = ?",
        (record.dataset, record.content),
    )
    if same is not None:
        return []
    number = view.next_number("dataset_versions", "dataset", record.dataset)
    return [msgspec.structs.replace(record, number=number)]


def _normal(frame: pl.LazyFrame) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """Bring columns to types that every reader of Parquet knows; says what was changed."""
    import polars as pl

    def plain(dtype: Any) -> Any:
        if isinstance(dtype, pl.Categorical | pl.Enum | pl.Null):
            return pl.String()
        if isinstance(dtype, pl.List):
            return pl.List(plain(dtype.inner))
        if isinstance(dtype, pl.Array):
            return pl.Array(plain(dtype.inner), dtype.size)
        if isinstance(dtype, pl.Struct):
            return pl.Struct({field.name: plain(field.dtype) for field in dtype.fields})
        return dtype

    schema = frame.collect_schema()
    casts: dict[Any, Any] = {
        name: new for name, old in schema.items() if (new := plain(old)) != old
    }
    empty = tuple(name for name in casts if isinstance(schema[name], pl.Null))
    return frame.cast(casts) if casts else frame, tuple(
        f"Column {name!r} has no value and no type: it is stored as text." for name in empty
    )


def _columns(frame: pl.LazyFrame) -> tuple[Column, ...]:
    from workbench.data.content import type_tag

    schema = frame.collect_schema()
    for name, dtype in schema.items():
        try:
            type_tag(dtype)
        except BadInput as refusal:
            raise BadInput(
                refusal.what,
                where=f"column {name}",
                why=refusal.why,
                fix=refusal.fix,
                code=refusal.code,
            ) from None
    columns = tuple(Column(name, str(dtype)) for name, dtype in schema.items())
    size = len(msgspec.json.encode(columns))
    if size > MAX_COLUMNS_BYTES:
        raise BadInput(
            "The table has too many columns",
            where=f"{len(columns)} columns",
            why=f"their names and types take {size:,} bytes, and a record holds {MAX_COLUMNS_BYTES:,}",
            fix="Leave columns out, shorten their names, or turn them into rows",
            code="data.columns",
        )
    return columns


_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def _write(frame: pl.LazyFrame, file: Path, place: Path) -> tuple[str, int]:
    """Write the table and read it back: its content digest and rows are those of what is stored."""
    import polars as pl

    from workbench.data.content import content_of_parquet

    try:
        frame.sink_parquet(file, compression="zstd", row_group_size=ROW_GROUP)
        return content_of_parquet(file), int(
            pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()
        )
    except pl.exceptions.PolarsError as error:
        if system := _OS_ERROR.search(str(error)):
            # Of what is written here, such as a full disk; Polars has lost the number of the error.
            number = int(system[1])
            raise OSError(number, os.strerror(number), str(file)) from None
        raise BadInput(
            "The table could not be read to its end",
            where=str(place),
            why=str(error).partition("\n")[0],
            fix="Fetch or write the file again",
            code="data.damaged",
        ) from None


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
