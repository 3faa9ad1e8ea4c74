"""The keys that move about, for everything that is scrolled or has a cursor: the same everywhere."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from screens.actions import Act, Actor


class Moves(Actor):
    """Arrows or `jk`, `g`/`G` and the page keys. A subclass says what a step and an end are."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("move.down", "down", rank=0),
        Act("move.up", "up", rank=0),
        Act("move.page-down", "page-down", rank=0),
        Act("move.page-up", "page-up", rank=0),
        Act("move.top", "top", rank=0),
        Act("move.bottom", "bottom", rank=0),
    )

    @abstractmethod
    def step(self, rows: int) -> None:
        """Move by so many rows, upwards when negative."""
        raise NotImplementedError

    @abstractmethod
    def to_end(self, *, last: bool) -> None:
        """Move to the first or the last row."""
        raise NotImplementedError

    @property
    @abstractmethod
    def page_rows(self) -> int:
        """How many rows a page key moves."""
        raise NotImplementedError

    def act_down(self) -> None:
        """One row down."""
        self.step(1)

    def act_up(self) -> None:
        """One row up."""
        self.step(-1)

    def act_page_down(self) -> None:
        """One page down."""
        self.step(self.page_rows)

    def act_page_up(self) -> None:
        """One page up."""
        self.step(-self.page_rows)

    def act_top(self) -> None:
        """To the first row."""
        self.to_end(last=False)

    def act_bottom(self) -> None:
        """To the last row."""
        self.to_end(last=True)
