"""The pane of a model's history: lanes and entries, and `/` asks what was live on a day or at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.widgets import Input

from screens.actions import Act, Actor
from screens.models import timeline
from screens.models.loading import NOTHING, Loaded
from screens.models.panes import LaidPane
from screens.widgets.detail import Section
from screens.widgets.pane import FilterInput
from workbench.errors import WorkbenchError
from workbench.models.moments import When, read_when

HINT = "what was live: 1 October, 2026-10-01 12:30 +02:00, yesterday, 3d ago"


class HistoryPane(Actor, LaidPane):
    """A model's history; what is asked stays while other models are looked at."""

    DEFAULT_CSS = """
    HistoryPane > FilterInput { dock: top; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "history.at", "filter", label="When",
            help="What was live on a day, at a moment.", rank=60,
        ),
        Act("history.clear", "back", label="Clear", help="Take the question back.", rank=0),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__("History", empty="Nothing is selected.")
        self._input = FilterInput(HINT)
        self._model, self._loaded = "", NOTHING
        self._now: datetime | None = None

    def compose(self) -> ComposeResult:
        """The question, over the history."""
        yield self._input

    def tell_of(self, model: str, loaded: Loaded, now: datetime) -> None:
        """Show the history of a model."""
        self._model, self._loaded, self._now = model, loaded, now
        asked = self._asked(now)
        self.show(
            f"{model} history",
            lambda width: timeline.sections(model, loaded, width, now, asked),
        )

    def tell_nothing(self, words: Sequence[Section]) -> None:
        """Show that there is none."""
        self._model, self._now = "", None
        self.show("History", lambda _: words)

    def _asked(self, now: datetime) -> When | WorkbenchError | None:
        text = self._input.value.strip()
        if not text:
            return None
        try:
            return read_when(text, now)
        except WorkbenchError as error:
            return error

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._now is not None:
            self.tell_of(self._model, self._loaded, self._now)
            self.detail.to_end(last=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._input.set_class(not self._input.value, "-hidden")
        self.detail.focus()

    def why_not_at(self) -> str:
        """There must be a history."""
        return "" if self._model else "there is no version under the cursor"

    def command_at(self) -> tuple[str, ...]:
        """`workbench model history delay --at '1 October'`."""
        when = self._input.value.strip() or "now"
        return ("model", "history", self._model, "--at", when) if self._model else ()

    def act_at(self) -> None:
        """Open the question."""
        self._input.remove_class("-hidden")
        self._input.focus()

    def act_clear(self) -> None:
        """Take the question back; without one the key goes on."""
        if not self._input.has_focus and not self._input.value:
            raise SkipAction
        self._input.value = ""
        self._input.add_class("-hidden")
        self.detail.focus()
