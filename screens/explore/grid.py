"""The charts side by side: one, two, three or four, of which as many are shown as there is room for."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message

from screens.explore.cell import ChartCell
from screens.explore.figuring import Figuring
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import Pane

MOST = 4
"""Charts at once."""

_WIDE, _HIGH = 54, 19
"""Cells from which four charts are shown together, two by two; under that two."""

_BESIDE = 100
"""Cells from which two charts stand side by side."""


class Charts(Vertical):
    """The grid, and under a single chart of one column the facts of that column."""

    DEFAULT_CSS: ClassVar[str] = """
    Charts > #cells { layout: grid; grid-size: 1 1; grid-gutter: 0; height: 1fr; width: 1fr; }
    Charts > #facts { height: 34%; min-height: 7; max-height: 13; }
    Charts .-away { display: none; }
    """

    class Focused(Message):
        """Another chart is the one that keys are for."""

    def __init__(self, figuring: Figuring) -> None:
        super().__init__()
        self._figuring = figuring
        self.cells: list[ChartCell] = [ChartCell(figuring)]
        self.at = 0
        self.alone = False
        """Whether the active chart has the grid for itself."""
        self.facts = Detail()
        self.facts_pane = Pane("Column", self.facts, id="facts")
        self.told = False
        """Whether there are facts to tell."""
        self._grid = Container(*self.cells, id="cells")

    def compose(self) -> ComposeResult:
        """The charts over the facts."""
        yield self._grid
        yield self.facts_pane

    @property
    def active(self) -> ChartCell:
        """The chart that keys are for."""
        return self.cells[self.at]

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The chart that the focus is in becomes the active one."""
        for at, cell in enumerate(self.cells):
            if cell in event.widget.ancestors_with_self and at != self.at:
                self.at = at
                self.lay()
                self.post_message(self.Focused())

    def on_mount(self) -> None:
        """Lay out what is there."""
        self.lay()

    def on_resize(self, event: events.Resize) -> None:
        """Show as many as there is room for."""
        del event
        self.lay()

    def add(self) -> ChartCell:
        """Add a chart behind the others and make it the active one."""
        cell = ChartCell(self._figuring)
        self.cells.append(cell)
        self.at = len(self.cells) - 1
        self.alone = False
        self._grid.mount(cell)
        self.lay()
        return cell

    def close(self) -> None:
        """Take the active chart away; the last one stays."""
        if len(self.cells) > 1:
            gone = self.cells.pop(self.at)
            self.at = min(self.at, len(self.cells) - 1)
            gone.remove()
            self.alone = False
            self.lay()

    def tell(self, name: str, note: str, sections: list[Section]) -> None:
        """Write the facts of a column; none hides them."""
        self.told = bool(sections)
        self.facts_pane.title = name
        self.facts_pane.retitle(note)
        self.facts.fill(sections, subject=name)
        self.lay()

    def forget(self) -> None:
        """Become one chart without a column: those of another table mean nothing here."""
        for cell in self.cells[1:]:
            cell.remove()
        del self.cells[1:]
        self.at, self.alone = 0, False
        self.active.forget()
        self.lay()

    @property
    def room(self) -> int:
        """How many charts there is room for; a grid that is not shown yet has room for two."""
        return MOST if self.size.width >= _WIDE and self.size.height >= _HIGH else 2

    def shown(self) -> list[ChartCell]:
        """Return the charts that there is room for, the active one among them."""
        if self.alone:
            return [self.active]
        room = self.room
        first = self.at - self.at % room
        return self.cells[first : first + room]

    def lay(self) -> None:
        """Show the charts that there is room for, in their order."""
        shown = self.shown()
        across = 2 if len(shown) > 2 or (len(shown) == 2 and self.size.width >= _BESIDE) else 1
        self._grid.styles.grid_size_columns = across
        self._grid.styles.grid_size_rows = -(-len(shown) // across)
        hidden = len(self.cells) - len(shown)
        for cell in self.cells:
            cell.set_class(cell not in shown, "-away")
            cell.set_class(cell is self.active and len(self.cells) > 1, "-active")
            cell.styles.column_span = 2 if len(shown) == 3 and cell is shown[-1] else 1
            cell.note = f"{hidden} more on a larger screen" if hidden and cell is shown[-1] else ""
            cell.brief = len(shown) > 1
            cell.entitle()
        single = len(self.cells) == 1 and not self.alone and self.told
        self.facts_pane.set_class(not single, "-away")
