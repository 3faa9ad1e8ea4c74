"""The form behind a promotion and a rollback: its card above, a reason, and for the gravest the name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Static

from screens.actions import Act
from screens.modals.base import Box
from screens.modals.confirm import Buttons
from screens.modals.form import FormModal, Values
from screens.models.panes import LaidDetail, Lay
from screens.text import said
from screens.widgets.fields import Field


class Decide(FormModal):
    """Shows a card and asks for a reason before something moves into an environment.

    With `refused` nothing can be applied: the sentence says why, and the button is Close. `ready`
    puts the focus on the button at once (a rollback is its card, then Enter); else it begins in the
    first field, whose text is needed before anything can happen.
    """

    DEFAULT_CSS = """
    Decide > Box { width: 84; max-width: 100%; }
    Decide Detail { height: auto; max-height: 12; padding: 0; background: $surface; }
    Decide.-roomy Detail { max-height: 20; }
    Decide.-vast Detail { max-height: 30; }
    Decide .refused { height: auto; margin-top: 1; }
    Decide Form { margin-top: 1; }
    Decide.-short #command { margin-top: 0; }
    Decide _Line > .label { width: 10; }
    Decide _Line > TextField { width: 5fr; }
    Decide _Line > .words { width: 4fr; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (28, "-roomy"), (38, "-vast")]  # as Textual types it

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("decide.page-down", "page-down", help="Read on in the card.", rank=0),
        Act("decide.page-up", "page-up", help="Read back in the card.", rank=0),
    )

    def __init__(
        self,
        title: str,
        lay: Lay,
        fields: Sequence[Field],
        apply: Callable[[Values], Any],
        *,
        verb: str,
        command: Callable[[Values], Sequence[str]],
        outcome: Callable[[Any], str],
        refused: str = "",
        ready: bool = False,
    ) -> None:
        super().__init__(
            title,
            () if refused else fields,
            apply,
            verb=verb,
            command=None if refused else command,
            outcome=outcome,
        )
        self._refusal, self._ready = refused, ready
        self.card = LaidDetail(lay, subject=title)
        self.card.can_focus = False

    def compose(self) -> ComposeResult:
        """Card, why it is refused or the fields, command, buttons."""
        parts: list[LaidDetail | Static | Buttons] = [self.card]
        if self._refusal:
            words = Content.assemble(("✗ ", "$error"), said(self._refusal, "bad", cap=600))
            parts.append(Static(words, classes="refused", markup=False))
            buttons = Buttons(Button("Close", id="cancel"))
            keys = "esc close   pgdn read on"
        else:
            apply = Button(said(self._verb), id="apply", classes="grave")
            buttons = Buttons(apply, Button("Cancel", id="cancel"))
            keys = "tab next   enter go on   pgdn read on   esc cancel"
        box = Box(
            *parts, self.form, Static(id="command", markup=False),
            Static(id="error", markup=False), buttons,
        )  # fmt: skip
        box.retitle(self._title, keys)
        yield box

    def on_mount(self) -> None:
        """Begin where nothing can happen by one key, except where the card says that one does."""
        # After the form's own beginning, which Textual calls as well.
        if self._refusal or self._ready:
            button = "#cancel" if self._refusal else "#apply"
            self.call_after_refresh(lambda: self.query_one(button).focus())

    def act_page_down(self) -> None:
        """Read on."""
        self.card.step(self.card.page_rows)

    def act_page_up(self) -> None:
        """Read back."""
        self.card.step(-self.card.page_rows)
