"""The shape diff: what differs between two versions of a table, each with how much it matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from workbench.data.profile import COUNTED, ColumnProfile, Profile, Scalar, profile
from workbench.numbers import from_figure

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
"""From what is worth knowing to what breaks a model that was trained on the version before."""

Kind = Literal[
    "rows", "added", "removed", "retyped", "role", "nulls", "range", "new_categories", "vanished_categories"
]  # fmt: skip
_SHOWN = 10


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference; `column` is empty for the table's own. `before` and `after` are the figures."""

    kind: Kind
    severity: Severity
    what: str
    column: str = ""
    before: Scalar | tuple[Scalar, ...] = None
    after: Scalar | tuple[Scalar, ...] = None


class ShapeDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The differences from one version to another, the gravest first."""

    before: str
    after: str
    rows_before: int
    rows_after: int
    differences: tuple[Difference, ...]

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
    if before.content != after.content:
        old, new = profile(project, before), profile(project, after)
        found += compare(old, new)
        found += _categories(project, before, after, old, new)
    found.sort(key=lambda one: -SEVERITIES.index(one.severity))
    return ShapeDiff(
        before=before.reference,
        after=after.reference,
        rows_before=before.rows,
        rows_after=after.rows,
        differences=tuple(found),
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


def _categories(
    project: Project, before: DatasetVersion, after: DatasetVersion, old: Profile, new: Profile
) -> Iterator[Difference]:
    """Compare the categories of columns whose values are few enough to count each."""
    for column in old.columns:
        other = new.column(column.name)
        if other is None or other.type != column.type:
            continue
        words = {column.role, other.role} & {"categorical", "boolean"}
        few = column.distinct_exact and other.distinct_exact
        if not words or not few or max(column.distinct, other.distinct) > COUNTED:
            continue
        counts = _counts(project, before, column.name)
        counts_new = _counts(project, after, column.name)
        yield from _set_change(column, "new_categories", counts_new, counts)
        yield from _set_change(column, "vanished_categories", counts, counts_new)


def _counts(project: Project, version: DatasetVersion, name: str) -> dict[Any, int]:
    import polars as pl

    from workbench.data.datasets import path

    frame = pl.scan_parquet(path(project, version), glob=False).select(pl.col(name).alias("value"))
    table = frame.drop_nulls().group_by("value").len().collect(engine="streaming")
    return dict(table.rows())


def _set_change(
    column: ColumnProfile, kind: Kind, having: dict[Any, int], lacking: dict[Any, int]
) -> Iterator[Difference]:
    """Categories of `having` that `lacking` has not, by the share of rows that hold them."""
    values = sorted(having.keys() - lacking.keys(), key=lambda value: (-having[value], str(value)))
    if not values:
        return
    share = sum(having[value] for value in values) / sum(having.values())
    severity: Severity = "high" if share >= 0.1 else "medium" if share >= 0.01 else "low"
    shown = ", ".join(map(str, values[:_SHOWN])) + (", …" if len(values) > _SHOWN else "")
    verb = "has the new" if kind == "new_categories" else "lost the"
    noun = "category" if len(values) == 1 else f"{len(values)} categories"
    what = f"{verb} {noun} {shown} ({share:.1%} of its values)"
    named = tuple(str(value) for value in values[:_SHOWN])
    first, second = (None, named) if kind == "new_categories" else (named, None)
    yield _of(column, kind, severity, what, first, second)
