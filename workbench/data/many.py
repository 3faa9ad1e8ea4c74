"""Several files as one table: a path with pattern signs, each file read by the same source.

The files must have the same columns, in any order; whole and other numbers, dates and moments come
together in the wider type. What else differs is an error that names the file, the column and both
types: a column that is missing in one file is seldom meant so.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.data.contract import Preview, Scan, Source
from workbench.errors import BadInput, NotFound
from workbench.options import Value
from workbench.records.data import Column

MOST_FILES = 10_000
LOOKED_AT = 50
"""Files whose columns a preview looks at; an import looks at all."""


def is_pattern(place: Path) -> bool:
    """Tell whether a path stands for the files that match it; a file of that very name comes first."""
    return bool(set(str(place)) & set("*?[")) and not place.exists()


def matching(place: Path) -> tuple[Path, ...]:
    """Return the files that match, sorted. Raises NotFound for none, BadInput for too many."""
    found = []
    for name in glob.iglob(str(place), recursive=True):  # noqa: PTH207  # ** and absolute paths
        path = Path(name)
        if path.is_file():
            found.append(path)
        if len(found) > MOST_FILES:
            raise BadInput(
                f"Over {MOST_FILES:,} files match",
                where=str(place),
                why="so many are no one table here",
                fix="Name fewer of them, or join them first",
                code="data.many",
            )
    if not found:
        raise NotFound(
            "No file matches",
            where=str(place),
            why="* stands for any letters, ** for any folders; folders themselves are no tables",
            fix="Check the path; in a shell, put the pattern in quotes",
            code="data.missing",
        )
    return tuple(sorted(found))


def digest_of(files: Iterable[Path]) -> tuple[str, int]:
    """Return one digest for all files, made of each one's name and SHA-256, and their bytes."""
    whole, size = hashlib.sha256(), 0
    for path in files:
        with path.open("rb") as stream:
            one = hashlib.file_digest(stream, "sha256").hexdigest()
            size += stream.tell()
        whole.update(f"{one}  {path.name}\n".encode())
    return whole.hexdigest(), size


class Many:
    """A source over several files, for the source that reads one of them; what is told counts for each."""

    def __init__(self, reader: Source) -> None:
        self.name, self.title = reader.name, reader.title
        self.suffixes, self.options = reader.suffixes, reader.options
        self._reader = reader

    def preview(self, path: Path, options: Mapping[str, Value], rows: int = 20) -> Preview:
        """Show the first rows of the first file; the columns are those of all that are looked at."""
        files = matching(path)
        looks = [self._reader.preview(file, options, rows if not at else 1)
                 for at, file in enumerate(files[:LOOKED_AT])]  # fmt: skip
        schemas = [{column.name: column.type for column in look.columns} for look in looks]
        types = _together(files, schemas)
        first = looks[0]
        told = f"{len(files):,} files are read as one table, {files[0].name} to {files[-1].name}."
        warnings = [told, *first.warnings]
        if len(files) > LOOKED_AT:
            warnings.append(
                f"The columns are those of the first {LOOKED_AT} files; all are stored."
            )
        columns = tuple(Column(name, types[name]) for name in schemas[0])
        return replace(first, columns=columns, warnings=tuple(warnings))

    def scan(self, path: Path, options: Mapping[str, Value]) -> Scan:
        """Return the rows of all files, in the order of their names."""
        import polars as pl

        files = matching(path)
        scans = [self._reader.scan(file, options) for file in files]
        schemas = [dict(scan.frame.collect_schema()) for scan in scans]
        written = [{name: str(kind) for name, kind in schema.items()} for schema in schemas]
        types = _together(files, written)
        known = {str(kind): kind for schema in schemas for kind in schema.values()}
        known["Float64"] = pl.Float64()
        frames = [
            scan.frame.select(pl.col(name).cast(known[types[name]]) for name in schemas[0])
            for scan in scans
        ]
        same = {
            name: value
            for name, value in scans[0].options.items()
            if all(scan.options.get(name) == value for scan in scans)
        }
        warnings = tuple(
            f"{file.name}: {sentence}"
            for file, scan in zip(files, scans, strict=True)
            for sentence in scan.warnings
        )
        more = (f"and {len(warnings) - 20:,} more remarks.",) if len(warnings) > 20 else ()
        return Scan(pl.concat(frames), same, warnings[:20] + more)


def _together(files: Sequence[Path], schemas: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the type of each column for all files. Raises BadInput where there is none."""
    first = schemas[0]
    types = dict(first)
    for file, schema in zip(files, schemas, strict=False):
        missing = [name for name in first if name not in schema]
        added = [name for name in schema if name not in first]
        if missing or added:
            words = [f"it has no {', '.join(missing[:5])}"] if missing else []
            words += [f"{files[0].name} has no {', '.join(added[:5])}"] if added else []
            raise _differs(file, "; ".join(words), "Make the columns the same, or name fewer files")
        for name, kind in schema.items():
            wider = kind if kind == types[name] else _wider(kind, types[name])
            if not wider:
                raise _differs(
                    file,
                    f"{name} is {kind} there and {types[name]} in {files[0].name}",
                    f"Tell its type for all: --types {name}=text",
                )
            types[name] = wider
    return types


def _wider(one: str, other: str) -> str:
    both = frozenset({one, other})
    if both == {"Int64", "Float64"}:
        return "Float64"
    days, moments = [k for k in both if k == "Date"], [k for k in both if k.startswith("Datetime")]
    return moments[0] if days and moments and "UTC" not in moments[0] else ""


def _differs(file: Path, why: str, fix: str) -> BadInput:
    return BadInput(
        "The files do not have the same columns",
        where=str(file),
        why=why,
        fix=fix,
        code="data.columns_differ",
    )
