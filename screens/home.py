"""Home: the line of the product from data to live, what needs attention, and the newest acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from screens.feed import in_thread
from screens.place import Place
from screens.states import cell, look
from screens.text import Styled, ago, count, plural, said
from screens.widgets.pane import ListPane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.errors import WorkbenchError
from workbench.project.overview import Attention, Counts, Overview, PastAct


class Card(Widget):
    """One station of the line: its digit and name, a count, and two lines of facts behind it."""

    DEFAULT_CSS = """
    Card {
        width: 1fr; height: 4; padding: 0 2; margin-right: 1; background: $surface;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Card:last-of-type { margin-right: 0; }
    Card:ansi { background: ansi_default; }
    Home.-narrow Card { padding: 0 1; }
    """
    SCOPED_CSS = False

    def __init__(self, digit: str, name: str) -> None:
        super().__init__()
        self._head = Content.assemble((digit, "bold $primary"), " ", (name, "$text-muted"))
        self._station = Station("–", "", ())

    def fill(self, station: Station) -> None:
        """Show another count and other facts."""
        self._station = station
        self.refresh()

    def render(self) -> Content:
        """Name, count, and as many facts as two lines hold."""
        station = self._station
        figure = Content.assemble((station.figure, "bold"), " ", (station.noun, "$text-muted"))
        return Content("\n").join([self._head, figure, *fill_lines(station.facts, self.size.width)])


@dataclass(frozen=True, slots=True)
class Station:
    """What a card shows; facts in the order of their importance."""

    figure: str
    noun: str
    facts: tuple[Content, ...]


def fill_lines(facts: Sequence[Content], width: int, count: int = 2) -> list[Content]:
    """Put facts side by side into at most `count` lines of `width` cells; what has no room is left out."""
    lines: list[Content] = []
    for fact in facts:
        joined = Content("  ").join([lines[-1], fact]) if lines else fact
        if lines and joined.cell_length <= width:
            lines[-1] = joined
        elif len(lines) < count:
            lines.append(fact)
    return lines


class Home(Place[Overview]):
    """What there is, what is wrong, what was done."""

    NAME = "home"
    DEFAULT_CSS = """
    Home #line { height: 6; padding: 1 1; }
    Home #attention { height: 2fr; min-height: 5; }
    Home #acts { height: 3fr; min-height: 5; }
    Home.-narrow #line { height: 5; padding: 0 0 1 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._counted = self._begun = False
        self.cards = (Card("1", "Data"), Card("3", "Runs"), Card("4", "Models"), Card("5", "Live"))
        self.attention = Table(
            empty="Nothing needs attention.", markable=False, id="attention-table"
        )
        self.acts_table = Table(
            empty="Nothing was done yet. Press 1, then n, to import a first dataset.",
            markable=False,
            id="acts-table",
        )

    def body(self) -> ComposeResult:
        """The line over two lists."""
        yield Horizontal(*self.cards, id="line")
        yield ListPane("Attention", self.attention, id="attention")
        yield ListPane("Newest acts", self.acts_table, id="acts")

    def reload(self) -> None:
        """Load again; at the very start, first what is counted without DuckDB (100 ms to import)."""
        if self._counted:
            super().reload()
            return
        self._counted = True
        store = self.project.store
        in_thread(self, store.counts, self._first, group="counts", failed=self._not_counted)

    def _first(self, counts: dict[str, int]) -> None:
        for card, station in zip(self.cards, first_stations(counts), strict=True):
            card.fill(station)
        # After this frame: importing DuckDB in a thread would hold it up all the same.
        self.call_after_refresh(super().reload)

    def _not_counted(self, error: WorkbenchError) -> None:
        self.failed(error)
        super().reload()

    def load(self) -> Overview:
        """Ask the records."""
        return self.bench.overview()

    def show(self, loaded: Overview) -> None:
        """Fill cards and lists in place; the bars show the same."""
        self.bench.stands(loaded)
        for card, station in zip(self.cards, stations(loaded.counts), strict=True):
            card.fill(station)
        self.attention.load(
            MemorySource(_ATTENTION, [self._attention(a) for a in loaded.attention])
        )
        self.acts_table.load(MemorySource(_ACTS, [self._act(act) for act in loaded.acts]))
        if not self._begun and not loaded.attention:
            self.set_focus(self.acts_table)  # an empty list is no place to begin
        self._begun = True

    def on_table_opened(self, event: Table.Opened) -> None:
        """Go to where the thing is shown."""
        noun, _, reference = event.key.split(" ", 1)[0].partition("/")
        self.bench.goto(noun, reference)

    def _attention(self, item: Attention) -> Row:
        key = f"{item.noun}/{item.reference}"
        why = Styled(item.why, "muted")
        return Row(key, (cell(item.state), item.what, why, Styled(ago(item.at, self.now), "muted")))

    def _act(self, act: PastAct) -> Row:
        key = f"{act.noun}/{act.reference} {act.verb} {act.at.isoformat()}"
        when = Styled(ago(act.at, self.now), "muted")
        subject = Styled(act.reference, "strong")
        return Row(key, (when, act.who, act.verb, subject, Styled(act.note, "muted")))


_ATTENTION = (
    Column("state", "State", cap=14),
    Column("what", "What", cap=48),
    Column("why", "Why", cap=80, grow=True),
    Column("when", "When", cap=12, right=True, sortable=False),
)
_ACTS = (
    Column("when", "When", cap=12, sortable=False),
    Column("who", "Who", cap=12),
    Column("did", "Did", cap=14),
    Column("what", "What", cap=30),
    Column("note", "Note", cap=80, grow=True),
)


def first_stations(counts: dict[str, int]) -> tuple[Station, ...]:
    """Return what the cards show of the counts that the store keeps noted (`Store.counts`)."""

    def of(name: str) -> int:
        return counts.get(name, 0)

    versions = said(plural(of("dataset_versions"), "version"), "muted")
    models = said(plural(of("model_versions"), "version"), "muted")
    failed = _states(("failed", of("runs_failed")))
    return (
        _station(of("datasets"), "dataset", versions),
        _station(of("runs"), "run", *failed),
        _station(of("models"), "model", models),
        Station("–", "", tuple(_states(("healthy", of("deployments_healthy"))))),
    )


def stations(counts: Counts) -> tuple[Station, ...]:
    """Return what the cards of data, runs, models and live show."""
    runs, up = counts.runs, counts.deployments
    working = sum(runs.get(state, 0) for state in ("starting", "running"))
    trouble = sum(up.get(state, 0) for state in ("failed", "lost", "degraded"))
    return (
        _station(
            counts.datasets,
            "dataset",
            said(plural(counts.dataset_versions, "version"), "muted"),
            said(plural(counts.rows, "row"), "muted"),
        ),
        _station(
            sum(runs.values()),
            "run",
            *_states(
                ("failed", runs.get("failed", 0)),
                ("running", working),
                ("queued", runs.get("queued", 0)),
                ("lost", runs.get("lost", 0)),
                ("succeeded", runs.get("succeeded", 0)),
            ),
        ),
        _station(
            counts.models,
            "model",
            said(plural(counts.model_versions, "version"), "muted"),
            said(plural(counts.experiments, "experiment"), "muted"),
        ),
        _station(
            counts.live,
            "served model",
            *_states(("healthy", up.get("healthy", 0)), ("degraded", trouble)),
            *([said(f"{counts.unserved} not served", "warn")] if counts.unserved else []),
        ),
    )


def _station(figure: int, noun: str, *facts: Content) -> Station:
    return Station(count(figure), noun if figure == 1 else noun + "s", facts)


def _states(*parts: tuple[str, int]) -> list[Content]:
    """Return counts by state, those that are zero left out."""
    return [
        said(f"{look(state).glyph} {count(number)} {look(state).word}", look(state).tone)
        for state, number in parts
        if number
    ]
