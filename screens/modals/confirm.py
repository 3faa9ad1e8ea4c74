"""Questions before a change: what it will change, Cancel focused; the gravest want a name typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from screens.commands import command_text
from screens.modals.base import Box, Modal
from screens.text import Styled, lines, said
from screens.widgets.detail import Detail, Section
from screens.widgets.line import LineInput


class Buttons(Horizontal):
    """A row of buttons at the right."""

    DEFAULT_CSS = """
    Buttons { height: 1; align-horizontal: right; margin-top: 1; }
    Buttons Button, Buttons Button:focus {
        height: 1; min-width: 10; width: auto; border: none !important; padding: 0 2; margin-left: 2;
        background: $panel !important; color: $foreground; text-style: none !important;
    }
    Buttons Button:focus {
        background: $primary !important; color: $background; text-style: bold !important;
    }
    Buttons Button.grave:focus { background: $error !important; }
    Buttons Button:disabled { color: $text-disabled; }
    Buttons Button:ansi:focus { text-style: reverse bold !important; }
    """


class Confirm(Modal[bool]):
    """Asks before a change; gives True only when the button was pressed.

    `changes` are sentences on what it will change, or sections of facts; `verb` is the button's
    word. `name` must be typed before a grave act can be done; `argv` is shown as its command.
    """

    AUTO_FOCUS = "#typed, #cancel"  # never, for a moment, the button that does it

    DEFAULT_CSS = """
    Confirm > Box { width: 78; padding: 0 1; }
    Confirm Detail { height: auto; max-height: 12; padding: 0; }
    Confirm #command { height: auto; margin-top: 1; }
    Confirm .ask { margin-top: 1; height: 1; }
    """

    def __init__(
        self,
        title: str,
        changes: Sequence[str | Styled | Section],
        *,
        verb: str,
        name: str = "",
        argv: Sequence[str] = (),
        grave: bool = False,
    ) -> None:
        super().__init__()
        self._title, self._verb, self._name, self._argv = title, verb, name, tuple(argv)
        self._sections = [_section(change) for change in changes]
        self._grave = grave or bool(name)

    def compose(self) -> ComposeResult:
        """What it changes, the command, the name to type, the buttons."""
        detail = Detail()
        detail.can_focus = len(self._sections) > 10
        detail.fill(self._sections)
        parts: list[Detail | Static | Input | Buttons] = [detail]
        if self._argv:
            words = said("$ " + command_text(self._argv), "muted", cap=600)
            parts.append(Static(words, id="command", markup=False))
        if self._name:
            ask = Content.assemble("Type ", said(self._name, "key"), " to go on")
            parts += [Static(ask, classes="ask", markup=False), LineInput(id="typed")]
        apply = Button(said(self._verb), id="apply", classes="grave" if self._grave else "")
        apply.disabled = bool(self._name)
        parts.append(Buttons(apply, Button("Cancel", id="cancel")))
        box = Box(*parts)
        box.retitle(self._title, "tab choose   enter press   esc cancel")
        yield box

    def on_mount(self) -> None:
        """Put the focus where nothing can go wrong."""
        self.query_one("#typed" if self._name else "#cancel").focus()

    @on(Input.Changed, "#typed")
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#apply", Button).disabled = event.value.strip() != self._name

    @on(Input.Submitted, "#typed")
    def _entered(self) -> None:
        apply = self.query_one("#apply", Button)
        (self.query_one("#cancel") if apply.disabled else apply).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "apply")


def _section(change: str | Styled | Section) -> Section:
    if isinstance(change, Section):
        return change
    if isinstance(change, Styled):
        return Section(text=lines(change.text, change.tone))
    return Section(text=lines(change))
