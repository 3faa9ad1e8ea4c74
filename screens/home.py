"""Home: the line of the product from data to live, what needs attention, and the newest acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from screens.actions import Act
from screens.feed import in_thread
from screens.place import Place
from screens.states import cell
from screens.stations import Card, first_stations, stations
from screens.text import Styled, ago, count
from screens.undo import Undo
from screens.widgets.pane import ListPane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.errors import WorkbenchError
from workbench.project.attention import ARRIVED, WAITING, Attention
from workbench.project.overview import Overview, PastAct

LEAST = 6
"""Rows of a list that has nothing in it: its frame, its header and the remark."""


class Home(Place[Overview]):
    """What there is, what is wrong, what was done."""

    NAME = "home"
    DEFAULT_CSS = """
    Home #line { height: 6; padding: 1 1; }
    Home #attention { height: 2fr; min-height: 6; }
    Home #acts { height: 3fr; min-height: 5; }
    Home.-narrow #line { height: 5; padding: 0 0 1 0; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "home.acknowledge",
            "acknowledge",
            label="Seen",
            help="Say that this was seen: it comes back when something new happens to it.",
            rank=20,
        ),
        Act(
            "home.seen",
            label="Show what was seen",
            help="Show the lines that were acknowledged too, or hide them again.",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._counted = self._begun = self._all = False
        self._items: dict[str, Attention] = {}
        self.cards = (Card("1", "Data"), Card("3", "Runs"), Card("4", "Models"), Card("5", "Live"))
        self.attention = Table(
            empty="Nothing needs attention.", markable=False, id="attention-table"
        )
        self.attention_pane = ListPane("Attention", self.attention, id="attention")
        self.acts_table = Table(
            empty="Nothing was done yet. Press 1, then n, to import a first dataset.",
            markable=False,
            id="acts-table",
        )

    def body(self) -> ComposeResult:
        """The line over two lists."""
        yield Horizontal(*self.cards, id="line")
        yield self.attention_pane
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
        self._show_attention(loaded.attention)
        self.acts_table.load(MemorySource(_ACTS, [self._act(act) for act in loaded.acts]))
        if not self._begun and not self.attention.count:
            self.set_focus(self.acts_table)  # an empty list is no place to begin
        self._begun = True

    def _show_attention(self, found: Sequence[Attention]) -> None:
        """Fill the list; what was seen is counted in its title, and there when it is asked for."""
        memory = self.bench.memory
        known = [item for item in found if item.noun != "question"]
        found = sorted([*known, *self._asked()], key=lambda item: item.rank)
        seen = [item for item in found if memory.has_seen(item)]
        self._items = {item.key: item for item in found}
        shown = [item for item in found if self._all or item not in seen]
        self.attention_pane.remark = (
            f"and {count(len(seen))} seen" if seen and not self._all else ""
        )
        # No more room than it has lines for: the newest acts take the rest.
        self.attention_pane.styles.max_height = max(len(shown) + 3, LEAST)
        self.attention.load(MemorySource(_ATTENTION, [self._attention(item) for item in shown]))
        if shown and self.acts_table.has_focus and not self.acts_table.count:
            self.set_focus(self.attention)  # the first line of all: enter opens it

    def on_questions(self) -> None:
        """Show what is asked now."""
        if self.bench.standing is not None:
            self._show_attention(self.bench.standing.attention)

    def _asked(self) -> list[Attention]:
        """Return what targets ask of the runner, as lines of Attention."""
        return [
            Attention(
                noun="question", reference=each.target, state="waiting",
                what=f"{each.target} asks something", why=each.text, at=self.now, rank=WAITING,
            )
            for each in self.bench.questions
        ]  # fmt: skip

    def on_table_opened(self, event: Table.Opened) -> None:
        """Go to where the thing is shown."""
        if event.table is self.attention:
            item = self._items[event.key]
            if item.rank == ARRIVED:
                # A result is read by looking at it; what is wrong stays until it is right.
                self.bench.memory.acknowledge(item, self._items.values())
                self._show_attention(tuple(self._items.values()))
            if item.noun == "question":
                self.bench.act_answer()
            elif item.noun == "space":
                self.bench.act_doctor()
            else:
                self.bench.goto(item.noun, item.reference)
            return
        noun, _, reference = event.key.split(" ", 1)[0].partition("/")
        self.bench.goto(noun, reference)

    def _marked(self) -> Attention | None:
        """Return what the cursor is on, when the focus is in the list of what needs attention."""
        return self._items.get(self.attention.key) if self.attention.has_focus else None

    def why_not_acknowledge(self) -> str:
        """The cursor must be on a line of Attention that was not seen."""
        item = self._marked()
        if item is None:
            return "only a line of Attention can be marked as seen"
        return "it was marked as seen" if self.bench.memory.has_seen(item) else ""

    def act_acknowledge(self) -> None:
        """Take the line away until something new happens."""
        item = self._marked()
        assert item is not None, "asked by why_not_acknowledge"
        memory = self.bench.memory
        memory.acknowledge(item, self._items.values())
        self.bench.keep_undo(Undo(f"marked as seen: {item.what}", lambda: memory.unsee(item)))
        self._show_attention(tuple(self._items.values()))
        self.bench.say(f"Seen: {item.what}. It comes back when something new happens to it.")

    def why_not_seen(self) -> str:
        """There must be something that was seen."""
        memory = self.bench.memory
        some = self._all or any(memory.has_seen(item) for item in self._items.values())
        return "" if some else "nothing was marked as seen"

    def act_seen(self) -> None:
        """Show it, or hide it again."""
        self._all = not self._all
        self._show_attention(tuple(self._items.values()))

    def _attention(self, item: Attention) -> Row:
        why = Styled(item.why, "muted")
        state = Styled("· seen", "muted") if self.bench.memory.has_seen(item) else cell(item.state)
        return Row(item.key, (state, item.what, why, Styled(ago(item.at, self.now), "muted")))

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
