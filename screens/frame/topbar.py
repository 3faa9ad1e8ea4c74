"""The bar at the top: project, the seven places with their digits, running jobs, health."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from screens.places import PLACES
from screens.states import look, shown
from screens.text import said

WIDE = 120
"""From this width on all the places show their names."""


class TopBar(Widget):
    """One line. The app sets `project`, `jobs` and `health`; the place sets `active`."""

    DEFAULT_CSS = """
    TopBar { height: 1; dock: top; background: $panel; padding: 0 1; text-wrap: nowrap; }
    TopBar:ansi { background: ansi_default; }
    """

    project: reactive[str] = reactive("")
    active: reactive[str] = reactive("home")
    jobs: reactive[int] = reactive(0)
    health: reactive[str] = reactive("")

    def render(self) -> Content:
        """Left: project and places; right: jobs, health and how to find the keys."""
        left, right = self._left(), self._right()
        gap = self.size.width - left.cell_length - right.cell_length
        return Content.assemble(left, " " * max(gap, 1), right)

    def _left(self) -> Content:
        room = 12 if self.size.width < 100 else 24
        parts = [said(self.project, "strong", cap=room), Content.styled("  │  ", "$border-blurred")]
        for digit, place in enumerate(PLACES):
            here = place.id == self.active
            named = here or self.size.width >= WIDE
            word = f"{digit} {place.title}" if named else str(digit)
            if here:
                parts.append(Content.styled(f" {word} ", "bold reverse $primary"))
            else:
                parts.append(Content.styled(f" {word} ", "$text-muted"))
        return Content("").join(parts)

    def _right(self) -> Content:
        parts: list[Content] = []
        if self.jobs:
            noun = "job" if self.jobs == 1 else "jobs"
            parts.append(
                Content.styled(f"{look('running').glyph} {self.jobs} {noun}", "$secondary")
            )
        if self.health:
            parts.append(shown(self.health))
        return Content("   ").join(parts)
