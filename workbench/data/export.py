"""A version written out as a file of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import BadInput, Conflict, NotFound, UsageError

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".jsonl", ".ndjson")


def export(project: Project, version: DatasetVersion, place: Path, *, replace: bool = False) -> int:
    """Write the version to `place`, in the format of its suffix, and return the bytes.

    NaN and infinity become null in JSON, which has neither. The file is there whole or not at all.
    Raises UsageError for another suffix, Conflict when it is there and `replace` is false, BadInput
    for columns that the format has no room for.
    """
    if place.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"A version cannot be written as {place.suffix or 'a file without a suffix'}",
            where=str(place),
            why=f"the suffixes are {', '.join(SUFFIXES)}",
            fix="Give the file one of them",
            code="data.export_suffix",
        )
    if not place.absolute().parent.is_dir():
        raise NotFound(
            "There is no such folder",
            where=str(place.absolute().parent),
            why="the file was to go there",
            fix="Make the folder first",
            code="data.export_folder",
        )
    if place.exists() and not replace:
        raise _is_there(place)
    descriptor, temporary = tempfile.mkstemp(dir=place.absolute().parent, prefix=f".{place.name}.")
    os.close(descriptor)
    try:
        _write(project, version, Path(temporary), place)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)  # a file of the person's own, as any program makes it
        if replace:
            Path(temporary).replace(place)
        else:
            _put(Path(temporary), place)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return place.stat().st_size


def _put(temporary: Path, place: Path) -> None:
    """Give the file its name unless another has taken it meanwhile."""
    try:
        os.link(temporary, place)
    except FileExistsError:
        raise _is_there(place) from None
    except OSError:  # a file system without links
        temporary.replace(place)
    else:
        temporary.unlink()


def _is_there(place: Path) -> Conflict:
    return Conflict(
        "The file is there already",
        where=str(place),
        why="it would be lost",
        fix="Give another name, or --force",
        code="data.export_exists",
    )


def _write(project: Project, version: DatasetVersion, target: Path, place: Path) -> None:
    import polars as pl

    from workbench.data.datasets import path

    stored, suffix = path(project, version), place.suffix.lower()
    if suffix in {".parquet", ".pq"}:
        shutil.copyfile(stored, target)
        return
    frame = pl.scan_parquet(stored, glob=False)
    lines = suffix in {".jsonl", ".ndjson"}
    bad = [
        name
        for name, kind in frame.collect_schema().items()
        if kind == pl.Binary or (kind.is_nested() and not lines)
    ]
    if bad:
        raise BadInput(
            f"The version cannot be written as {suffix}",
            where=f"column {bad[0]}",
            why="it holds bytes" if lines else "it holds lists, objects or bytes",
            fix="Write Parquet"
            if lines
            else "Write Parquet or JSON Lines, or leave the column out with a query",
            code="data.export_type",
        )
    if lines:
        frame.sink_ndjson(target)
    else:
        frame.sink_csv(target, separator="\t" if suffix == ".tsv" else ",")
