"""The rows of the place's tables: versions, and a version's columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from screens.experiments.figures import figure, reached
from screens.models.loading import Loaded, Standing, VersionRow
from screens.text import Styled, Tone, ago
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.models.contract import Field, Signature
from workbench.models.evidence import SignatureChange
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
        Column("trainer", "Trainer", cap=12),
        Column("run", "Run", cap=8),
        Column("when", "When", cap=10, right=True),
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
                row.trainer,
                row.run,
                Styled(ago(row.registered_at, now), "muted"),
                Styled(row.registered_by, "muted"),
                Styled(row.note, "muted"),
            ),
        )
        for row in loaded.versions
    ]
    known = {row.reference: row for row in loaded.versions}
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
        return row.run_number
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


def signature(found: Signature, changes: Sequence[SignatureChange], base: str) -> MemorySource:
    """Return the columns that go in and come out; with changes, what differs from `base`."""
    columns = [
        Column("column", "Column", cap=24),
        Column("side", "Side", cap=6),
        Column("type", "Type", cap=10),
        Column("null", "Null", cap=8),
    ]
    if changes:
        columns.append(Column("change", f"Against {base}", cap=30))
    columns.append(Column("values", "Values seen in training", cap=80, grow=True))
    rows = []
    for side, fields in (("inputs", found.inputs), ("outputs", found.outputs)):
        for field in fields:
            mine = [c for c in changes if (c.side, c.column) == (side, field.name)]
            rows.append(_field(side, field, mine, changed=bool(changes)))
    for gone in changes:
        if gone.change == "removed":
            cells: tuple[Cell, ...] = (
                Styled(gone.column, "muted"), gone.side[:-1], Styled(gone.before, "muted"), None,
                Styled("removed", "bad"), None,
            )  # fmt: skip
            rows.append(Row(f"{gone.side} {gone.column}", cells))
    return MemorySource(columns, rows)


def _field(side: str, field: Field, changes: Sequence[SignatureChange], *, changed: bool) -> Row:
    null = None if side == "outputs" else Styled("refused", "warn") if field.required else "allowed"
    cells: list[Cell] = [field.name, Styled(side[:-1], "muted"), field.type, null]
    if changed:
        words = ", ".join(change_words(change) for change in changes)
        cells.append(Styled(words, "warn") if words else None)
    cells.append(Styled(", ".join(field.categories), "muted") if field.categories else None)
    return Row(f"{side} {field.name}", tuple(cells))


def change_words(change: SignatureChange) -> str:
    """Write one difference: `was int`, `added`, `null is refused now`."""
    return {
        "retyped": f"was {change.before}",
        "required": "null is refused now",
        "optional": "null is allowed now",
    }.get(change.change, change.change)
