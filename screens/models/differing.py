"""What differs between two versions: figures, rows, data, lineage, parameters, columns, file, speed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.worker import get_current_worker

from screens.experiments.figures import figure, value_text
from screens.feed import in_thread
from screens.modals.base import Box, Modal
from screens.models.card import SEVERITY, latency_words
from screens.models.cardfigures import SIGNS, between, signed_pair
from screens.models.listing import change_words
from screens.text import Styled, Tone, plural, said, size
from screens.widgets.pane import ListPane
from screens.widgets.source import Cell, Column, MemorySource, Row, plain, tone
from screens.widgets.table import Table
from workbench.models.changes import SignatureChange
from workbench.models.datashape import training_shape
from workbench.models.diff import Pair, VersionDiff
from workbench.models.evidence import told
from workbench.models.figures import MetricLine
from workbench.models.latency import latency
from workbench.models.paired import BETTER, WORSE, PairedLine, compare_rows

if TYPE_CHECKING:
    from workbench.project.project import Project

PENDING = Styled("◌ to come", "muted")
MOST_TYPES = 40
WIDE = 100
"""Cells of the screen from which on the columns have all the room they want."""


def lines(found: VersionDiff) -> list[Row]:
    """Return a line for everything that differs, and for every figure."""
    return [*_figures(found), *_data(found), *_origin(found), *_columns(found), *_file(found)]


def source(found: VersionDiff, rows: Sequence[Row], *, narrow: bool = False) -> MemorySource:
    """Return the lines under the names of both versions; `narrow` leaves room for the change."""
    name, value = (18, 11) if narrow else (24, 16)
    columns = [
        Column("part", "Part", cap=10),
        Column("what", "What", cap=name),
        Column("before", found.before, right=True, cap=value, sortable=False),
        Column("after", found.after, right=True, cap=value, sortable=False),
        Column("change", "Change", cap=80, grow=True, sortable=False),
    ]
    return MemorySource(columns, rows)


def _row(part: str, what: str, before: Cell, after: Cell, change: Cell = "", key: str = "") -> Row:
    cells = (Styled(part, "muted"), what, before, after, change)
    return Row(f"{part} {what} {key}", cells)


def _figures(found: VersionDiff) -> Iterator[Row]:
    rows = found.rows
    if rows is None:
        words: Cell = PENDING
    elif rows.same_rows:
        words = Styled(f"✓ the same {rows.rows:,}; ≈ where nothing is clear", "good")
    else:
        words = Styled(f"▲ not the same rows: {rows.why}", "warn")
    yield _row("figure", "test rows", "", "", words)
    for line in found.metrics:
        pair = rows.line(line.name) if rows else None
        change = _change(line, pair)
        yield _row("figure", line.name, figure(line.live), figure(line.candidate), change)
        if line.low is not None or line.live_low is not None or pair is not None:
            first, second = between(line.live_low, line.live_high), between(line.low, line.high)
            yield _row(
                "", "95 %", Styled(first, "muted"), Styled(second, "muted"),
                Styled(signed_pair(pair), "muted"), line.name,
            )  # fmt: skip


def _change(line: MetricLine, pair: PairedLine | None) -> Cell:
    if line.difference is None:
        return None
    better = {BETTER: True, WORSE: False}.get(pair.verdict) if pair else line.better
    words = {True: "better", False: "worse", None: "no clear difference"}[better]
    sign, tone = SIGNS[better]
    if better is None and pair is None:
        return Styled(f"{line.difference:+.3g}", "muted")
    return Styled(f"{line.difference:+.3g} {sign} {words}", tone)


def _data(found: VersionDiff) -> Iterator[Row]:
    shape = found.shape
    if shape is None:
        yield _row("data", "trained on", "", "", PENDING)
        return
    if shape.why:
        words = Styled(f"· cannot be compared: {shape.why}", "muted")
    elif shape.same:
        words = Styled("✓ the same table", "good")
    else:
        words = Styled(shape.summary, SEVERITY[shape.severity or "low"][1])
    yield _row("data", "trained on", shape.before, shape.after, words)
    for place, difference in enumerate(shape.differences):
        sign, tone = SEVERITY[difference.severity]
        words = Styled(f"{sign} {difference.severity}: {difference.what}", tone)
        yield _row("data", difference.column or "rows", "", "", words, str(place))


def _origin(found: VersionDiff) -> Iterator[Row]:
    yield from (_pair("made from", pair) for pair in found.origin)
    yield from (_pair("parameter", pair) for pair in found.params)


def _pair(part: str, pair: Pair) -> Row:
    return _row(part, pair.name, value_text(pair.before), value_text(pair.after))


def _columns(found: VersionDiff) -> Iterator[Row]:
    if not found.columns:
        yield _row("columns", "all", "", "", Styled("✓ the same in both", "good"))
    for change in found.columns:
        yield _column(change)


def _column(change: SignatureChange) -> Row:
    words = Styled(f"▲ {change_words(change)}", "warn")
    what = f"{change.column} ({change.side[:-1]})"
    return _row("column", what, change.before or None, change.after or None, words, change.change)


def _file(found: VersionDiff) -> Iterator[Row]:
    first, second = found.before_file, found.after_file
    grown = (second.bytes - first.bytes) / first.bytes if first.bytes else 0.0
    change = Styled(f"{grown:+.0%}", "muted")
    yield _row("file", "size", size(first.bytes), size(second.bytes), change)
    if first.format != second.format:
        yield _row("file", "format", first.format, second.format)
    if not (first.safe and second.safe):
        tones = [Styled("✓ safe", "good") if f.safe else Styled("▲ unsafe", "warn")
                 for f in (first, second)]  # fmt: skip
        yield _row("file", "loading it", tones[0], tones[1])
    yield _row("file", "one row", _speed(found.before_latency), _speed(found.after_latency))
    for words, names, look in (
        ("gone", found.types_gone, "muted"),
        ("new", found.types_new, "plain"),
    ):
        yield from _types(words, names, look)  # type: ignore[arg-type]  # both are tones


def _types(words: str, names: tuple[str, ...], tone: Tone) -> Iterator[Row]:
    for name in names[:MOST_TYPES]:
        yield _row("type", words, "", "", Styled(name, tone), name)
    if len(names) > MOST_TYPES:
        more = Styled(f"and {plural(len(names) - MOST_TYPES, 'type')} more", "muted")
        yield _row("type", words, "", "", more)


def _speed(found: Any) -> Cell:
    if found is not None and found.median_ms is not None:
        return f"{found.median_ms:.3g} ms"
    return latency_words(found)


def whole_line(row: Row, found: VersionDiff) -> Content:
    """Return a line in full: what it is about, both values, the change."""
    _, what, before, after, change = row.cells
    parts = [said(plain(what), "key", cap=300)]
    for name, value in ((found.before, before), (found.after, after)):
        if plain(value).strip() not in {"", "–"}:
            parts.append(said(f"{name}: {plain(value)}", cap=300))
    if plain(change).strip() not in {"", "–"}:
        parts.append(said(plain(change), tone(change), cap=600))
    return Content("  ").join(parts)


class Diff(Modal[None]):
    """Two versions side by side, the costly parts as they come; Esc leaves."""

    DEFAULT_CSS = """
    Diff > Box { width: 120; max-width: 100%; height: 90%; padding: 0; }
    Diff ListPane, Diff ListPane:focus-within { border: none; background: $surface; }
    Diff #whole { height: 3; padding: 0 1; border-top: solid $border-blurred; }
    """

    def __init__(self, project: Project, found: VersionDiff) -> None:
        super().__init__()
        self._project, self.found = project, found
        self.table = Table(fixed=2, markable=False)
        self._rows: dict[str, Row] = {}

    def compose(self) -> ComposeResult:
        """The table, and under it the line under the cursor in full."""
        box = Box(ListPane("", self.table), Static(id="whole", markup=False))
        box.retitle(f"{self.found.before} and {self.found.after}", "/ find   esc close")
        yield box

    def on_mount(self) -> None:
        """Show the lines that are known, and ask for the others."""
        self._show()
        self.table.focus()
        self._ask()

    def _show(self) -> None:
        rows = lines(self.found)
        self._rows = {row.key: row for row in rows}
        self.table.load(source(self.found, rows, narrow=self.app.size.width < WIDE))
        self._tell_whole()

    @on(Table.Highlighted)
    def _tell_whole(self) -> None:
        row = self._rows.get(self.table.key)
        whole = self.query_one("#whole", Static)
        whole.update(Content("") if row is None else whole_line(row, self.found))

    def _ask(self) -> None:
        """Ask for the next part that is to come: one at a time."""
        project, found = self._project, self.found
        first, second = found.before_id, found.after_id
        parts: dict[str, Callable[[], object]] = {
            "rows": lambda: compare_rows(project, first, second),
            "shape": lambda: training_shape(project, first, second),
            "before_latency": lambda: _latency(project, first, found.before),
            "after_latency": lambda: _latency(project, second, found.after),
        }
        wanted = next((name for name in parts if getattr(found, name) is None), None)
        if wanted is not None:
            in_thread(self, parts[wanted], lambda value: self._came(wanted, value), group="part")

    def _came(self, name: str, value: object) -> None:
        if self.is_mounted:
            self.found = msgspec.structs.replace(self.found, **{name: value})
            self._show()
            self._ask()


def _latency(project: Project, version: str, reference: str) -> object:
    worker = get_current_worker()
    return told(lambda: latency(project, version, cancelled=lambda: worker.is_cancelled), reference)
