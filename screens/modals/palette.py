"""The palette (`:`) and the menu (`.`): acts found by name, each with its key and its command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from screens.actions import Act, Offer
from screens.commands import command_text
from screens.messages import Copy
from screens.modals.base import Box, Modal
from screens.text import folded, said
from screens.widgets.line import LineInput

KEY, WIDTH = 6, 100
"""Cells of the column of keys, and of the box at most."""


def ranked(offers: Sequence[Offer], query: str) -> list[Offer]:
    """Return the offers that match: every word in label, help, id or key; label matches first.

    Without a query, what cannot be done now comes last.
    """
    words = query.casefold().split()
    found: list[tuple[bool, int, int, Offer]] = []
    for at, offer in enumerate(offers):
        label = offer.act.words.casefold()
        text = f"{label} {offer.act.sentence} {offer.act.id}".casefold()
        if all(word in text or word == offer.key.casefold() for word in words):
            starts = sum(label.startswith(word) for word in words)
            inside = sum(word in label for word in words)
            found.append((bool(offer.reason) and not words, -2 * starts - inside, at, offer))
    return [offer for *_, offer in sorted(found, key=lambda item: item[:3])]


class _Acts(OptionList):
    """The list of acts; letters go to the input, so it has no search of its own."""

    DEFAULT_CSS = """
    _Acts { height: auto; max-height: 16; border: none; padding: 0; background: $surface; }
    _Acts { scrollbar-size-vertical: 1; }
    _Acts:focus { border: none; }
    """


class Palette(Modal[Offer]):
    """Every act within reach: type to find, Enter to do, what cannot be done now is dim with its reason.

    Gives the act that was chosen; whoever opened it performs that.
    """

    TITLE_WORDS = "Commands"
    DEFAULT_CSS = """
    Palette { align: center top; }
    Palette > Box { margin-top: 2; width: 90%; max-width: 100; }
    Palette LineInput { margin-bottom: 1; }
    Palette #command { height: 1; margin-top: 1; color: $text-muted; text-wrap: nowrap; }
    """

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = [offer for offer in offers if self.wanted(offer)]
        self._shown: list[Offer] = []

    def wanted(self, offer: Offer) -> bool:
        """Whether the act belongs in this list: moving about does not."""
        return offer.act.verb not in _MOVES

    def compose(self) -> ComposeResult:
        """Input, list, and the command of the act that is pointed at."""
        box = Box(
            LineInput(placeholder="what do you want to do?"),
            _Acts(markup=False),
            Static(id="command", markup=False),
        )
        box.retitle(self.TITLE_WORDS, "enter do   ↑↓ choose   esc close")
        yield box

    def on_mount(self) -> None:
        """Show everything."""
        self.fill("")

    def fill(self, query: str) -> None:
        """Show the acts that match."""
        acts = self.query_one(_Acts)
        self._shown = ranked(self._offers, query)
        acts.clear_options()
        acts.add_options([Option(self._line(offer)) for offer in self._shown])
        if self._shown:
            acts.highlighted = 0
        self._tell()

    def _line(self, offer: Offer) -> Content:
        width = max((len(item.act.words) for item in self._offers), default=0)
        name = offer.act.words.ljust(width)
        if offer.reason:
            return Content.assemble(
                (offer.key.rjust(KEY), "$text-disabled"),
                "  ",
                (name, "$text-disabled"),
                "  ",
                self._behind(offer, width),
            )
        return Content.assemble(
            (offer.key.rjust(KEY), "bold $primary"), "  ", name, "  ", self._behind(offer, width)
        )

    def _behind(self, offer: Offer, width: int) -> Content:
        """What stands behind the name: the act in a sentence, or why not now; it goes on under itself."""
        indent = KEY + 2 + width + 2
        box = min(self.app.size.width * 9 // 10, WIDTH)
        room = max(box - 5 - indent, 16)  # border, padding and scroll bar
        rows = folded(offer.reason or offer.act.sentence, "muted", room)
        return Content("\n" + " " * indent).join(rows)

    @property
    def pointed(self) -> Offer | None:
        """The act that is pointed at."""
        at = self.query_one(_Acts).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.fill(event.value)

    @on(OptionList.OptionHighlighted)
    def _pointed(self) -> None:
        self._tell()

    def _tell(self) -> None:
        offer = self.pointed
        argv = offer.argv if offer else ()
        line = said("$ " + command_text(argv), "muted") if argv else Content("")
        self.query_one("#command", Static).update(line)

    def on_key(self, event: events.Key) -> None:
        """Arrows move in the list while the input keeps the focus."""
        acts = self.query_one(_Acts)
        moves = {
            "down": "cursor_down",
            "up": "cursor_up",
            "pagedown": "page_down",
            "pageup": "page_up",
        }
        if event.key in moves:
            getattr(acts, "action_" + moves[event.key])()
            event.stop()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        if self.pointed is not None:
            self.dismiss(self.pointed)


class Menu(Palette):
    """Every act on what has the focus, with its command below; `y` copies that."""

    TITLE_WORDS = "What can be done here"
    DEFAULT_CSS = """
    Menu LineInput { display: none; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (Act("menu.copy", "copy", rank=1),)

    def wanted(self, offer: Offer) -> bool:
        """Acts of the focused thing and its place, not of the app."""
        return super().wanted(offer) and not offer.everywhere

    def on_mount(self) -> None:
        """Let the list have the keys."""
        self.query_one(_Acts).focus()
        self.query_one(Box).border_subtitle = "enter do   y copy command   esc close"

    def act_copy(self) -> None:
        """Copy the command of the act that is pointed at."""
        offer = self.pointed
        if offer is not None and offer.argv:
            self.post_message(Copy(command_text(offer.argv), "command"))

    def why_not_copy(self) -> str:
        """The act must have a command."""
        return "" if self.pointed and self.pointed.argv else "this act has no command"


_MOVES = frozenset(
    {
        "down",
        "up",
        "left",
        "right",
        "top",
        "bottom",
        "page-down",
        "page-up",
        "commands",
        "interrupt",
    }
    | {"next-pane", "previous-pane"}
)
