"""The console: a SELECT over all versions, of as many lines as it takes, and its answer under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import TextArea

from screens.actions import Act
from screens.datasets.pages import HINT, VersionSource
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.base import Box, Modal
from screens.modals.form import FormModal, Values
from screens.widgets.fields import Field
from screens.widgets.pane import ListPane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from workbench.data.datasets import Added
from workbench.errors import WorkbenchError
from workbench.links import check_name
from workbench.text import visible

if TYPE_CHECKING:
    from workbench.data.answers import Answers
    from workbench.project.project import Project


def first_query(reference: str) -> str:
    """Return a query to begin with."""
    return f'SELECT * FROM "{reference}" LIMIT 100' if reference else "SELECT "  # noqa: S608  # typed for the person


class Sql(TextArea):
    """Where the query stands. Enter asks when the query ends there; Ctrl+O begins a new line.

    What is pasted is drawn with a mark for each character that a terminal would obey.
    """

    DEFAULT_CSS = """
    Sql, Sql:focus { border: none; padding: 0 1; height: auto; min-height: 1; max-height: 8; }
    """

    class Ask(Message):
        """Ask it."""

    class Before(Message):
        """Show an earlier query (or a later one: `step` 1)."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, sql: str) -> None:
        super().__init__(sql, soft_wrap=True, show_line_numbers=False, compact=True)
        self.cursor_blink = False
        self.highlight_cursor_line = False

    def get_line(self, line_index: int) -> Text:
        """Draw a line safely; `visible` keeps each character one character."""
        return Text(visible(self.document.get_line(line_index)), end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        row, last = self.cursor_location[0], self.document.line_count - 1
        if event.key == "f5" or (event.key == "enter" and self._ends_here()):
            self.post_message(self.Ask())
        elif event.key == "ctrl+o":
            self.insert("\n")
        elif (event.key == "up" and row == 0) or (event.key == "down" and row == last):
            self.post_message(self.Before(-1 if event.key == "up" else 1))
        else:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()

    def _ends_here(self) -> bool:
        """Tell whether the query is at its end: one line, or the cursor behind a semicolon or blank line."""
        if self.document.line_count == 1:
            return True
        at_end = self.cursor_location == self.document.end
        tail = self.text.rstrip(" ")
        return at_end and tail.endswith((";", "\n"))


class Query(Modal[Added]):
    """Gives the version that was made of the answer, if one was."""

    DEFAULT_CSS: ClassVar[str] = """
    Query > Box { width: 96%; height: 90%; padding: 0; }
    Query Pane, Query Pane:focus-within { border: none; background: $surface; }
    Query Pane { border-top: solid $border-blurred; height: 1fr; }
    Query Pane:focus-within { border-top: solid $border; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("query.edit", "edit", help="Change the query.", rank=5),
        Act("query.keep", "new", label="Keep", help="Make a dataset of the answer.", rank=6),
    )

    def __init__(self, project: Project, sql: str) -> None:
        super().__init__()
        self._project = project
        self.sql = Sql(sql)
        self.table = Table(
            markable=False, fixed=0, empty="Enter asks. Nothing can be changed here."
        )
        self._pane = ListPane("Answer", self.table, hint=HINT)
        self._asked = ""
        """The query whose answer is shown."""
        self._history: list[str] = []
        self._at = 0

    def compose(self) -> ComposeResult:
        """The query over its answer."""
        box = Box(self.sql, self._pane)
        box.retitle("Query", "enter, F5 ask   ^o new line   ↑↓ earlier   tab answer   esc close")
        yield box

    def on_mount(self) -> None:
        """Begin with the query, the cursor at its end."""
        from workbench.data.history import asked_before

        project = self._project
        self.sql.focus()
        self.sql.move_cursor(self.sql.document.end)
        in_thread(self, lambda: asked_before(project), self._know, group="history")

    def _know(self, history: list[str]) -> None:
        self._history, self._at = history, len(history)

    def act_edit(self) -> None:
        """Go back to the query."""
        self.sql.focus()

    def on_sql_before(self, event: Sql.Before) -> None:
        """Show an earlier query, or a later one."""
        at = self._at + event.step
        if 0 <= at < len(self._history):
            self._at = at
            self.sql.text = self._history[at]
            self.sql.move_cursor(self.sql.document.end)

    def on_sql_ask(self) -> None:
        """Ask it, in a thread."""
        sql, project = self.sql.text.strip().rstrip(";"), self._project
        self._tell("Asking …")

        def ask() -> tuple[Answers, list[str]]:
            from workbench.data.answers import ask
            from workbench.data.history import remember

            return ask(project, sql), remember(project, sql)

        def come(found: tuple[Answers, list[str]]) -> None:
            answers, history = found
            self._know(history)
            self._asked = sql
            self._pane.remark = "the first of more" if answers.more else ""
            self.table.empty = "No row answers the query."
            self.table.load(VersionSource(answers), key="0")
            self._pane.retitle()
            self.table.focus()
            self.refresh_bindings()
            self.app.post_message(Did(("data", "query", sql)))

        def failed(error: WorkbenchError) -> None:
            where = error.where.partition(", ")[2]
            self._tell(f"{error.what}{f' ({where})' if where else ''}: {error.why}")

        in_thread(self, ask, come, group="query", failed=failed)

    def _tell(self, words: str) -> None:
        self._asked = ""
        self._pane.remark = ""
        self.table.empty = words
        self.table.load(MemorySource((), ()))
        self._pane.retitle()
        self.refresh_bindings()

    # A version of it

    def why_not_keep(self) -> str:
        """There must be an answer."""
        return "" if self._asked else "ask first: a dataset is made of an answer"

    def command_keep(self) -> tuple[str, ...]:
        """`workbench data query SQL --name NAME`."""
        return ("data", "query", self._asked, "--name", "NAME") if self._asked else ()

    def act_keep(self) -> None:
        """Ask for the name, then make it."""

        def made(added: Added | None) -> None:
            if added is not None:
                self.dismiss(added)

        self.app.push_screen(keep_form(self._project, self._asked), made)


def keep_form(project: Project, sql: str) -> FormModal:
    """Return the form that asks for a name and stores the whole answer under it."""
    field = Field("name", "name", "of the dataset that it becomes a version of", required=True,
                  parse=lambda text: check_name(text.strip(), "name of a dataset"))  # fmt: skip

    def make(values: Values) -> Added:
        from workbench.data.derive import derive

        return derive(project, sql, values["name"])

    def outcome(added: Added) -> str:
        version = added.version
        words = "Made" if added.new else "The same table is there already:"
        return f"{words} {version.reference}, {version.rows:,} rows."

    return FormModal(
        "Make a dataset of the answer",
        [field],
        make,
        verb="Make it",
        command=lambda values: ["data", "query", sql, "--name", values["name"].strip()],
        outcome=outcome,
        intro="All rows are stored, with the query and the versions it was asked of.",
    )
