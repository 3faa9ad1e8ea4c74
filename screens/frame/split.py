"""The body of a place: a list on the left, what it points at on the right; under 100 columns one of them."""

from __future__ import annotations

from typing import Literal

from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widget import Widget

from screens.widgets.focus import first_focusable

Side = Literal["both", "left", "right"]


class Split(Horizontal):
    """Holds two panes, `left` and `right`. `side` says which are shown.

    `both` means the left one alone where the screen is narrow. Give the widgets at construction;
    `share` is the left one's part of the width in percent.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Split { height: 1fr; width: 1fr; }
    Split > * { width: 1fr; height: 1fr; }
    Split.-left > .split--right { display: none; }
    Split.-right > .split--left { display: none; }
    Screen.-narrow Split.-both > .split--right { display: none; }
    """

    side: reactive[Side] = reactive("both")

    def __init__(
        self,
        left: Widget,
        right: Widget,
        *,
        share: int = 55,
        id: str | None = None,  # noqa: A002  # Textual's word
    ) -> None:
        super().__init__(left.add_class("split--left"), right.add_class("split--right"), id=id)
        left.styles.width = f"{share}fr"
        right.styles.width = f"{100 - share}fr"
        self.left = left
        self.right = right

    def watch_side(self, side: Side) -> None:
        """Show what `side` says."""
        for name in ("both", "left", "right"):
            self.set_class(name == side, f"-{name}")

    @property
    def narrow(self) -> bool:
        """Whether there is room for one pane only."""
        return self.screen.has_class("-narrow")

    def open(self) -> None:
        """Go into the right pane: focus it, and where it is narrow show it alone."""
        if self.narrow:
            self.side = "right"
        self._focus(self.right)

    def close(self) -> bool:
        """Go back to the list; False when that is where it was."""
        if self.side == "both" and not self._inside(self.right):
            return False
        self.side = "both"
        self._focus(self.left)
        return True

    def toggle_full(self) -> None:
        """Give the pane with the focus all the room, or give the room back."""
        if self.side != "both":
            self.side = "both"
        else:
            self.side = "right" if self._inside(self.right) else "left"

    def _inside(self, pane: Widget) -> bool:
        focused = self.screen.focused
        return focused is not None and pane in focused.ancestors_with_self

    def _focus(self, pane: Widget) -> None:
        if pane.can_focus:
            pane.focus()
            return
        first = first_focusable(pane)
        if first is not None:
            first.focus()


def _displayed(widget: Widget, inside: Widget) -> bool:
    """Tell whether `widget` is not in a view of `inside` that is put away."""
    for node in widget.ancestors_with_self:
        if node is inside:
            break
        if isinstance(node, Widget) and not node.display:
            return False
    return True
