"""The rows of the place's tables: versions, and a version's columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from screens.experiments.figures import figure, reached
from screens.models.loading import Loaded, Standing, VersionRow
from screens.text import Styled, Tone, ago
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.models.changes import SignatureChange
from workbench.models.contract import Field, Signature
from workbench.models.promotion import LIVE, REPLACED

LIVE_GLYPH, PROMOTED_GLYPH = "●", "○"
LEGEND = f"{LIVE_GLYPH} live  {PROMOTED_GLYPH} promoted, not served"


def versions(loaded: Loaded, now: datetime) -> MemorySource:
    """Return the list of versions; its figures stand under their metric's name where all share one."""
    metrics = {row.metric for row in loaded.versions if row.metric}
    shared = metrics.pop() if len(metrics) == 1 else ""
    columns = [
        Column("version", "Version", cap=26),
        Column("where", "Where", cap=40, grow=True),
        Column("figure", shared or "Figure", right=bool(shared), cap=24),
        Column("when", "When", cap=10, right=True),
        Column("trainer", "Trainer", cap=12),
        Column("run", "Run", cap=8),
        Column("who", "By", cap=12),
        Column("note", "Note", cap=60),
    ]
    rows = [
        Row(
            row.reference,
            (
                row.reference,
                where_cell(loaded.where(row)),
                _figure(row, named=not shared),
                Styled(ago(row.registered_at, now), "muted"),
                row.trainer or Styled("imported", "muted"),
                row.run or None,
                Styled(row.registered_by, "muted"),
                Styled(row.note, "muted"),
            ),
        )
        for row in loaded.versions
    ]
    known = loaded.by_reference
    return MemorySource(columns, rows, order=lambda key, name: _order(known[key], loaded, name))


def _order(row: VersionRow, loaded: Loaded, name: str) -> Cell:
    """What the cells are sorted by: numbers and moments, not their words."""
    if name == "version":
        return f"{row.model} {row.number:012}"
    if name == "where":
        return " ".join(item.environment for item in loaded.where(row)) or None
    if name == "figure":
        return row.value
    if name == "run":
        return row.run_number or None
    if name == "when":
        return row.registered_at
    return {"trainer": row.trainer, "who": row.registered_by, "note": row.note}.get(name)


def where_cell(standing: Sequence[Standing]) -> Cell:
    """Return where a version counts: `● production  ○ dev`; a dash for nowhere."""
    if not standing:
        return None
    live = any(item.now.status == LIVE for item in standing)
    words = [
        f"{LIVE_GLYPH if item.now.status == LIVE else PROMOTED_GLYPH} {item.environment}"
        for item in standing
    ]
    return Styled("  ".join(words), "good" if live else "warn")


def _figure(row: VersionRow, *, named: bool) -> Cell:
    if row.value is None:
        return None
    text = f"{row.metric} {figure(row.value)}" if named else figure(row.value)
    good = reached(row.value, row.threshold, row.direction)
    if good is None:
        return f"{text}  "
    return Styled(f"{text} {'✓' if good else '✗'}", "good" if good else "bad")


_STATUS: dict[str, tuple[str, Tone]] = {
    LIVE: (f"{LIVE_GLYPH} live", "good"),
    REPLACED: ("· replaced", "muted"),
}


def status_cell(status: str) -> Styled:
    """Return whether a promotion counts and answers: glyph, words, tone."""
    text, tone = _STATUS.get(status, (f"{PROMOTED_GLYPH} {status}", "warn"))
    return Styled(text, tone)


def signature(found: Signature, changes: Sequence[SignatureChange]) -> MemorySource:
    """Return the columns that go in and come out, and how they differ from another version's."""
    columns = [
        Column("column", "Column", cap=24),
        Column("type", "Type", cap=10),
        Column("null", "Null", cap=8),
        Column("side", "Side", cap=6),
        Column("values", "Values seen in training", cap=80, grow=True),
    ]
    if changes:
        columns.insert(3, Column("change", "Change", cap=24))
    rows = []
    for side, fields in (("inputs", found.inputs), ("outputs", found.outputs)):
        for field in fields:
            mine = [c for c in changes if (c.side, c.column) == (side, field.name)]
            words = ", ".join(change_words(change) for change in mine)
            null = _null(side, field)
            values = field.categories or ((f"a number of {field.unit}",) if field.unit else ())
            rows.append(_column(side, field.name, field.type, null, words, values))
    rows += [
        _column(gone.side, gone.column, gone.before, None, "removed", ())
        for gone in changes
        if gone.change == "removed"
    ]
    if not changes:
        rows = [Row(row.key, (*row.cells[:3], *row.cells[4:])) for row in rows]
    return MemorySource(columns, rows)


def _null(side: str, field: Field) -> Cell:
    """Whether a caller may leave the column empty; nothing to say of what comes out."""
    if side == "outputs":
        return None
    return Styled("no", "warn") if field.required else "yes"


def _column(side: str, name: str, kind: str, null: Cell, change: str, values: Sequence[str]) -> Row:
    changed = Styled(f"▲ {change}", "warn") if change else None
    seen = Styled(", ".join(values), "muted") if values else None
    return Row(f"{side} {name}", (name, kind, null, changed, Styled(side[:-1], "muted"), seen))


def change_words(change: SignatureChange) -> str:
    """Write one difference: `was int`, `added`, `null refused`."""
    return {
        "retyped": f"was {change.before}",
        "required": "null refused",
        "optional": "null allowed",
    }.get(change.change, change.change)
