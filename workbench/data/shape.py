"""The shape diff: what differs between two versions of a table, each with how much it matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from workbench.data.bins import Scalar
from workbench.data.distributions import Distribution
from workbench.data.profile import ColumnProfile, Distributions, Profile, profile_and_distributions
from workbench.data.severity import SEVERITIES, Severity
from workbench.data.shifts import Shift, shift
from workbench.numbers import from_figure

__all__ = ["MEASURES", "SEVERITIES", "Difference", "Severity", "ShapeDiff", "compare", "shape_diff"]

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

Kind = Literal[
    "rows", "added", "removed", "retyped", "role", "nulls", "range", "distribution", "new_categories",
    "vanished_categories",
]  # fmt: skip
MEASURES = {"psi": "PSI", "ks": "KS", "jensen_shannon": "JS"}
"""Measure → its name in a line; limits are in `severity`."""
_SHOWN = 10


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference; `column` is empty for the table's own. `before` and `after` are the figures.

    A change of the distribution has neither, but its distances in `figures`.
    """

    kind: Kind
    severity: Severity
    what: str
    column: str = ""
    before: Scalar | tuple[Scalar, ...] = None
    after: Scalar | tuple[Scalar, ...] = None
    figures: dict[str, float] = {}


class ShapeDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The differences from one version to another, the gravest first.

    `shifts` holds the distances of every column that has some in both, shifted or not.
    """

    before: str
    after: str
    rows_before: int
    rows_after: int
    differences: tuple[Difference, ...]
    shifts: tuple[Shift, ...] = ()

    def shift(self, column: str) -> Shift | None:
        """Return how far a column has moved, None where that cannot be said."""
        return next((moved for moved in self.shifts if moved.column == column), None)

    @property
    def severity(self) -> Severity | None:
        """The gravest severity, None without a difference."""
        return self.differences[0].severity if self.differences else None

    @property
    def summary(self) -> str:
        """One line: `7 differences: 1 high, 2 medium, 4 low`."""
        if not self.differences:
            return "no difference"
        counts = [
            f"{n} {severity}"
            for severity in reversed(SEVERITIES)
            if (n := sum(found.severity == severity for found in self.differences))
        ]
        total = len(self.differences)
        return f"{total} difference{'s' if total > 1 else ''}: {', '.join(counts)}"

    def reaches(self, severity: Severity) -> bool:
        """Tell whether some difference is at least as grave as `severity`."""
        own = self.severity
        return own is not None and SEVERITIES.index(own) >= SEVERITIES.index(severity)


def shape_diff(project: Project, before: DatasetVersion, after: DatasetVersion) -> ShapeDiff:
    """Return what differs from `before` to `after`; the profiles of both are kept or made."""
    found: list[Difference] = []
    shifts: list[Shift] = []
    if before.content != after.content:
        old, spread = profile_and_distributions(project, before)
        new, spread_new = profile_and_distributions(project, after)
        found += compare(old, new)
        for moved, told in _spread(old, new, spread, spread_new):
            found += told
            shifts += [moved] if moved is not None else []
    found.sort(key=lambda one: -SEVERITIES.index(one.severity))
    return ShapeDiff(
        before=before.reference,
        after=after.reference,
        rows_before=before.rows,
        rows_after=after.rows,
        differences=tuple(found),
        shifts=tuple(shifts),
    )


def compare(old: Profile, new: Profile) -> Iterator[Difference]:
    """Yield what two profiles tell, column by column. Pure."""
    yield from _rows(old.rows, new.rows)
    for column in old.columns:
        other = new.column(column.name)
        if other is None:
            yield _of(column, "removed", "high", "is gone", before=column.type)
        elif other.type != column.type:
            numbers = column.role == other.role == "numeric"
            yield _of(
                column,
                "retyped",
                "medium" if numbers else "high",
                f"is {other.type}, was {column.type}",
                before=column.type,
                after=other.type,
            )
        else:
            yield from _nulls(column, other, old.rows, new.rows)
            yield from _role(column, other)
            yield from _range(column, other)
    for column in new.columns:
        if old.column(column.name) is None:
            yield _of(column, "added", "low", f"is new ({column.type})", after=column.type)


def _of(
    column: ColumnProfile,
    kind: Kind,
    severity: Severity,
    what: str,
    before: Any = None,
    after: Any = None,
) -> Difference:
    return Difference(
        kind=kind,
        severity=severity,
        column=column.name,
        what=f"{column.name} {what}",
        before=before,
        after=after,
    )


def _rows(old: int, new: int) -> Iterator[Difference]:
    if old == new:
        return
    ratio = max(old, new) / min(old, new)
    severity: Severity = "high" if ratio >= 10 else "medium" if ratio >= 2 else "low"
    what = f"{new:,} rows, were {old:,} ({new / old - 1:+.1%})"
    yield Difference(kind="rows", severity=severity, what=what, before=old, after=new)


def _nulls(
    old: ColumnProfile, new: ColumnProfile, rows: int, rows_new: int
) -> Iterator[Difference]:
    """Missing values: by the change of their share; the first ones ever are at least medium."""
    share, share_new = old.nulls / rows, new.nulls / rows_new
    step = abs(share_new - share)
    first = old.nulls == 0 and new.nulls > 0
    if step < 0.005 and not first:
        return
    severity: Severity = "high" if step >= 0.25 else "medium" if step >= 0.05 or first else "low"
    what = f"misses {share_new:.1%} of its values, missed {share:.1%}"
    yield _of(old, "nulls", severity, what, share, share_new)


def _role(old: ColumnProfile, new: ColumnProfile) -> Iterator[Difference]:
    if old.role != new.role:
        severity: Severity = "high" if new.role == "constant" else "medium"
        yield _of(old, "role", severity, f"is {new.role}, was {old.role}", old.role, new.role)


def _range(old: ColumnProfile, new: ColumnProfile) -> Iterator[Difference]:
    """Values beyond the old range, by how far they lie beyond it in spans of the old range.

    Moments go on by nature: their range is never more than low.
    """
    if old.role not in {"numeric", "datetime"} or new.minimum is None or old.minimum is None:
        return
    if (old.minimum, old.maximum) == (new.minimum, new.maximum):
        return
    severity: Severity = "low"
    if old.role == "numeric":
        low, high = _number(old.minimum), _number(old.maximum)
        beyond = max(low - _number(new.minimum), _number(new.maximum) - high, 0.0)
        spans = beyond / (high - low) if high > low else float("inf") if beyond else 0.0
        severity = "high" if spans > 1 else "medium" if spans > 0.1 else "low"
    what = f"runs from {new.minimum} to {new.maximum}, ran from {old.minimum} to {old.maximum}"
    yield _of(old, "range", severity, what, (old.minimum, old.maximum), (new.minimum, new.maximum))


def _number(value: Scalar) -> float:
    return from_figure(value)  # type: ignore[arg-type]  # a numeric column's bounds are figures


def _spread(
    old: Profile, new: Profile, before: Distributions, after: Distributions
) -> Iterator[tuple[Shift | None, list[Difference]]]:
    """Yield of each column that both have what its distributions tell: its shift, new and lost words."""
    for column in old.columns:
        other = new.column(column.name)
        first, second = before.column(column.name), after.column(column.name)
        if other is None or other.type != column.type or first is None or second is None:
            continue
        told: list[Difference] = []
        if not first.ordered and first.exact and second.exact:
            told += _set_change(column, "new_categories", second, first)
            told += _set_change(column, "vanished_categories", first, second)
        moved = shift(first, second)
        if moved is not None and moved.severity is not None:
            told.append(_shifted(column, moved, moved.severity))
        yield moved, told


def _shifted(column: ColumnProfile, moved: Shift, severity: Severity) -> Difference:
    """A shift as a difference. Moments go on by nature: it is never more than low for them."""
    severity = "low" if column.role == "datetime" else severity
    figures = {name: round(distance, 6) for name, distance in moved.measures.items()}
    words = ", ".join(f"{MEASURES[name]} {distance:.3g}" for name, distance in figures.items())
    return Difference(
        kind="distribution",
        severity=severity,
        column=column.name,
        what=f"{column.name} has shifted: {words}",
        figures=figures,
    )


def _set_change(
    column: ColumnProfile, kind: Kind, having: Distribution, lacking: Distribution
) -> Iterator[Difference]:
    """Categories of `having` that `lacking` has not, by the share of rows that hold them."""
    known = set(lacking.values)
    counts = dict(zip(having.values, having.counts, strict=True))
    values = sorted(counts.keys() - known, key=lambda value: (-counts[value], str(value)))
    if not values:
        return
    share = sum(counts[value] for value in values) / having.filled
    severity: Severity = "high" if share >= 0.1 else "medium" if share >= 0.01 else "low"
    shown = ", ".join(map(str, values[:_SHOWN])) + (", …" if len(values) > _SHOWN else "")
    verb = "has the new" if kind == "new_categories" else "lost the"
    noun = "category" if len(values) == 1 else f"{len(values)} categories"
    what = f"{verb} {noun} {shown} ({share:.1%} of its values)"
    named = tuple(str(value) for value in values[:_SHOWN])
    first, second = (None, named) if kind == "new_categories" else (named, None)
    yield _of(column, kind, severity, what, first, second)
