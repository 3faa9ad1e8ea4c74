"""Several views in one place: one is shown, `v` goes to the next; their names stand in the border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.containers import Container
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from screens.actions import Act, Actor
from screens.widgets.focus import first_focusable
from screens.widgets.pane import Pane


class Views(Actor, Container):
    """Holds one widget a view (name → widget, Panes as a rule), of which one is shown.

    A Pane gets the names of all views in its lower border. The focus goes along.
    """

    DEFAULT_CSS = """
    Views { height: 1fr; width: 1fr; }
    Views > .-away { display: none; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("views.next", "view", rank=65),
        Act("views.before", "view-back", rank=0),
    )

    view: reactive[str] = reactive("")

    class Shown(Message):
        """Another view is shown."""

        def __init__(self, views: Views, view: str) -> None:
            super().__init__()
            self.views = views
            self.view = view

        @property
        def control(self) -> Views:
            """The views."""
            return self.views

    def __init__(self, views: Sequence[tuple[str, Widget]], *, id: str | None = None) -> None:  # noqa: A002  # Textual's word
        super().__init__(*[widget for _, widget in views], id=id)
        self.widgets = dict(views)
        self.set_reactive(Views.view, next(iter(self.widgets)))

    def on_mount(self) -> None:
        """Show the first."""
        self._lay()

    def watch_view(self) -> None:
        """Show it, keep the focus inside, tell."""
        had = self.has_focus_within
        self._lay()
        if had:
            self.call_after_refresh(self.focus_in)
        self.post_message(self.Shown(self, self.view))

    def focus_in(self) -> None:
        """Put the focus into the view that is shown."""
        shown = self.widgets[self.view]
        first = first_focusable(shown)
        if shown.focusable:
            shown.focus()
        elif first is not None:
            first.focus()

    def _lay(self) -> None:
        for name, widget in self.widgets.items():
            widget.set_class(name != self.view, "-away")
            if isinstance(widget, Pane):
                widget.views(tuple(self.widgets), self.view)

    def _turn(self, by: int) -> None:
        names = list(self.widgets)
        self.view = names[(names.index(self.view) + by) % len(names)]

    def act_next(self) -> None:
        """The next view."""
        self._turn(1)

    def act_before(self) -> None:
        """The view before."""
        self._turn(-1)
