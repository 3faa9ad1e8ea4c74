"""A log in a pane: whether it follows stands in the title, `/` searches, and it can be saved to a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.widgets import Input

from screens.actions import Act, Actor
from screens.messages import Refused
from screens.modals.form import FormModal, Values
from screens.text import count, size
from screens.widgets.fields import Field
from screens.widgets.logview import LogView
from screens.widgets.pane import FilterInput, Pane

COPY_CHUNK = 1024 * 1024


class LogPane(Actor, Pane):
    """A LogView under its title. `command(file)` gives the arguments that save the same by command."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("logpane.search", "filter", label="Search", help="Search in the log.", rank=20),
        Act(
            "logpane.next",
            "next-column",
            label="Next found",
            help="To the next line with what was searched for.",
            rank=21,
        ),
        Act(
            "logpane.before",
            "previous-column",
            label="Found before",
            help="To the line before with what was searched for.",
            rank=0,
        ),
        Act("logpane.end", "back", label="End search", help="Search no longer.", rank=0),
        Act("logpane.save", label="Save log", help="Write the whole log to a file."),
    )

    def __init__(
        self,
        title: str,
        view: LogView,
        *,
        command: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self.view: LogView | None = None
        self._note = ""
        super().__init__(title)
        self.view = view
        self._command = command
        self._input = FilterInput("search; enter goes to the next, esc ends")

    def compose(self) -> ComposeResult:
        """The search over the log."""
        yield self._input
        if self.view is not None:
            yield self.view

    def retitle(self, note: str = "") -> None:
        """Write title, note, whether it follows, and what was found."""
        self._note = note
        super().retitle("  ".join(part for part in (note, *self._state()) if part))

    def _state(self) -> list[str]:
        view = self.view
        if view is None or view.path is None:
            return []
        parts = []
        if view.searches:
            if not view.found:
                parts.append("not found" + (" in its end" if view.cut else ""))
            else:
                at = view.found.index(view.here) + 1 if view.here in view.found else 0
                parts.append(f"{count(at)} of {count(len(view.found))} found")
        if not view.follows:
            parts.append("held: G follows")
        return parts

    @on(LogView.Changed)
    def _changed(self, event: LogView.Changed) -> None:
        event.stop()
        self.retitle(self._note)
        self.screen.refresh_bindings()

    # Searching

    def act_search(self) -> None:
        """Open the search."""
        if self.view is not None:
            self.view.begin_search()
        self._input.remove_class("-hidden")
        self.screen.set_focus(self._input)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.view is not None:
            self.view.search(event.value)
            self.retitle(self._note)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._input.set_class(not event.value, "-hidden")
        if self.view is not None:
            self.screen.set_focus(self.view)

    def offered(self, act: Act) -> bool:
        """What goes on with a search is offered while there is one."""
        if act.name in {"next", "before", "end"}:
            return self.view is not None and self.view.searches
        return True

    def act_next(self) -> None:
        """To the next."""
        self._go_on(back=False)

    def act_before(self) -> None:
        """To the one before."""
        self._go_on(back=True)

    def _go_on(self, *, back: bool) -> None:
        view = self.view
        if view is None or not view.searches:
            raise SkipAction
        if not view.found:
            self.app.post_message(Refused("what was searched for is not in the log"))
        view.go_on(back=back)

    def act_end(self) -> None:
        """Search no longer; without a search the key goes on."""
        typing = self._input.has_focus
        if self.view is None or not (typing or self.view.searches):
            raise SkipAction
        self._input.value = ""
        self._input.add_class("-hidden")
        self.view.search("")
        self.screen.set_focus(self.view)

    # Saving

    def why_not_save(self) -> str:
        """There must be a log."""
        return "" if self.view is not None and self.view.path else "there is no log here"

    def act_save(self) -> None:
        """Ask where to, and copy the file as it is."""
        assert self.view is not None
        path, command = self.view.path, self._command
        assert path is not None
        fields = [
            Field("file", "file", "a new file", kind="path", required=True, default="job.log")
        ]

        def write(values: Values) -> int:
            return copy_log(path, Path(values["file"].strip()).expanduser())

        def argv(values: Values) -> Sequence[str]:
            return command(values["file"].strip()) if command is not None else ()

        self.app.push_screen(
            FormModal(
                "Save the log",
                fields,
                write,
                verb="Write it",
                intro="All of it, byte for byte as it came.",
                command=argv if command is not None else None,
                outcome=lambda octets: f"Wrote {size(octets)}.",
            )
        )


def copy_log(source: Path, place: Path) -> int:
    """Copy a log as it is now to a file that is not there yet; return its bytes."""
    from workbench.compute.waiting import new_file

    octets = 0
    with new_file(place) as out, source.open("rb") as log:
        while piece := log.read(COPY_CHUNK):
            out.write(piece)
            octets += len(piece)
    return octets
