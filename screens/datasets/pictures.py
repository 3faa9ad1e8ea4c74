"""How the values of a column lay and lie: two small pictures on one scale, and the distances between them."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from screens.datasets.card import between, blocks, brief
from screens.text import STYLES, Styled
from screens.widgets.detail import Section
from screens.widgets.draw import fit
from screens.widgets.source import Cell
from workbench.data.cells import cell_text
from workbench.data.severity import LIMITS
from workbench.data.shape import MEASURES, ShapeDiff
from workbench.data.shifts import Shift

_LABEL, _BAR = 16, 12
_SHOWN = 6
_WIDE = 2
"""Cells of a bin."""


def sections(diff: ShapeDiff, moved: Shift) -> list[Section]:
    """Return the pictures of a column in both versions, and its distances beside their limits."""
    facts: list[tuple[str, Cell]] = []
    for name, distance in moved.measures.items():
        _, medium, high = LIMITS[name]
        note = f"{distance:.3g}   (medium from {medium:g}, high from {high:g})"
        facts.append((MEASURES[name], note))
    notes = [Styled("So few rows differ by this much by chance.", "muted")] if moved.chance else []
    picture = _bars(diff, moved) if moved.labels else _lines(diff, moved)
    return [Section(text=picture), Section(facts=facts, notes=notes)]


def _lines(diff: ShapeDiff, moved: Shift) -> Content:
    """Two histograms of a line each, of the same bins, and the ends under them."""
    wide = max(cell_len(diff.before), cell_len(diff.after))
    highest = max([*moved.before, *moved.after], default=0.0)
    lines = []
    for name, shares in ((diff.before, moved.before), (diff.after, moved.after)):
        picture = "".join(block * _WIDE for block in blocks(shares, highest))
        lines.append(
            Content.assemble((name.ljust(wide), STYLES["muted"]), "  ", (picture, STYLES["key"]))
        )
    ends = between(brief(moved.low), brief(moved.high), _WIDE * len(moved.before))
    lines.append(Content.assemble(" " * (wide + 2), (ends, STYLES["muted"])))
    return Content("\n").join(lines)


def _bars(diff: ShapeDiff, moved: Shift) -> Content:
    """Each category's share before and after, the most changed first."""
    rows = sorted(
        zip(moved.labels, moved.before, moved.after, strict=True),
        key=lambda row: -abs(row[1] - row[2]),
    )[:_SHOWN]
    labels = [cell_text(row[0], 60) or '""' for row in rows]
    wide = min(max(cell_len(label) for label in labels), _LABEL)
    highest = max(max(row[1:]) for row in rows) or 1.0
    head = f"{'':{wide}}  {diff.before:{_BAR + 6}}  {diff.after}"
    lines = [Content.assemble((head, STYLES["muted"]))]
    for label, (_, before, after) in zip(labels, rows, strict=True):
        parts: list[str | tuple[str, str]] = [fit(label, cell_len(label), wide, right=False), "  "]
        for share in (before, after):
            bar = "█" * round(share / highest * _BAR) or ("▏" if share else "")
            parts.append((bar.ljust(_BAR) + f" {share:>5.1%}  ", STYLES["key"]))
        lines.append(Content.assemble(*parts))
    return Content("\n").join(lines)
