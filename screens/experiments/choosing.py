"""Which columns the list of runs has, and in which order: space puts one on or off, ← and → move it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import Act, Actor
from screens.experiments.kept import Kept
from screens.experiments.listed import Names, Setting
from screens.experiments.rows import column_names, every_column
from screens.feed import in_thread
from screens.modals.base import Box, Modal
from screens.text import Styled
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.experiments.listing import METRIC, PARAM
from workbench.experiments.naming import Known

_HEADS = (
    Column("on", "", width=3, sortable=False),
    Column("name", "Column", grow=True, cap=40, sortable=False),
    Column("kind", "What", cap=12, sortable=False),
)


class Columns(Table):
    """The columns that there are; those that are on stand in the list from left to right."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "columns.usual",
            "refresh",
            label="The usual",
            help="Back to the usual columns.",
            rank=30,
        ),
    )

    def __init__(self, shown: Sequence[str], usual: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(empty="There are no columns.")
        self._usual, self._known = list(usual), list(known)
        self._names: list[str] = []
        self._on: set[str] = set()
        self._begin(list(shown) or self._usual)

    def _begin(self, shown: list[str]) -> None:
        self._names = [*shown, *(name for name in self._known if name not in shown)]
        self._on = set(shown)

    def on_mount(self) -> None:
        """Write the rows."""
        self.write()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are on, in order; empty when they are the usual ones."""
        names = [name for name in self._names if name in self._on]
        return () if names == self._usual else tuple(names)

    def write(self) -> None:
        """Write the rows anew; the cursor stays on its column."""
        self.load(MemorySource(_HEADS, [self._row(name) for name in self._names]))

    def _row(self, name: str) -> Row:
        on = name in self._on
        kind = (
            "metric"
            if name.startswith(METRIC)
            else "parameter"
            if name.startswith(PARAM)
            else "fact"
        )
        shown = name.removeprefix(METRIC).removeprefix(PARAM)
        sign = Styled("✓", "good") if on else Styled("·", "muted")
        label = Styled(shown, "strong" if on else "plain")
        return Row(name, (sign, label, Styled(kind, "muted")))

    def act_usual(self) -> None:
        """Take the usual columns."""
        self._begin(self._usual)
        self.write()

    def act_mark(self) -> None:
        """Put the column on or off and go on to the next."""
        self._on ^= {self.key}
        self.write()
        self.cursor += 1

    def act_left(self) -> None:
        """Move the column to the left."""
        self._move(-1)

    def act_right(self) -> None:
        """Move the column to the right."""
        self._move(1)

    def _move(self, by: int) -> None:
        at = self._names.index(self.key) if self.key else 0
        to = at + by
        if self.key and 0 <= to < len(self._names):
            self._names[at], self._names[to] = self._names[to], self._names[at]
            self.write()


class ChooseColumns(Modal[tuple[str, ...]]):
    """Gives the columns chosen; empty for the usual ones, None by Esc."""

    DEFAULT_CSS = """
    ChooseColumns > Box { width: 62; height: 80%; max-height: 30; }
    """

    def __init__(
        self, where: str, shown: Sequence[str], usual: Sequence[str], known: Sequence[str]
    ) -> None:
        super().__init__()
        self._where = where
        self.table = Columns(shown, usual, known)

    def compose(self) -> ComposeResult:
        """The list."""
        box = Box(self.table)
        box.retitle(f"Columns of {self._where}", "space on/off  ←→ move  r usual  enter apply")
        yield box

    def on_mount(self) -> None:
        """Begin in the list."""
        self.set_focus(self.table)

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        event.stop()
        self.dismiss(self.table.wanted)


class Shows(Actor):
    """The part of the list of runs that lets its columns be chosen."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("runs.columns", label="Columns", help="Which columns the list has, and their order."),
    )

    scope: str
    names: Names | None
    setting: Setting | None

    @property
    def kept(self) -> Kept:
        """What the person chose."""
        raise NotImplementedError

    def refill(self) -> None:
        """Write the rows anew."""
        raise NotImplementedError

    def act_columns(self) -> None:
        """Ask which columns the list is to have; they are kept for this experiment."""
        setting, names, scope = self.setting, self.names, self.scope
        if setting is None or names is None:
            return  # nothing has been loaded yet

        def chosen(wanted: tuple[str, ...] | None) -> None:
            if wanted is not None:
                self.kept.show(scope, wanted)
                self.refill()

        def ask(known: Known) -> None:
            self.app.push_screen(
                ChooseColumns(
                    scope or "all runs",
                    setting.shown,
                    column_names(setting.shelf),
                    every_column(known),
                ),
                chosen,
            )

        in_thread(self, names.known, ask, group="names")
