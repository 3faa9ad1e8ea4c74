"""Sources for the tests of the table: ten million rows that cost nothing, and one that waits."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from screens.widgets.source import PAGE, Column, Row, Sort
from workbench.errors import BadInput


class Millions:
    """Row n has the key `kn` and holds n and its square."""

    columns: Sequence[Column] = (
        Column("n", "N", right=True),
        Column("square", "Square", right=True),
    )

    def __init__(self, rows: int = 10_000_000) -> None:
        self.rows = rows
        self.read: list[int] = []
        self.threads: set[str] = set()

    def count(self) -> int:
        return self.rows

    def total(self) -> int:
        return self.rows

    def page(self, number: int) -> Sequence[Row]:
        self.read.append(number)
        self.threads.add(threading.current_thread().name)
        first = number * PAGE
        return [Row(f"k{n}", (n, n * n)) for n in range(first, min(first + PAGE, self.rows))]

    def position(self, key: str) -> int | None:
        return int(key[1:]) if key.startswith("k") and int(key[1:]) < self.rows else None

    def arranged(self, sort: Sort | None, filter_text: str) -> Millions:
        if filter_text == "(":
            raise BadInput("The filter is not complete", why="a ) is missing")
        return Millions(int(filter_text)) if filter_text else self


class Held(Millions):
    """Pages behind the first come only when `go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def page(self, number: int) -> Sequence[Row]:
        if number and not self.go.wait(20):
            raise TimeoutError("nobody let go")
        return super().page(number)
