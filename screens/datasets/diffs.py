"""A shape diff as a list: severity as glyph, word and colour, the column, what changed."""

from __future__ import annotations

from collections.abc import Sequence

from screens.text import Styled, Tone, said
from screens.widgets.detail import Section
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.data.cells import cell_text
from workbench.data.datasets import DatasetVersion
from workbench.data.profile import Scalar
from workbench.data.shape import SEVERITIES, Difference, Severity, ShapeDiff

LOOKS: dict[Severity, tuple[str, Tone]] = {
    "high": ("✗ high", "bad"),
    "medium": ("▲ medium", "warn"),
    "low": ("· low", "muted"),
}
COLUMNS = (
    Column("severity", "SEVERITY"),
    Column("column", "COLUMN", cap=20),
    Column("what", "WHAT DIFFERS", cap=120, grow=True),
)
_KINDS = {
    "rows": "rows",
    "added": "a new column",
    "removed": "a column that is gone",
    "retyped": "another type",
    "role": "another role",
    "nulls": "missing values",
    "range": "range of values",
    "new_categories": "new categories",
    "vanished_categories": "vanished categories",
}


def source(diff: ShapeDiff) -> MemorySource:
    """Return the differences as rows, the gravest first; keys are their places."""
    rows = [
        Row(str(place), _cells(difference)) for place, difference in enumerate(diff.differences)
    ]

    def order(key: str, column: str) -> Cell:
        difference = diff.differences[int(key)]
        if column == "severity":
            return SEVERITIES.index(difference.severity)
        return difference.column if column == "column" else difference.what

    return MemorySource(COLUMNS, rows, order=order)


def _cells(difference: Difference) -> tuple[Cell, ...]:
    words, tone = LOOKS[difference.severity]
    return (Styled(words, tone), difference.column or Styled("table", "muted"), told(difference))


def told(difference: Difference) -> str:
    """Return what differs, without the column's name, which stands before it."""
    return difference.what.removeprefix(f"{difference.column} ")


def sections(diff: ShapeDiff, difference: Difference) -> list[Section]:
    """Return one difference in full: the figures of both versions under each other."""
    words, tone = LOOKS[difference.severity]
    facts: list[tuple[str, Cell]] = [
        ("severity", Styled(words, tone)),
        ("kind", _KINDS.get(difference.kind, difference.kind)),
    ]
    if difference.before is not None:
        facts.append((diff.before, _value(difference, difference.before)))
    if difference.after is not None:
        facts.append((diff.after, _value(difference, difference.after)))
    return [Section(text=said(told(difference), "strong", cap=600)), Section(facts=facts)]


def _value(difference: Difference, value: Scalar | tuple[Scalar, ...]) -> Cell:
    if isinstance(value, tuple):
        gap = " to " if difference.kind == "range" else ", "
        return gap.join(cell_text(item, 60) for item in value)
    if difference.kind == "nulls" and isinstance(value, float):
        return f"{value:.1%} missing"
    if difference.kind == "rows" and isinstance(value, int):
        return f"{value:,} rows"
    return cell_text(value, 120)


def pair(
    versions: Sequence[DatasetVersion], marked: set[str], here: DatasetVersion | None
) -> tuple[tuple[DatasetVersion, DatasetVersion] | None, str]:
    """Return what is to be held against what, older first, else None and why not.

    Two marked versions; without marks the one under the cursor and its predecessor.
    """
    chosen = [version for version in versions if version.reference in marked]
    if len(chosen) == 2:
        first, second = sorted(chosen, key=lambda v: (v.created_at, v.number))
        return (first, second), ""
    if len(chosen) > 2:
        return None, f"{len(chosen)} versions are marked, a diff is of two"
    here = chosen[0] if chosen else here
    if here is None:
        return None, "there is no version under the cursor"
    before = [v for v in versions if v.dataset == here.dataset and v.number < here.number]
    if not before:
        return None, f"{here.reference} has none before it: mark two versions (space)"
    return (max(before, key=lambda v: v.number), here), ""
