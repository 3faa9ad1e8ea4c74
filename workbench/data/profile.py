"""The profile of a dataset version: what there is to know of each column, computed once per content.

Two passes over the file, a batch at a time, whatever its length: the first for counts, range and
moments, the second for histogram, frequencies and a sample. Quantiles come from the sample (every
k-th row); with n rows in it a quantile's rank is off by at most sqrt(ln(200) / 2n) with 99 %
certainty (Dvoretzky, Kiefer and Wolfowitz; Massart 1990): 0.5 % for the 100,000 taken here. Up to
that many rows everything but `distinct` is exact. Duplicate rows are counted by DuckDB, exactly.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from workbench.data.bins import Scalar
from workbench.data.distributions import Distribution
from workbench.data.roles import Role
from workbench.data.severity import Severity
from workbench.files import write_atomic
from workbench.numbers import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

VERSION = 5
"""Of the format and of how the figures are found; another one is computed again."""

BINS = 40
TOP = 20
SAMPLE = 100_000
COUNTED = 5_000
"""Distinct values up to which every value is counted, so that the most frequent are exact."""

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Frequency(msgspec.Struct, frozen=True):
    """A value and how often it is there."""

    value: Scalar
    count: int


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one column. What does not apply to its type is None or empty.

    `distinct` leaves nulls out; it is an estimate (a few percent) unless `distinct_exact`.
    `counts[i]` values lie in [`edges[i]`, `edges[i+1]`), the last bin with its end; they leave
    nulls and non-finite numbers out. `skew` is g1 and `far_out` the share of values beyond three times
    the middle half (both of the sample). `top` is exact if `top_exact`, else scaled up from the sample.
    Lengths are in characters. `mean` and `std` (of the sample kind, n - 1) leave out NaN.
    """

    name: str
    type: str
    role: Role
    nulls: int
    distinct: int
    distinct_exact: bool
    minimum: Scalar = None
    maximum: Scalar = None
    mean: Figure | None = None
    std: Figure | None = None
    skew: Figure | None = None
    far_out: float | None = None
    zeros: int | None = None
    negatives: int | None = None
    not_finite: int | None = None
    quantiles: dict[str, Scalar] = {}
    edges: tuple[Scalar, ...] = ()
    counts: tuple[int, ...] = ()
    top: tuple[Frequency, ...] = ()
    top_exact: bool = True
    empty: int | None = None
    shortest: int | None = None
    longest: int | None = None
    mean_length: float | None = None
    warnings: tuple[str, ...] = ()


class Warned(msgspec.Struct, frozen=True):
    """What a person should know of a table as a whole, and how grave it is."""

    severity: Severity
    what: str


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The profile of a table; `sample` is the number of rows that quantiles come from.

    `duplicates` rows (a share `duplicate_share` of all) equal an earlier row in every column; both are
    None where there was no room to count them.
    """

    v: int
    content: str
    rows: int
    sample: int
    columns: tuple[ColumnProfile, ...]
    duplicates: int | None
    duplicate_share: float | None
    warnings: tuple[Warned, ...] = ()

    def column(self, name: str) -> ColumnProfile | None:
        """Return the profile of one column."""
        return next((column for column in self.columns if column.name == name), None)


class Distributions(msgspec.Struct, frozen=True, kw_only=True):
    """The distributions of a table's columns, of those that have one."""

    v: int
    content: str
    columns: tuple[Distribution, ...]

    def column(self, name: str) -> Distribution | None:
        """Return the distribution of one column."""
        return next((column for column in self.columns if column.name == name), None)


def profile(project: Project, version: DatasetVersion) -> Profile:
    """Return the profile of a version: the one kept for its content, else computed and kept."""
    return _read(kept_at(project, version.content), Profile, version) or _make(project, version)[0]


def profile_and_distributions(
    project: Project, version: DatasetVersion
) -> tuple[Profile, Distributions]:
    """Return both, kept or computed: what a version is held against another by."""
    told = _read(kept_at(project, version.content), Profile, version)
    spread = _read(kept_at(project, version.content, _SPREAD), Distributions, version)
    return (told, spread) if told and spread else _make(project, version)


T = TypeVar("T", Profile, Distributions)
_SPREAD = ".distributions"


def _read(place: Path, kind: type[T], version: DatasetVersion) -> T | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        kept = msgspec.json.decode(place.read_bytes(), type=kind)
        if kept.v == VERSION and kept.content == version.content:
            return kept
    return None


def _make(project: Project, version: DatasetVersion) -> tuple[Profile, Distributions]:
    from workbench.data.datasets import path
    from workbench.data.profiling import compute

    found, content = compute(path(project, version)), version.content
    spread = Distributions(v=VERSION, content=content, columns=found.distributions)
    told = Profile(
        v=VERSION,
        content=content,
        rows=found.rows,
        sample=found.sample,
        columns=found.columns,
        duplicates=found.duplicates,
        duplicate_share=found.duplicate_share,
        warnings=found.warnings,
    )
    _keep(kept_at(project, content, _SPREAD), spread)
    if told.duplicates is not None:  # else another time there may be room
        _keep(kept_at(project, content), told)
    return told, spread


def kept_at(project: Project, content: str, part: str = "") -> Path:
    """Return where the profile of this content is kept (or another `part` of what is known of it)."""
    return project.paths.cache / "profiles" / f"{content.partition(':')[2]}{part}.json"


def _keep(place: Path, found: Any) -> None:
    from workbench.store.modes import file_mode, make_folder

    # Who may only read the project computes again; nothing depends on the kept copy.
    with contextlib.suppress(OSError):
        folder = make_folder(make_folder(place.parents[1]) / place.parent.name)
        write_atomic(place, msgspec.json.encode(found), mode=file_mode(folder), sync=False)
