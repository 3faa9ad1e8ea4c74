"""The terminal interface: one app, seven places as modes, drawers over any of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.screen import Screen
from textual.timer import Timer, TimerCallback

from screens.actions import Act, Offer, main_offer, offers
from screens.asking import Asker
from screens.commands import Kind, Session, command_text
from screens.feed import Feed, in_thread
from screens.frame.bars import Bars
from screens.frame.follow import EVENTS, Follower
from screens.going import Goes
from screens.memory import EVERY, Memory
from screens.messages import Changed, Copy, Did, Failed, Refused, Said
from screens.overlays import Overlays
from screens.places import modes
from screens.questions import ASKING, Questions
from screens.themes import THEMES, choose, keep
from screens.timers import never_skipped
from screens.typeahead import TypeAhead
from screens.undo import Undoes
from screens.verbs import verb_of
from workbench.errors import WorkbenchError
from workbench.text import clean

if TYPE_CHECKING:
    from screens.place import Place
    from workbench.project.overview import Overview
    from workbench.project.project import Project

JOURNAL = "journal"
"""The name under which the feed watches the journal."""


def _clock() -> datetime:
    return datetime.now(UTC)


class Workbench(Goes, Undoes, Questions, Overlays, TypeAhead):
    """The app of one open project. `now` is the clock that ages are counted to; `fresh` forgets."""

    TITLE = "Workbench"
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = modes()
    CSS = """
    Toast { background: $panel; padding: 0 1; width: 72; max-width: 90%; }
    ToastRack { margin-bottom: 2; scrollbar-size-vertical: 0; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("app.copy", "copy", rank=0),
        Act("app.quit", "quit", rank=95),
        Act("app.interrupt", "interrupt", rank=0),
        Act(
            "app.theme",
            label="Next theme",
            help="Dark, light, colour-blind safe, the terminal's own.",
        ),
    )

    def __init__(
        self,
        project: Project,
        *,
        now: Callable[[], datetime] = _clock,
        keys: dict[str, str] | None = None,
        fresh: bool = False,
        theme: str = "",
    ) -> None:
        theme = choose(kept=theme)
        # Asked before the theme is set, Textual would take its filter of grey shades for NO_COLOR.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.project = project
        self.now = now
        self.session = Session()
        self.feed = Feed(self)
        self.bars = Bars(self)
        self.follower = Follower(self)
        self.asker = Asker(self)
        self.memory = Memory(self, fresh=fresh)
        self.standing: Overview | None = None
        """How the project stands, read whenever the journal changes."""
        self.keys = keys or {}
        self.set_keymap(self.keys)
        self._mark = project.store.changed()
        self._asking = threading.Lock()
        self._known: tuple[object, Overview] | None = None
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme

    # Life

    async def on_mount(self) -> None:
        """Open Home, or the place that was left, and begin to watch."""
        await self.switch_mode(self.memory.place)
        if self.memory.place != "home":
            self._look()
        self.feed.watch(JOURNAL, self.project.store.changed, seen=self._mark)
        self.watch_questions()
        self.feed.start()
        self.set_interval(1.0, self.tick)
        self.set_interval(EVERY, self.memory.keep)

    def on_unmount(self) -> None:
        """Stop watching, and let go of who asks."""
        self.feed.stop()
        self.asker.close()

    def set_timer(
        self,
        delay: float,
        callback: TimerCallback | None = None,
        *,
        name: str | None = None,
        pause: bool = False,
    ) -> Timer:
        """As Textual's, which waits with one for a new size of the terminal; see `screens.timers`."""
        return never_skipped(super().set_timer(delay, callback, name=name, pause=pause))

    # What the places use

    def say(self, text: str, kind: Kind = "note", detail: str = "") -> None:
        """Put a message into the status line and the log."""
        self.session.add(self.now(), kind, text, detail)
        self.bars.message()

    def did(self, argv: tuple[str, ...], outcome: str = "") -> None:
        """Note that the act with this command was done."""
        if argv:
            self.say(command_text(argv), "command", outcome)
        if outcome:
            self.say(outcome)

    def tell(self, error: WorkbenchError) -> None:
        """Show a refusal with its reason and what to do, and keep it in the log."""
        self.say(str(error), "error")
        # Each shortened by itself: what to do is said, however long the reason is.
        text = "\n".join(clean(part, 280) for part in (error.why, error.fix) if part)
        where = f" ({error.where})" if error.where else ""
        self.notify(
            clean(text, 600, lines=True) or " ",
            title=clean(error.what + where, 200),
            severity="error",
            timeout=8,
            markup=False,
        )

    def copy(self, text: str, what: str) -> None:
        """Put `text` on the clipboard, and into a file for terminals that do not take it."""
        from screens.clipboard import copy

        copy(self, text, what, self.say)

    @property
    def place(self) -> Place[Any] | None:
        """The place at the bottom of what is in front."""
        from screens.place import Place

        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, Place) else None

    def overview(self) -> Overview:
        """Return how the project stands, asked once for each state of the journal (in a thread)."""
        from workbench.project.overview import overview

        with self._asking:
            mark = self.project.store.changed()
            if self._known is None or self._known[0] != mark:
                self._known = (mark, overview(self.project, self.memory.since))
            return self._known[1]

    def offers(self) -> list[Offer]:
        """Every act within reach of the focus."""
        return offers(self.screen, self.keys)

    # Messages

    def on_key(self, event: events.Key) -> None:
        """Say so when a key of ours means nothing where the focus is."""
        verb = verb_of(event.key, self.keys)
        inside = not self.screen.is_modal
        if verb and inside and event.key not in self.screen.active_bindings:
            self.say(f"{verb.label}: nothing here answers to it; . lists what does")

    def on_refused(self, event: Refused) -> None:
        """An act could not be done."""
        self.say(event.reason, "note")

    def on_failed(self, event: Failed) -> None:
        """Something was refused."""
        self.tell(event.error)

    def on_said(self, event: Said) -> None:
        """A remark."""
        self.say(event.text, "warning" if event.warning else "note")

    def on_did(self, event: Did) -> None:
        """An act was done: what is shown is behind it."""
        self.did(event.argv, event.outcome)
        if event.undo is not None:
            self.keep_undo(event.undo)
        for place in self.bars.places():
            place.mark_stale()

    def on_copy(self, event: Copy) -> None:
        """Something is to be copied."""
        self.copy(event.text, event.what)

    def on_changed(self, event: Changed) -> None:
        """The journal or a file changed: the place in front loads again, others when they come."""
        if JOURNAL in event.names:
            self._look()
            for place in self.bars.places():
                place.mark_stale()
        if ASKING in event.names:
            self.read_questions()
        if EVENTS in event.names:
            self.follower.read()
        for place in self.bars.places():
            place.on_feed(event.names)

    # Acts

    def why_not_copy(self) -> str:
        """There must be something with a command."""
        return "" if main_offer(self._near()) else "nothing here has a command"

    def act_copy(self) -> None:
        """Copy the command of what has the focus."""
        offer = main_offer(self._near())
        if offer:
            self.copy(command_text(offer.argv), "command")

    def act_quit(self) -> None:
        """Leave; what runs goes on and the shell is told so."""
        self.memory.keep(now=True)
        self.exit()

    def act_interrupt(self) -> None:
        """Say how to leave."""
        self.say("q quits (esc first, if you are typing). Jobs and deployments go on.")

    def why_not_theme(self) -> str:
        """Without colours there is one look only."""
        return "NO_COLOR is set" if self.no_color else ""

    def act_theme(self) -> None:
        """Take the next theme."""
        names = [theme.name for theme in THEMES]
        at = names.index(self.theme) + 1 if self.theme in names else 0
        name = self.theme = names[at % len(names)]
        kept = f"The theme is {name}; it is kept in your settings."
        in_thread(self, lambda: keep(name), lambda _: self.say(kept), group="theme")

    # Inside

    def _near(self) -> list[Offer]:
        return offers(self.screen, self.keys, without=self)

    def _look(self) -> None:
        in_thread(self, self.overview, self.stands, group="overview")

    def stands(self, found: Overview) -> None:
        """Take note of how the project stands, and tell the bars and the places."""
        self.standing = found
        self.bars.refresh()
        self.follower.follow(found.running)
        self.tick()
        for place in self.bars.places():
            place.on_standing(found)

    def tick(self) -> None:
        """Write the time that the running work has taken."""
        self.bars.progress(self.follower.progress())
