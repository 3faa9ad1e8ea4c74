"""What every place is: the frame around a body, data loaded in a thread and shown on the UI thread."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from screens.actions import Act, Actor
from screens.feed import in_thread
from screens.frame.footline import FootLine
from screens.frame.split import Split
from screens.frame.statusline import StatusLine
from screens.frame.toosmall import TooSmall
from screens.frame.topbar import TopBar
from screens.messages import Failed
from screens.widgets.table import Table

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.errors import WorkbenchError
    from workbench.project.overview import Overview
    from workbench.project.project import Project

T = TypeVar("T")


class Place(Actor, Screen[None], Generic[T]):
    """One of the seven places. A subclass sets NAME and writes `body`, `load` and `show`.

    `load` runs in a thread whenever the journal changed while the place is in front (and when it
    comes to the front after a change); it returns everything that `show` needs and touches no
    widget. `show` runs on the UI thread and changes widgets in place, so that focus and cursor
    stay. While one load runs, changes are noted and lead to one more load after it.
    """

    NAME: ClassVar[str] = ""
    """The place's id in `screens.places`."""

    AUTO_FOCUS = "Table, Detail"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (80, "-narrow"), (100, "-wide")]  # as Textual types it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # as Textual types it

    DEFAULT_CSS = """
    Place { layout: vertical; background: $background; }
    Place > #body { height: 1fr; width: 100%; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("place.back", "back", rank=0),
        Act("place.refresh", "refresh", rank=0),
        Act("place.full", "full", rank=0),
    )

    def __init__(self) -> None:
        super().__init__(name=self.NAME)
        self._loading = False
        self._stale = True
        self._sought = ""
        self._been_shown = False
        self._early: tuple[Actor, Act] | None = None

    # What a place writes

    @abstractmethod
    def body(self) -> ComposeResult:
        """Yield the widgets between the top bar and the status line, usually one Split."""
        raise NotImplementedError

    @abstractmethod
    def load(self) -> T:
        """Return what is to be shown (in a thread; store and files may be used, widgets not)."""
        raise NotImplementedError

    @abstractmethod
    def show(self, loaded: T) -> None:
        """Show it (on the UI thread)."""
        raise NotImplementedError

    def failed(self, error: WorkbenchError) -> None:
        """Tell that loading failed; what was there stays."""
        self.post_message(Failed(error))

    def point_at(self, reference: str) -> None:
        """Put the cursor on what `reference` names; called when somebody comes here to see it."""
        for table in self.query(Table).results(Table):
            table.select(reference)
            return

    def look_at(self, reference: str) -> None:
        """Point at what `reference` names, now or when the list has come."""
        if self.behind:
            self._sought = reference
        else:
            self.point_at(reference)

    def on_feed(self, names: frozenset[str]) -> None:
        """Files that this place watches (`bench.feed.watch_file`) changed; overridden where it does."""

    def on_standing(self, standing: Overview) -> None:
        """How the project stands was read again; overridden by what shows it."""

    def keepsake(self) -> object:
        """Return what else is to be found again in the next session, as plain values; None for nothing."""
        return None

    def take_up(self, kept: object) -> None:
        """Go on where `keepsake` left off, before the first load; it may be anything, or out of date."""

    def on_questions(self) -> None:
        """What targets ask of the runner is another (`bench.questions`); overridden by what shows it."""

    # What a place may use

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    @property
    def project(self) -> Project:
        """The open project."""
        return self.bench.project

    @property
    def now(self) -> datetime:
        """The time that ages are counted to."""
        return self.bench.now()

    def reload(self) -> None:
        """Load again; while one load runs, remember to do it once more after it."""
        if self._loading:
            self._stale = True
            return
        self._loading, self._stale = True, False
        in_thread(
            self, self.load, self._loaded, group="load", failed=self._not_loaded, exclusive=False
        )

    @property
    def behind(self) -> bool:
        """Whether something was done since what is shown was read."""
        return self._loading or self._stale

    def mark_stale(self) -> None:
        """Load again now when in front, else when the place comes to the front."""
        self._stale = True
        if self.is_current:
            self.reload()

    # The frame

    def compose(self) -> ComposeResult:
        """Lay out the frame."""
        top = TopBar(classes="frame")
        top.active = self.NAME
        yield top
        with Container(id="body", classes="frame"):
            yield from self.body()
        yield FootLine(classes="frame")
        yield StatusLine(classes="frame")
        yield TooSmall()

    def on_mount(self) -> None:
        """Put the focus into the first pane; the app fills the bars."""
        self.bench.bars.dress(self)
        self.bench.memory.restore(self)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Load what changed while the place was behind others."""
        del event
        if self._stale:
            self.reload()

    def _loaded(self, value: T) -> None:
        self._loading = False
        if self.is_mounted:
            self.show(value)
            self._been_shown = True
            sought, self._sought = self._sought, ""
            if sought:
                self.point_at(sought)
            self.refresh_bindings()
            self._do_early()
        if self._stale:
            self.reload()

    def _not_loaded(self, error: WorkbenchError) -> None:
        self._loading = False
        self._been_shown, self._early = True, None
        self.failed(error)

    # Keys pressed before there is anything to act on

    def holds_back(self, node: Actor, act: Act) -> bool:
        """Remember what was asked for before the first list had been read; False once it has.

        Only the last is remembered: whoever presses twice means the second.
        """
        if self._has_read:
            return False
        self._early = (node, act)
        return True

    @property
    def _has_read(self) -> bool:
        """Whether the first rows of every list in sight have come."""
        tables = self.query(Table).results(Table)
        return self._been_shown and not any(table.rows.wanted for table in tables)

    def _do_early(self) -> None:
        if self._early is None or not self._has_read:
            return
        (node, act), self._early = self._early, None
        if self.is_current:
            self.call_after_refresh(node.perform, act)

    @on(Table.Arranged)
    def _rows_came(self) -> None:
        self._do_early()

    # Acts of every place

    @property
    def split(self) -> Split | None:
        """The body's split, where it has one."""
        found = self.query(Split)
        return found.first() if found else None

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter on a row goes into the right pane, unless the place does something better."""
        del event
        if self.split is not None:
            self.split.open()

    def act_back(self) -> None:
        """Leave the right pane, else go to the place before."""
        if self.split is None or not self.split.close():
            self.bench.act_last()

    def act_refresh(self) -> None:
        """Load again."""
        self._stale = True
        self.reload()

    def act_full(self) -> None:
        """Give the pane with the focus all the room."""
        if self.split is None:
            raise SkipAction
        self.split.toggle_full()

    def why_not_full(self) -> str:
        """Only a place of two panes has something to give."""
        return "" if self.split is not None else "this place has one pane only"
