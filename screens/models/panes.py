"""A pane of facts that is laid out anew for every width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events

from screens.text import Styled
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import Pane
from workbench.errors import WorkbenchError

Lay = Callable[[int], Sequence[Section]]
"""Width in cells → what is shown, laid out for it."""


class LaidDetail(Detail):
    """A Detail that knows how to lay its sections out for any width."""

    DEFAULT_CSS = "LaidDetail { scrollbar-gutter: stable; }"

    def __init__(self, lay: Lay | None = None, *, empty: str = "", subject: str = "") -> None:
        super().__init__(empty=empty)
        self._lay, self._about = lay, subject

    def lay(self, lay: Lay, subject: str) -> None:
        """Show what `lay` gives, now and at every other width."""
        self._lay, self._about = lay, subject
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Lay it out for the new width."""
        del event
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if self._lay is not None and width:
            self.fill(self._lay(width), subject=self._about)


class LaidPane(Pane):
    """A pane around a LaidDetail."""

    def __init__(self, title: str, *, empty: str) -> None:
        self.detail = LaidDetail(empty=empty)
        super().__init__(title, self.detail)

    def show(self, title: str, lay: Lay) -> None:
        """Show what `lay` gives under `title`; scrolling stays while the title does."""
        self.title = title
        self.retitle()
        self.detail.lay(lay, title)

    def tell(self, title: str, error: WorkbenchError) -> None:
        """Show why there is nothing to show."""
        why = f"{error.what.rstrip('.')}: {error.why}" if error.why else error.what
        notes = [Styled(f"✗ {why}", "bad")]
        notes += [Styled(part, "muted") for part in (error.where, error.fix) if part]
        self.show(title, lambda _: [Section(notes=notes)])
