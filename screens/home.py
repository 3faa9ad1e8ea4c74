"""Home: the line of the product from data to live, what needs attention, and the newest acts."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from screens.place import Place
from screens.states import cell, look
from screens.text import Styled, ago, count, plural, said
from screens.widgets.pane import ListPane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.project.overview import Attention, Counts, Overview, PastAct, overview


class Card(Widget):
    """One station of the line: a name with its digit, a number, and what stands behind it."""

    DEFAULT_CSS = """
    Card { width: 1fr; height: 4; padding: 0 2; background: $surface; margin-right: 1; }
    Card:last-of-type { margin-right: 0; }
    Card:ansi { background: ansi_default; border-left: solid ansi_bright_black; }
    """

    def __init__(self, digit: str, name: str) -> None:
        super().__init__()
        self._head = Content.assemble((digit, "bold $primary"), " ", (name, "$text-muted"))
        self._figure, self._lines = Content("–"), (Content(""), Content(""))

    def fill(self, figure: str, first: Content, second: Content) -> None:
        """Show a number and two lines on it."""
        self._figure, self._lines = Content.styled(figure, "bold"), (first, second)
        self.refresh()

    def render(self) -> Content:
        """Name, number, two lines."""
        return Content("\n").join([self._head, self._figure, *self._lines])


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

    def load(self) -> Overview:
        """Ask the records."""
        return overview(self.project)

    def show(self, loaded: Overview) -> None:
        """Fill cards and lists in place."""
        for card, (figure, first, second) in zip(self.cards, _stations(loaded.counts), strict=True):
            card.fill(figure, first, second)
        self.attention.load(
            MemorySource(_ATTENTION, [self._attention(a) for a in loaded.attention])
        )
        self.acts_table.load(MemorySource(_ACTS, [self._act(act) for act in loaded.acts]))

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


def _stations(counts: Counts) -> list[tuple[str, Content, Content]]:
    """Return figure and two lines for each of data, runs, models, live."""
    runs, up = counts.runs, counts.deployments
    ended = runs.get("succeeded", 0)
    active = sum(runs.get(state, 0) for state in ("queued", "starting", "running"))
    healthy = up.get("healthy", 0)
    broken = sum(up.get(state, 0) for state in ("failed", "lost", "degraded"))
    return [
        (
            count(counts.datasets),
            said(plural(counts.dataset_versions, "version"), "muted"),
            said(plural(counts.rows, "row"), "muted"),
        ),
        (
            count(sum(runs.values())),
            _pair(("running", active, "running"), ("succeeded", ended, "ok")),
            _pair(
                ("failed", runs.get("failed", 0), "failed"), ("lost", runs.get("lost", 0), "lost")
            ),
        ),
        (
            count(counts.models),
            said(plural(counts.model_versions, "version"), "muted"),
            said(plural(counts.experiments, "experiment"), "muted"),
        ),
        (
            count(counts.live),
            _pair(("healthy", healthy, "healthy"), ("failed", broken, "in trouble")),
            said(f"{counts.unserved} promoted, not served", "muted")
            if counts.unserved
            else Content(""),
        ),
    ]


def _pair(*parts: tuple[str, int, str]) -> Content:
    """Return counts by state, those that are zero left out."""
    pieces = []
    for state, number, word in parts:
        if number:
            pieces.append(said(f"{look(state).glyph} {count(number)} {word}", look(state).tone))
    return Content("  ").join(pieces)
