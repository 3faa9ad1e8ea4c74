"""A version written out as a file of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import Conflict, NotFound, UsageError

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

SUFFIXES = (".parquet", ".pq", ".csv")


def export(project: Project, version: DatasetVersion, place: Path, *, replace: bool = False) -> int:
    """Write the version to `place`, Parquet or CSV by its suffix, and return the bytes.

    The file is there whole or not at all. Raises UsageError for another suffix, Conflict when it
    is there and `replace` is false.
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
        raise Conflict(
            "The file is there already",
            where=str(place),
            why="it would be lost",
            fix="Give another name, or --force",
            code="data.export_exists",
        )
    descriptor, temporary = tempfile.mkstemp(dir=place.absolute().parent, prefix=f".{place.name}.")
    os.close(descriptor)
    try:
        _write(project, version, Path(temporary), csv=place.suffix.lower() == ".csv")
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)  # a file of the person's own, as any program makes it
        Path(temporary).replace(place)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return place.stat().st_size


def _write(project: Project, version: DatasetVersion, target: Path, *, csv: bool) -> None:
    import polars as pl

    from workbench.data.datasets import path

    stored = path(project, version)
    if csv:
        pl.scan_parquet(stored, glob=False).sink_csv(target)
    else:
        shutil.copyfile(stored, target)
