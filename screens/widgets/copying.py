"""Copying cells and rows out of a table."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from screens.actions import Act, Actor
from screens.messages import Copy


class Copies(Actor):
    """`Y` copies the cell under the cursor; the menu has the whole row, tabs between its cells."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("copies.cell", "copy-cell", rank=0),
        Act("copies.row", label="Copy row", help="Copy the whole row, tabs between the cells."),
    )

    @property
    @abstractmethod
    def texts(self) -> tuple[str, ...]:
        """The cells of the row under the cursor as cleaned text; none without a row."""
        raise NotImplementedError

    @property
    @abstractmethod
    def cell_text(self) -> str:
        """The cell under the cursor."""
        raise NotImplementedError

    def why_not_cell(self) -> str:
        """There must be a row."""
        return "" if self.texts else "there is no row under the cursor"

    def why_not_row(self) -> str:
        """There must be a row."""
        return self.why_not_cell()

    def act_cell(self) -> None:
        """Copy the cell."""
        self.post_message(Copy(self.cell_text, "cell"))

    def act_row(self) -> None:
        """Copy the row."""
        self.post_message(Copy("\t".join(self.texts), "row"))
