"""A form over the place: fields, the command as it stands, and the button that applies it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from screens.commands import command_text
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.base import Box, Modal
from screens.modals.confirm import Buttons
from screens.text import said
from screens.widgets.fields import Field
from screens.widgets.form import Form
from workbench.errors import WorkbenchError

Values = dict[str, Any]


class FormModal(Modal[Any]):
    """Asks for values, does something with them in a thread, and gives its result.

    `apply(values)` runs in a thread when the button is pressed; the modal stays open until it
    returns: a WorkbenchError is shown beside its field (or below), and nothing is lost. `command`
    turns the values into arguments of `workbench`, shown live and noted in the log when it was done.
    `ready` says that the values are good as they are: Enter does it at once.
    """

    DEFAULT_CSS = """
    FormModal > Box { width: 90%; max-width: 110; }
    FormModal .intro { height: auto; margin-bottom: 1; color: $text-muted; }
    FormModal #command { height: auto; max-height: 3; margin-top: 1; color: $text-muted; }
    FormModal.-silent #command { display: none; }
    FormModal #error { height: auto; max-height: 4; color: $error; display: none; margin-top: 1; }
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        apply: Callable[[Values], Any],
        *,
        verb: str,
        intro: str = "",
        command: Callable[[Values], Sequence[str]] | None = None,
        outcome: Callable[[Any], str] | None = None,
        ready: bool = False,
    ) -> None:
        super().__init__()
        self._ready = ready
        self._title, self._verb, self._intro = title, verb, intro
        self._apply, self._command, self._outcome = apply, command, outcome
        self.form = Form(fields)
        self._busy = False

    def compose(self) -> ComposeResult:
        """Introduction, fields, command, what went wrong, buttons."""
        intro = Static(said(self._intro, cap=400), classes="intro", markup=False)
        intro.display = bool(self._intro)
        apply = Button(said(self._verb), id="apply")
        box = Box(
            intro,
            self.form,
            Static(id="command", markup=False),
            Static(id="error", markup=False),
            Buttons(apply, Button("Cancel", id="cancel")),
        )
        self.set_class(self._command is None, "-silent")
        box.retitle(self._title, "tab next   enter go on   esc cancel")
        yield box

    def on_mount(self) -> None:
        """Begin in the first field, or at the button where the values are good as they are."""
        # Not `focus()`, which Textual puts off: a key typed ahead would find the focus elsewhere.
        if self._ready:
            self.set_focus(self.query_one("#apply"))
        elif self.form.lines:
            self.set_focus(self.form.lines[0].input)
        self._show_command()

    @on(Form.Changed)
    def _show_command(self) -> None:
        line = ""
        if self._command is not None:
            try:
                line = "$ " + command_text(self._command(self.form.right()))
            except (KeyError, WorkbenchError):
                line = ""  # something that the command needs is not right yet
        self.query_one("#command", Static).update(said(line, "muted", cap=600))

    @on(Form.Filled)
    def _filled(self) -> None:
        self.set_focus(self.query_one("#apply"))

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#apply")
    def _pressed(self) -> None:
        values = None if self._busy else self.form.values()
        if values is None:
            return
        self._set_busy(busy=True)
        argv = tuple(self._command(values)) if self._command else ()

        def done(result: Any) -> None:
            if argv:
                self.app.post_message(Did(argv, self._outcome(result) if self._outcome else ""))
            self.dismiss(result)

        in_thread(
            self,
            lambda: self._apply(values),
            done,
            group="apply",
            failed=self._refused,
            exclusive=False,
        )

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        button = self.query_one("#apply", Button)
        button.label = said("…" if busy else self._verb)

    def _refused(self, error: WorkbenchError) -> None:
        self._set_busy(busy=False)
        below = self.query_one("#error", Static)
        below.display = not self.form.refuse(error)
        below.update(said(str(error), "bad", cap=600))
