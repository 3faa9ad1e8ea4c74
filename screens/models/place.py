"""The place Models: versions on the left; card, history and signature of the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult

from screens.actions import Act
from screens.feed import in_thread
from screens.frame.split import Split
from screens.models import listing
from screens.models.card import sections
from screens.models.deploying import DeployForm, deploy_command, free_name, serves
from screens.models.loading import NOTHING, Loaded, Standing, VersionRow, load
from screens.models.reading import Asked, Card, against, ask, read_card
from screens.place import Place
from screens.text import Styled, plural
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import ListPane, Pane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.errors import WorkbenchError
from workbench.serving.deployments import Deployment

CARD, HISTORY, SIGNATURE = "Card", "History", "Signature"


class CardPane(Pane):
    """The evidence card, laid out anew for every width."""

    def __init__(self) -> None:
        self.detail = Detail(empty="Nothing is selected.")
        super().__init__("Card", self.detail)
        self._card: Card | None = None
        self._loaded = NOTHING

    def fill(self, card: Card, loaded: Loaded) -> None:
        """Show a card."""
        self._card, self._loaded = card, loaded
        self._draw()

    def tell(self, error: WorkbenchError, subject: str) -> None:
        """Show why there is no card."""
        self._card = None
        notes = [Styled(part, "muted") for part in (error.where, error.fix) if part]
        why = Styled(f"✗ {error.what.rstrip('.')}: {error.why}" if error.why else error.what, "bad")
        self.detail.fill([Section(notes=[why, *notes])], subject=subject)

    def clear(self) -> None:
        """Show that nothing is selected."""
        self._card = None
        words = Styled("A version is made by registering the model of a run.", "muted")
        self.detail.fill([Section(notes=[words])])

    def on_resize(self, event: events.Resize) -> None:
        """Lay it out for the new width."""
        del event
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self.detail.scrollable_content_region.width
        if self._card is None or not width:
            return
        from screens.place import Place

        screen = self.screen
        assert isinstance(screen, Place)
        found = sections(self._card, self._loaded, width, screen.now)
        self.detail.fill(found, subject=self._card.row.reference)


class Models(Place[Loaded]):
    """Versions, what they are worth, where they count, and the acts that change it."""

    NAME = "models"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("models.promote", "promote", rank=20),
        Act("models.rollback", "rollback", rank=22),
        Act("models.deploy", "deploy", rank=24),
        Act("models.diff", "diff", help="What differs between two versions.", rank=30),
        Act("models.details", "details", rank=35),
        Act("models.report", "report", label="Run", help="Go to the run that made it.", rank=0),
        Act("models.verify", label="Verify the file", help="Recompute both digests of its file."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.loaded = NOTHING
        self.table = Table(
            empty="No models yet. Press 3, then m on a run that is ok, to register its model."
        )
        self.list = ListPane("Model versions", self.table)
        self.card_pane = CardPane()
        self.history = Table(
            empty="Nothing was promoted yet. p promotes.", markable=False, id="history"
        )
        self.history_pane = ListPane("History", self.history)
        self.signature = Table(empty="Nothing is selected.", markable=False, id="signature")
        self.signature_pane = ListPane("Signature", self.signature)
        self.views = Views(
            [(CARD, self.card_pane), (HISTORY, self.history_pane), (SIGNATURE, self.signature_pane)]
        )
        self.card: Card | None = None
        self._asking = ""

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

    def point_at(self, reference: str) -> None:
        """Put the cursor on a version, or on the newest of a model."""
        newest = next((row.reference for row in self.loaded.of_model(reference)), reference)
        self.table.select(newest)

    # The version under the cursor

    @property
    def row(self) -> VersionRow | None:
        """The version under the cursor."""
        return self.loaded.version(self.table.key)

    @on(Table.Highlighted)
    def _moved(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            self._read()

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        if event.table is self.history:
            entries = self.loaded.history.get(self.row.model if self.row else "", ())
            found = next((entry for entry in entries if entry.id == event.key), None)
            if found is not None:
                event.prevent_default()
                self.table.select(found.reference)
                self.views.view = CARD
        elif event.table is self.signature:
            event.prevent_default()

    def _read(self) -> None:
        """Read the card of the version under the cursor, one at a time, the newest wish last."""
        row = self.row
        if row is None:
            self.card = None
            self._show_nothing()
            return
        self._show_history(row)
        if self._asking:
            return
        self._asking = row.reference
        loaded = self.loaded
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
        self.card_pane.title = card.row.reference
        self.card_pane.retitle()
        self.card_pane.fill(card, loaded)
        base = card.base
        changes = base.changes if base else ()
        found = card.model.version.signature
        self.signature.load(listing.signature(found, changes, base.reference if base else ""))
        self.signature_pane.title = f"{card.row.reference} columns"
        self.refresh_bindings()

    def _not_come(self, error: WorkbenchError, row: VersionRow, loaded: Loaded) -> None:
        if self._overtaken(loaded):
            return
        self.card = None
        self.card_pane.title = row.reference
        self.card_pane.retitle()
        self.card_pane.tell(error, row.reference)
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

    def _show_history(self, row: VersionRow) -> None:
        entries = self.loaded.history.get(row.model, ())
        self.history_pane.title = f"{row.model} history"
        self.history.load(listing.history(entries))

    def _show_nothing(self) -> None:
        if not self.loaded.versions:
            self.card_pane.clear()
            self.history.load(MemorySource((), ()))
            self.signature.load(MemorySource((), ()))

    def _no_version(self) -> str:
        return "" if self.row else "there is no version under the cursor"

    # Acts

    def why_not_promote(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_promote(self) -> tuple[str, ...]:
        """`workbench model gates delay@4 --to production`: what it asks before anything is done."""
        row = self.row
        wanted = self.loaded.environments[-1:]
        return ("model", "gates", row.reference, "--to", *wanted) if row and wanted else ()

    def act_promote(self) -> None:
        """Ask the gates anew, then where to, then why."""
        row = self.row
        assert row is not None, "asked by why_not_promote"
        loaded = self.loaded
        in_thread(
            self,
            lambda: ask(self.project, row, loaded.environments),
            lambda asked: self._where_to(row, loaded, asked),
            group="gates",
        )

    def _where_to(self, row: VersionRow, loaded: Loaded, asked: Asked) -> None:
        from screens.models.promoting import promotion, which_environment

        def chosen(environment: str | None) -> None:
            found = asked.get(environment or "")
            if isinstance(found, WorkbenchError):
                self.bench.tell(found)
            elif found is not None:
                self.app.push_screen(promotion(self.project, loaded, row, found))

        if self.is_current:
            self.app.push_screen(which_environment(loaded, row, asked), chosen)

    def _backs(self) -> list[Standing]:
        """Where this version's model can be rolled back: where the version counts, if it does."""
        row = self.row
        if row is None:
            return []
        found = self.loaded.ordered(self.loaded.standing.get(row.model, {}))
        able = [
            x for x in found if x.back is not None and x.environment in self.loaded.environments
        ]
        here = [item for item in able if item.now.version == row.id]
        return here or able

    def why_not_rollback(self) -> str:
        """Something must have been promoted before what is there now."""
        row = self.row
        if row is None or self._backs():
            return self._no_version()
        standing = self.loaded.standing.get(row.model)
        if not standing:
            return f"no version of {row.model} was ever promoted"
        where = ", ".join(standing)
        return f"{row.model} has nothing before what is promoted in {where} now"

    def command_rollback(self) -> tuple[str, ...]:
        """`workbench model rollback delay --env production --reason=...`."""
        row, found = self.row, self._backs()
        if row is None or not found or found[0].back is None:
            return ()
        reason = f"back from {found[0].now.reference} to {found[0].back.reference}"
        return ("model", "rollback", row.model, "--env", found[0].environment, f"--reason={reason}")

    def act_rollback(self) -> None:
        """Show what comes back; where there are several environments, ask which."""
        from screens.models.promoting import rolling_back, which_rollback

        row, choices, loaded = self.row, self._backs(), self.loaded
        assert row is not None, "asked by why_not_rollback"

        def chosen(environment: str | None) -> None:
            found = next((item for item in choices if item.environment == environment), None)
            if found is not None:
                self.app.push_screen(rolling_back(self.project, loaded, row, found))

        if len(choices) == 1:
            chosen(choices[0].environment)
        else:
            self.app.push_screen(which_rollback(row, choices), chosen)

    def why_not_deploy(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_deploy(self) -> tuple[str, ...]:
        """`workbench deploy create delay --model delay@production --detach`."""
        row = self.row
        if row is None:
            return ()
        return deploy_command(free_name(self.loaded, row.model), serves(self.loaded, row)[0])

    def act_deploy(self) -> None:
        """Ask for name and port."""
        row = self.row
        assert row is not None, "asked by why_not_deploy"

        def made(deployment: Deployment | None) -> None:
            del deployment  # the message says where it is seen

        self.app.push_screen(DeployForm(self.project, self.loaded, row), made)

    def _pair(self) -> tuple[VersionRow, VersionRow] | None:
        """The two to compare: the marked, else the one under the cursor and what it is held against."""
        row = self.row
        marked = [v for key in self.table.marks if (v := self.loaded.version(key))]
        if len(marked) == 2:
            first, second = sorted(marked, key=lambda v: (v.registered_at, v.number))
            return first, second
        if row is None or len(marked) > 2:
            return None
        if len(marked) == 1 and marked[0].id != row.id:
            return marked[0], row
        base = self.loaded.version(against(self.loaded, row)[1])
        return (base, row) if base else None

    def why_not_diff(self) -> str:
        """Two versions are needed."""
        if self._pair():
            return ""
        marks = len(self.table.marks)
        if marks > 2:
            return f"{plural(marks, 'version')} are marked: mark two"
        return self._no_version() or "there is no other version: mark two with space"

    def command_diff(self) -> tuple[str, ...]:
        """`workbench run compare r_2 r_3`: their runs."""
        pair = self._pair()
        return ("run", "compare", *(row.run for row in pair)) if pair else ()

    def act_diff(self) -> None:
        """Show what differs."""
        from screens.models.differing import Diff, read_diff

        pair = self._pair()
        assert pair is not None, "asked by why_not_diff"
        in_thread(
            self,
            lambda: read_diff(self.project, *pair),
            lambda found: self.app.push_screen(Diff(*pair, found)),
            group="diff",
        )

    def why_not_details(self) -> str:
        """The version's record must have been read."""
        return self._no_version() or ("" if self.card else "its record is being read")

    def command_details(self) -> tuple[str, ...]:
        """`workbench model show delay@4`."""
        return ("model", "show", self.row.reference) if self.row else ()

    def act_details(self) -> None:
        """Show digests and lineage in full."""
        from screens.models.details import Details

        assert self.card is not None, "asked by why_not_details"
        self.app.push_screen(Details(self.card.model))

    def why_not_report(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_report(self) -> tuple[str, ...]:
        """`workbench run report r_3`."""
        return ("run", "report", self.row.run) if self.row else ()

    def act_report(self) -> None:
        """Go to the run, where the report is."""
        if self.row:
            self.bench.goto("run", self.row.run)

    def why_not_verify(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_verify(self) -> tuple[str, ...]:
        """`workbench model verify delay@4`."""
        return ("model", "verify", self.row.reference) if self.row else ()

    def act_verify(self) -> None:
        """Recompute both digests and read the types."""
        from workbench.models.registry import Verified, verify

        row, argv = self.row, self.command_verify()
        assert row is not None, "asked by why_not_verify"

        def done(found: Verified) -> None:
            self.bench.did(argv, f"{found.reference} is what was registered: {found.content[:19]}…")

        in_thread(self, lambda: verify(self.project, row.id), done, group="verify")
