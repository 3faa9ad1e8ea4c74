"""Explore: charts of a dataset."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from screens.frame.split import Split
from screens.place import Place
from screens.states import cell
from screens.text import Styled, ago
from screens.widgets.detail import Detail, Section
from screens.widgets.pane import ListPane, Pane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table

_SQL = """
SELECT dataset || '@' || number AS key, dataset || '@' || number AS dataset,
       "rows" AS "rows",
       created_at AS "when"
FROM dataset_versions
ORDER BY created_at DESC
"""


class Explore(Place[list[dict[str, Any]]]):
    """charts of a dataset."""

    NAME = "explore"

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, dict[str, Any]] = {}
        self.table = Table(empty="Nothing to explore yet. 1 goes to Datasets, n imports the first.")
        self.detail = Detail(empty="Nothing is selected.")
        self.pane = Pane("Details", self.detail)

    def body(self) -> ComposeResult:
        """The list, and what is known of the row under the cursor."""
        yield Split(ListPane("Datasets", self.table), self.pane)

    def load(self) -> list[dict[str, Any]]:
        """Ask the records."""
        return self.project.store.query(_SQL)

    def show(self, loaded: list[dict[str, Any]]) -> None:
        """Fill the list in place."""
        self.rows = {str(row["key"]): row for row in loaded}
        names = [name for name in (loaded[0] if loaded else {}) if name != "key"]
        columns = [Column(name, name.replace("_", " ").capitalize()) for name in names]
        rows = [
            Row(key, tuple(self._cell(n, row[n]) for n in names)) for key, row in self.rows.items()
        ]
        self.table.load(MemorySource(columns, rows))

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Show what the cursor is on."""
        row = self.rows.get(event.key)
        if row is not None:
            facts = [
                (name, self._cell(name, value)) for name, value in row.items() if name != "key"
            ]
            self.pane.title = event.key
            self.pane.retitle()
            self.detail.fill([Section(facts=facts)], subject=event.key)

    def _cell(self, name: str, value: Any) -> Any:
        if name == "state":
            return cell(str(value))
        return Styled(ago(value, self.now), "muted") if name == "when" else value
