"""A form made from declared fields: label, input, and beside it the help or what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static

from screens.text import said
from screens.widgets.fields import ChoiceField, Field, TextField, check
from workbench.errors import WorkbenchError

LABEL = 20
"""Cells of a label at most."""


class _Line(Horizontal):
    """Label, input, words."""

    DEFAULT_CSS = """
    _Line { height: 1; width: 100%; }
    _Line > .label { color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    _Line > TextField, _Line > ChoiceField { width: 2fr; }
    _Line > .words { width: 3fr; padding-left: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    _Line:focus-within { height: auto; }
    _Line:focus-within > .words { text-wrap: wrap; }
    """

    def __init__(self, field: Field) -> None:
        self.field = field
        self.input = ChoiceField(field) if field.kind == "choice" else TextField(field)
        self.words = Static(classes="words", markup=False)
        mark = " *" if field.required else ""
        name = said(field.label + mark, cap=30)
        self.label = Static(name, classes="label", markup=False)
        self.label_width = name.cell_length
        super().__init__(self.label, self.input, self.words)

    @property
    def text(self) -> str:
        """What was typed or chosen."""
        return self.input.value

    def tell(self, error: str) -> None:
        """Show the error, else the help."""
        unit = f" {self.field.unit}" if self.field.unit else ""
        words = self.field.notes.get(self.text) or self.field.help + unit
        self.words.update(said("✗ " + error, "bad") if error else said(words, "muted"))


class Form(VerticalScroll):
    """Fields, one a line. Enter in a text goes to the next field; from the last one to `Filled`.

    The labels take what the longest needs; the words beside the field that has the focus are shown
    whole, over several lines where it must be.

    `values()` gives the parsed values or None when something is wrong, and then shows what, beside
    its field, with the focus on the first. `refuse` shows an error that came from applying.
    """

    DEFAULT_CSS = """
    Form { height: auto; max-height: 1fr; width: 100%; scrollbar-size-vertical: 1; }
    """

    class Changed(Message):
        """A value changed; `values` are those that are right, by name."""

        def __init__(self, values: dict[str, Any]) -> None:
            super().__init__()
            self.values = values

    class Filled(Message):
        """Enter in the last field."""

    def __init__(self, fields: Sequence[Field], *, id: str | None = None) -> None:  # noqa: A002  # Textual's word
        super().__init__(id=id, can_focus=False)
        self.lines = [_Line(field) for field in fields]
        width = min(max((line.label_width for line in self.lines), default=0), LABEL)
        for line in self.lines:
            line.label.styles.width = width + 1

    def compose(self) -> ComposeResult:
        """The lines."""
        yield from self.lines

    def on_mount(self) -> None:
        """Show the help beside every field."""
        for line in self.lines:
            line.tell("")

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the fields, as typed."""
        return {line.field.name: line.text for line in self.lines}

    def right(self) -> dict[str, Any]:
        """Return the values of those fields that are right."""
        found = {}
        for line in self.lines:
            value, error = check(line.field, line.text)
            if not error:
                found[line.field.name] = value
        return found

    def values(self) -> dict[str, Any] | None:
        """Return every value, or None after showing what is wrong."""
        found, first = {}, None
        for line in self.lines:
            value, error = check(line.field, line.text)
            line.tell(error)
            found[line.field.name] = value
            first = line if error and first is None else first
        if first is not None:
            self.screen.set_focus(first.input)
            return None
        return found

    def refuse(self, error: WorkbenchError) -> bool:
        """Show `error` beside the field that its `where` names; False when it names none."""
        where = error.where.lstrip("-").replace("-", "_")
        line = next((line for line in self.lines if line.field.name == where), None)
        if line is None:
            return False
        line.tell(error.why or error.what)
        self.screen.set_focus(line.input)
        return True

    @on(Input.Changed)
    @on(ChoiceField.Changed)
    def _changed(self, event: Input.Changed | ChoiceField.Changed) -> None:
        event.stop()
        for line in self.lines:
            if line.input.has_focus:
                line.tell(check(line.field, line.text)[1] if line.text else "")
        self.post_message(self.Changed(self.right()))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        inputs = [line.input for line in self.lines]
        at = next((n for n, line in enumerate(self.lines) if line.input is event.input), 0)
        if at + 1 < len(inputs):
            self.screen.set_focus(inputs[at + 1])
        else:
            self.post_message(self.Filled())
