"""One SELECT over all versions, and its answer under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from screens.actions import Act
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.base import Box, Modal
from screens.text import Styled
from screens.widgets.line import LineInput
from screens.widgets.pane import Pane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.data.cells import NULL, cell_text
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.data.query import Answer
    from workbench.project.project import Project

_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "U",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)


def first_query(reference: str) -> str:
    """Return a query to begin with."""
    return f'SELECT * FROM "{reference}" LIMIT 100' if reference else "SELECT "  # noqa: S608  # typed for the person


class Query(Modal[None]):
    """Enter asks; the answer's first thousand rows are listed."""

    DEFAULT_CSS: ClassVar[str] = """
    Query > Box { width: 96%; height: 90%; padding: 0; }
    Query Pane, Query Pane:focus-within { border: none; background: $surface; }
    Query Pane { border-top: solid $border-blurred; }
    Query Pane:focus-within { border-top: solid $border; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (Act("query.edit", "edit", help="Change the query.", rank=5),)

    def __init__(self, project: Project, sql: str) -> None:
        super().__init__()
        self._project = project
        self._input = LineInput(sql)
        self.table = Table(
            markable=False, fixed=0, empty="Enter asks. Nothing can be changed here."
        )
        self._pane = Pane("Answer", self.table)

    def compose(self) -> ComposeResult:
        """The query over its answer."""
        box = Box(self._input, self._pane)
        box.retitle("Query", "enter ask   tab to the answer   esc close")
        yield box

    def on_mount(self) -> None:
        """Begin with the query."""
        self._input.focus()

    def act_edit(self) -> None:
        """Go back to the query."""
        self._input.focus()

    @on(Input.Submitted)
    def _ask(self) -> None:
        sql, project = self._input.value, self._project
        self._tell("Asking …")

        def ask() -> Answer:
            from workbench.data.query import query

            return query(project, sql)

        def come(answer: Answer) -> None:
            more = "the first " if answer.more else ""
            self._pane.retitle(f"{more}{len(answer.rows):,} rows")
            self.table.empty = "No row answers the query."
            self.table.load(answered(answer), key="0")
            self.table.focus()
            self.app.post_message(Did(("data", "query", sql)))

        def failed(error: WorkbenchError) -> None:
            self._tell(f"{error.what}: {error.why}")

        in_thread(self, ask, come, group="query", failed=failed)

    def _tell(self, words: str) -> None:
        self.table.empty = words
        self.table.load(MemorySource((), ()))
        self._pane.retitle()


def answered(answer: Answer) -> MemorySource:
    """Return an answer as the rows of a table."""
    columns = [
        Column(
            f"{place} {column.name}", column.name, right=column.type.startswith(_NUMBERS), cap=40
        )
        for place, column in enumerate(answer.columns)
    ]
    rows = [
        Row(str(place), tuple(_cell(value) for value in values))
        for place, values in enumerate(answer.rows)
    ]
    return MemorySource(columns, rows)


def _cell(value: Any) -> Any:
    if value is None:
        return Styled(NULL, "muted")
    return value if isinstance(value, int | float) else cell_text(value, 200)
