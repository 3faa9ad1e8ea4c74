"""The place Models: versions on the left; card, history and signature of the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import Act
from screens.feed import in_thread
from screens.frame.split import Split
from screens.models import card as cards
from screens.models import listing
from screens.models.acts import VersionActs
from screens.models.loading import Loaded, VersionRow, load
from screens.models.measuring import MeasureForm, measure_command
from screens.models.panes import LaidPane
from screens.models.parts import Parts
from screens.models.past import HistoryPane
from screens.models.reading import Card, read_card
from screens.text import said
from screens.widgets.detail import Section
from screens.widgets.pane import ListPane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.errors import WorkbenchError

CARD, HISTORY, SIGNATURE = "Card", "History", "Signature"
NO_VERSION = "A version is made by registering the model of a run."


class Models(VersionActs):
    """Versions, what they are worth, where they count, and the acts that change it."""

    NAME = "models"
    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "models.measure",
            "run",
            label="Measure",
            help="Measure an imported model on a table.",
            rank=0,
        ),
        Act("models.at", label="What was live then", help="What was live on a day, at a moment."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.list = ListPane("Model versions", self.table)
        self.card_pane = LaidPane("Card", empty="Nothing is selected.")
        self.history_pane = HistoryPane()
        self.signature = Table(empty="Nothing is selected.", markable=False)
        self.signature_pane = ListPane("Signature", self.signature)
        self.views = Views(
            [(CARD, self.card_pane), (HISTORY, self.history_pane), (SIGNATURE, self.signature_pane)]
        )
        self.card: Card | None = None
        self._asking = ""
        self._parts: dict[tuple[str, str], Parts] = {}
        self._part_asked = False

    def body(self) -> ComposeResult:
        """Versions, and the views of the one under the cursor."""
        yield Split(self.list, self.views, share=47)

    def load(self) -> Loaded:
        """Ask the records."""
        return load(self.project)

    def show(self, loaded: Loaded) -> None:
        """Fill the list in place; the card is read again, for what is live may have changed."""
        self.loaded = loaded
        self.list.border_subtitle = listing.LEGEND if loaded.versions else ""
        self.table.load(listing.versions(loaded, self.now))
        self._read()
        if self.row is not None or not loaded.versions:
            self.do_waiting()

    def point_at(self, reference: str) -> None:
        """Put the cursor on a version, or on the newest of a model."""
        newest = next((row.reference for row in self.loaded.of_model(reference)), reference)
        self.table.select(newest)

    def why_not_at(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_at(self) -> tuple[str, ...]:
        """`workbench model history delay --at today`."""
        return self.history_pane.command_at()

    def act_at(self) -> None:
        """Show the history and ask when."""
        if self.split is not None:
            self.split.open()
        self.views.view = HISTORY
        self.call_after_refresh(self.history_pane.act_at)

    def why_not_measure(self) -> str:
        """It must be one that was imported: the others have the figures of their run."""
        row = self.row
        if row is not None and row.run:
            return f"{row.reference} has the figures of {row.run}, on its test rows"
        return self._no_version()

    def command_measure(self) -> tuple[str, ...]:
        """`workbench model evaluate delay@4 DATASET`."""
        return measure_command(self.row) if self.row else ()

    def act_measure(self) -> None:
        """Ask for the table and what counts."""
        row = self.row
        assert row is not None, "asked by why_not_measure"
        self.app.push_screen(MeasureForm(self.project, row))

    # The version under the cursor

    @on(Table.Highlighted)
    def _moved(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            self._read()
            if self.row is not None:
                self.do_waiting()

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        if event.table is not self.table:
            event.prevent_default()
            self.bench.say("A column of the signature holds nothing more to open.")

    def _read(self) -> None:
        """Read the card of the version under the cursor: one at a time, the newest wish last."""
        row, loaded = self.row, self.loaded
        if row is None:
            self.card = None
            if not loaded.versions:
                self._show_nothing()
            return
        self.history_pane.tell_of(row.model, loaded, self.now)
        if self._asking:
            return
        self._asking = row.reference
        in_thread(
            self,
            lambda: read_card(self.project, loaded, row),
            lambda card: self._come(card, loaded),
            group="card",
            failed=lambda error: self._not_come(error, row, loaded),
            exclusive=False,
        )

    def _come(self, card: Card, loaded: Loaded) -> None:
        if self._overtaken(loaded):
            return
        self.card = card
        self._draw_card(card)
        self._ask_part()
        base = card.base
        other = f" against {base.reference}" if base and base.changes else ""
        self.signature_pane.title = f"{card.row.reference}{other}, columns"
        self.signature.load(
            listing.signature(card.model.version.signature, base.changes if base else ())
        )
        self.refresh_bindings()

    def _parts_of(self, card: Card) -> Parts:
        """What is known so far of a card's costly parts, kept as long as the place is open."""
        row, base = card.row, card.base
        key = (row.id, base.id if base else "")
        if key not in self._parts:
            self._parts[key] = Parts(*key, row.reference, base.reference if base else "")
        return self._parts[key]

    def _draw_card(self, card: Card) -> None:
        loaded, parts = self.loaded, self._parts_of(card)
        self.card_pane.show(
            card.row.reference, lambda width: cards.sections(card, loaded, parts, width, self.now)
        )

    def _ask_part(self) -> None:
        """Ask for the next part of the card that is shown: one at a time, so that none waits long."""
        card = self.card
        if card is None or self._part_asked or not self.is_mounted:
            return
        parts = self._parts_of(card)
        wanted = parts.next(self.project)
        if wanted is None:
            return
        name, ask = wanted
        self._part_asked = True
        in_thread(
            self,
            ask,
            lambda found: self._part_came(parts, name, found),
            group="part",
            failed=lambda error: self._part_failed(parts, error),
            exclusive=False,
        )

    def _part_came(self, parts: Parts, name: str, found: object) -> None:
        setattr(parts, name, found)
        self._part_asked = False
        card = self.card
        if card is not None and self._parts_of(card) is parts:
            self._draw_card(card)
        self._ask_part()

    def _part_failed(self, parts: Parts, error: WorkbenchError) -> None:
        parts.stopped, self._part_asked = True, False
        self.bench.tell(error)

    def _not_come(self, error: WorkbenchError, row: VersionRow, loaded: Loaded) -> None:
        if self._overtaken(loaded):
            return
        self.card = None
        self.card_pane.tell(row.reference, error)
        self.signature_pane.title = f"{row.reference}, columns"
        self.signature.load(MemorySource((), ()))
        self.refresh_bindings()

    def _overtaken(self, loaded: Loaded) -> bool:
        """Tell whether another card is wanted by now, and read that one."""
        asked, self._asking = self._asking, ""
        if not self.is_mounted:
            return True
        if asked != self.table.key or loaded is not self.loaded:
            self._read()
            return True
        return False

    def _show_nothing(self) -> None:
        words = [Section(text=said(NO_VERSION, "muted"))]
        self.card_pane.show("Card", lambda _: words)
        self.history_pane.tell_nothing(words)
        self.signature_pane.title = "Signature"
        self.signature.load(MemorySource((), ()))
