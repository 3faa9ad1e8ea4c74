"""What lies over a place: a box in the middle or a drawer at the bottom; Esc always leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from screens.actions import Act, Actor
from screens.text import said

if TYPE_CHECKING:
    from screens.app import Workbench

R = TypeVar("R")


class Box(Vertical):
    """The frame of a modal: a titled border on the panel's ground."""

    DEFAULT_CSS = """
    Box {
        width: 76; max-width: 100%; height: auto; max-height: 100%;
        border: round $border; border-title-color: $primary; border-title-style: bold;
        border-subtitle-color: $text-muted; background: $surface; padding: 0 1;
    }
    Box:ansi { background: ansi_default; }
    Box Table, Box Detail { background: $surface; }
    """

    def retitle(self, title: str, note: str = "") -> None:
        """Write the title and, at the bottom, the keys; both may hold any text."""
        self.border_title = said(title, cap=80)
        self.border_subtitle = said(note, cap=100)


class Modal(Actor, ModalScreen[R], Generic[R]):
    """A modal screen. Esc leaves with None; a subclass dismisses with its result."""

    DEFAULT_CSS = """
    Modal { align: center middle; background: $background 60%; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("modal.close", "back", label="Close", help="Leave without doing anything.", rank=1),
    )

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        from screens.app import Workbench

        app = self.app
        assert isinstance(app, Workbench)
        return app

    def on_mount(self) -> None:
        """Let the footer below show the keys of the modal (Textual calls a subclass's own too)."""
        self.bindings_updated_signal.subscribe(
            self, lambda _: self.bench.bars.foot(self.bench.place)
        )

    def act_close(self) -> None:
        """Leave."""
        self.dismiss(None)


class Drawer(Modal[None]):
    """A modal at the bottom of the screen that leaves the place above it in sight."""

    DEFAULT_CSS = """
    Drawer { align: center bottom; background: transparent; }
    Drawer > Box { width: 100%; height: 60%; min-height: 12; padding: 0; }
    """
