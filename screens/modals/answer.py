"""One question that only the person can answer: a passphrase, a code, yes or no."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Input, Static

from screens.modals.base import Box, Modal
from screens.modals.confirm import Buttons
from screens.text import lines
from screens.widgets.line import LineInput
from workbench.compute.contract import Question


class Answer(Modal[str]):
    """Asks one question; gives what was typed, None when the person would not say."""

    DEFAULT_CSS = """
    Answer > Box { width: 70; }
    Answer .question { height: auto; max-height: 12; margin-bottom: 1; }
    """

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question, the answer (hidden where it is a secret), the buttons."""
        question = self._question
        words = Static(lines(question.text), classes="question", markup=False)
        typed = LineInput(id="typed", password=question.secret)
        box = Box(
            words, typed, Buttons(Button("Answer", id="apply"), Button("Cancel", id="cancel"))
        )
        note = "enter answer   esc say nothing"
        box.retitle(f"{question.target} asks", note + ("   not shown" if question.secret else ""))
        yield box

    def on_mount(self) -> None:
        """Begin with the answer."""
        self.set_focus(self.query_one("#typed"))

    @on(Input.Submitted)
    @on(Button.Pressed, "#apply")
    def _answered(self) -> None:
        self.dismiss(self.query_one("#typed", LineInput).value)

    @on(Button.Pressed, "#cancel")
    def _left(self) -> None:
        self.dismiss(None)
