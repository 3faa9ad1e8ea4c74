"""What differs between two versions: where they come from, parameters, figures, columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from screens.experiments.figures import figure, value_text
from screens.modals.base import Box, Modal
from screens.models.listing import change_words
from screens.models.loading import VersionRow
from screens.text import Styled, size
from screens.widgets.pane import ListPane
from screens.widgets.source import Cell, Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.experiments.compare import Comparison, Difference, compare
from workbench.experiments.compare import MetricLine as Line
from workbench.models.evidence import SignatureChange, signature_changes
from workbench.models.registry import get_version
from workbench.numbers import from_figure

if TYPE_CHECKING:
    from workbench.project.project import Project


def read_diff(project: Project, before: VersionRow, after: VersionRow) -> MemorySource:
    """Compare two versions by what is recorded of them; raises WorkbenchError."""
    changes = signature_changes(
        get_version(project, before.id).signature, get_version(project, after.id).signature
    )
    found = compare(project, [before.run, after.run]) if before.run != after.run else None
    return source(before, after, found, changes)


def source(
    before: VersionRow,
    after: VersionRow,
    found: Comparison | None,
    changes: Sequence[SignatureChange],
) -> MemorySource:
    """Return a line for everything that differs, and for every figure."""
    columns = [
        Column("part", "Part", cap=10),
        Column("what", "What", cap=24),
        Column("before", before.reference, right=True, cap=18, sortable=False),
        Column("after", after.reference, right=True, cap=18, sortable=False),
        Column("change", "Change", cap=24, grow=True, sortable=False),
    ]
    rows = [_row("made from", "run", before.run, after.run)]
    if found is not None:
        rows += [_pair("made from", line) for line in found.settings]
        figures = [line for line in found.metrics if "." not in line.name]
        main = {before.metric, after.metric}
        rows += [_metric(line) for line in sorted(figures, key=lambda line: line.name not in main)]
        rows += [_pair("parameter", line) for line in found.params]
    grown = (after.bytes - before.bytes) / before.bytes if before.bytes else 0.0
    rows.append(
        _row(
            "file", "size", size(before.bytes), size(after.bytes), Styled(f"{grown:+.0%}", "muted")
        )
    )
    rows += [_column(change) for change in changes]
    if not changes:
        rows.append(_row("columns", "all", "", "", Styled("✓ the same in both", "good")))
    return MemorySource(columns, rows)


def _row(part: str, what: str, before: Cell, after: Cell, change: Cell = "") -> Row:
    return Row(f"{part} {what}", (Styled(part, "muted"), what, before, after, change))


def _pair(part: str, line: Difference) -> Row:
    before, after = line.values
    return _row(part, line.name, value_text(before), value_text(after))


def _metric(line: Line) -> Row:
    before, after = line.values
    moved = line.change[1]
    change: Cell = None
    if moved is not None and not math.isnan(number := from_figure(moved)):
        better = None if not line.best or line.direction is None else 1 in line.best
        word = {True: "▲ better", False: "▼ worse", None: ""}[better]
        tone = {True: "good", False: "warn", None: "muted"}[better]
        change = Styled(f"{number:+.3g} {word}".rstrip(), tone)  # type: ignore[arg-type]  # one of Tone
    return _row("figure", line.name, figure(before), figure(after), change)


def _column(change: SignatureChange) -> Row:
    words = Styled(f"▲ {change_words(change)}", "warn")
    what = f"{change.column} ({change.side[:-1]})"
    return _row("column", what, change.before or None, change.after or None, words)


class Diff(Modal[None]):
    """Two versions side by side; Esc leaves."""

    DEFAULT_CSS = """
    Diff > Box { width: 96; max-width: 100%; height: 80%; padding: 0; }
    Diff ListPane, Diff ListPane:focus-within { border: none; background: $surface; }
    """

    def __init__(self, before: VersionRow, after: VersionRow, found: MemorySource) -> None:
        super().__init__()
        self._title = f"{before.reference} and {after.reference}"
        self._source = found
        self.table = Table(fixed=2, markable=False)

    def compose(self) -> ComposeResult:
        """The table."""
        box = Box(ListPane("", self.table))
        box.retitle(self._title, "/ find   esc close")
        yield box

    def on_mount(self) -> None:
        """Show the lines."""
        self.table.load(self._source)
        self.table.focus()
