"""A shape diff as a list: severity as glyph, word and colour, the column, what changed."""

from __future__ import annotations

from collections.abc import Sequence

from screens.datasets import pictures
from screens.datasets.rows import short
from screens.text import Styled, Tone, said
from screens.widgets.detail import Section
from screens.widgets.source import Cell, Column, MemorySource, Row, plain
from workbench.data.bins import Scalar
from workbench.data.cells import cell_text
from workbench.data.datasets import DatasetVersion
from workbench.data.shape import MEASURES, SEVERITIES, Difference, Severity, ShapeDiff

LOOKS: dict[Severity, tuple[str, Tone]] = {
    "high": ("✗ high", "bad"),
    "medium": ("▲ medium", "warn"),
    "low": ("· low", "muted"),
}
COLUMNS = (
    Column("severity", "Severity"),
    Column("column", "Column", cap=20),
    Column("kind", "What"),
    Column("change", "Change", cap=120, grow=True),
)
_KINDS: dict[str, str] = {
    "new_categories": "new values",
    "vanished_categories": "lost values",
    "distribution": "shift",
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
        return difference.column if column == "column" else kind(difference)

    return MemorySource(COLUMNS, rows, order=order)


def _cells(difference: Difference) -> tuple[Cell, ...]:
    words, tone = LOOKS[difference.severity]
    return (
        Styled(words, tone),
        difference.column or Styled("the table", "muted"),
        kind(difference),
        change(difference),
    )


def kind(difference: Difference) -> str:
    """Return what kind of difference it is, in a word or two."""
    return _KINDS.get(difference.kind, difference.kind)


def change(difference: Difference) -> str:
    """Return both figures in few cells, the new one first: `72.3% was 79.7%`."""
    if difference.figures:
        return "  ".join(f"{MEASURES[name]} {d:.2g}" for name, d in difference.figures.items())
    before, after = difference.before, difference.after
    if before is None or after is None:
        return _value(difference, before if after is None else after)
    return f"{_value(difference, after)}, was {_value(difference, before)}"


def told(difference: Difference) -> str:
    """Return what differs, without the column's name, which stands before it."""
    return difference.what.removeprefix(f"{difference.column} ")


def sections(diff: ShapeDiff, difference: Difference) -> list[Section]:
    """Return one difference in full: the figures of both versions under each other."""
    words, tone = LOOKS[difference.severity]
    facts: list[tuple[str, Cell]] = [("severity", Styled(words, tone))]
    if difference.before is not None:
        facts.append((diff.before, _value(difference, difference.before)))
    if difference.after is not None:
        facts.append((diff.after, _value(difference, difference.after)))
    parts = [Section(text=said(told(difference), "strong", cap=600)), Section(facts=facts)]
    moved = diff.shift(difference.column)
    return [*parts, *pictures.sections(diff, moved)] if moved is not None else parts


def _value(difference: Difference, value: Scalar | tuple[Scalar, ...]) -> str:
    if isinstance(value, tuple):
        gap = " … " if difference.kind == "range" else ", "
        return gap.join(plain(short(item)) for item in value)
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
