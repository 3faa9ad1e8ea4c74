"""Bringing a table in: the file, then what is in it, and only then, by its button, the import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Button, Static

from screens.actions import Act
from screens.commands import command_text
from screens.datasets.picking import PickFile
from screens.datasets.reading import Reading, becomes, correction, likely_name, read, sample
from screens.feed import in_thread
from screens.messages import Did, Said
from screens.modals.base import Box, Modal
from screens.modals.choose import Choose
from screens.modals.confirm import Buttons
from screens.text import count, plural, said
from screens.widgets.fields import Field
from screens.widgets.form import Form
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from workbench.data.datasets import Added, DatasetVersion, list_versions
from workbench.data.told import KINDS, TYPES, told_types, write_types
from workbench.errors import WorkbenchError
from workbench.links import check_name

if TYPE_CHECKING:
    from workbench.project.project import Project

SNIFFED = "as it was found"
"""The choice that takes a type back that was told."""


class Importer:
    """Leads from a file to a version; `came` gets it. `node` is the place under the modals."""

    def __init__(self, node: DOMNode, project: Project, came: Callable[[Added], object]) -> None:
        self._node, self._project, self._came = node, project, came

    def ask(self, start: str = "") -> None:
        """Ask for the file."""
        self._node.app.push_screen(PickFile(start), self._picked)

    def _picked(self, path: Path | None) -> None:
        if path is not None:
            self._node.app.push_screen(ImportTable(self._project, path), self._done)

    def _done(self, added: Added | None) -> None:
        if added is not None:
            self._came(added)


class ImportTable(Modal[Added]):
    """Shows what was sniffed: types over the first rows, warnings, the name; stores at its button."""

    DEFAULT_CSS = """
    ImportTable > Box { width: 96%; max-width: 140; height: 90%; }
    ImportTable #read { height: auto; max-height: 2; }
    ImportTable Table { margin: 1 0; }
    ImportTable #warnings { height: auto; max-height: 4; }
    ImportTable #command { height: auto; max-height: 2; color: $text-muted; }
    ImportTable #error { height: auto; max-height: 8; display: none; margin: 1 0; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("import.type", "edit", label="Type", help="Give the column another type.", rank=5),
    )

    def __init__(self, project: Project, path: Path) -> None:
        super().__init__()
        self._project, self._path = project, path
        self.reading: Reading | None = None
        self._versions: list[DatasetVersion] = []
        self._busy = False
        self._named_early = False
        """Enter was pressed in the name before the file had been looked at."""
        self.table = Table(empty="Reading …", markable=False, fixed=0)
        name = Field("name", "name", "a new dataset", default=likely_name(path), required=True,
                     parse=_name)  # fmt: skip
        self.form = Form([name])

    def compose(self) -> ComposeResult:
        """How it is read, the first rows, warnings, the name, the buttons."""
        box = Box(
            Static(said("Looking at the file …", "muted"), id="read", markup=False),
            self.table,
            Static(id="warnings", markup=False),
            Static(id="error", markup=False),
            self.form,
            Static(id="command", markup=False),
            Buttons(
                Button(said("Import"), id="apply"),
                Button(said("Correct …"), id="correct"),
                Button("Cancel", id="cancel"),
            ),
        )
        keys = "tab next   e type of the column   enter go on   esc cancel"
        box.retitle(f"Import {self._path.name}", keys)
        yield box

    def on_mount(self) -> None:
        """Look at the file; nothing is stored by that."""
        self.form.lines[0].input.focus()
        self.query_one("#apply", Button).disabled = True
        path, project = self._path, self._project
        in_thread(
            self, lambda: list_versions(project), self._know, group="versions", exclusive=False
        )
        in_thread(self, lambda: read(path, {}), self._show, group="read", failed=self._not_read)

    def _know(self, versions: list[DatasetVersion]) -> None:
        self._versions = versions
        self._named()

    def _show(self, reading: Reading) -> None:
        self.reading = reading
        preview = reading.preview
        columns = plural(len(preview.columns), "column")
        self.query_one("#read", Static).update(
            said(f"{columns}, {reading.words}", "muted", cap=400)
        )
        self.table.load(sample(reading))
        warnings = [said(f"▲ {words}", "warn", cap=300) for words in preview.warnings[:3]]
        if len(preview.warnings) > len(warnings):
            more = len(preview.warnings) - len(warnings)
            warnings.append(said(f"  and {plural(more, 'more remark')}", "muted"))
        below = self.query_one("#warnings", Static)
        below.display = bool(warnings)
        below.update(stacked(warnings))
        self._tell_error(None)
        self.query_one("#apply", Button).disabled = False
        self.refresh_bindings()
        self._named()
        if self._named_early:
            self._filled()

    def _not_read(self, error: WorkbenchError) -> None:
        self.table.empty = "Nothing could be read."
        self.table.load(MemorySource((), ()))
        self.query_one("#read", Static).update(said(f"{self._path}", "muted", cap=400))
        self._tell_error(error)
        self.query_one("#cancel").focus()

    def _tell_error(self, error: WorkbenchError | None) -> None:
        below = self.query_one("#error", Static)
        below.display = error is not None
        if error is not None:
            where = f" ({error.where})" if error.where else ""
            told = [said(f"✗ {error.what}{where}", "bad", cap=400)]
            told += [said(f"  {text}", cap=400) for text in (error.why, error.fix) if text]
            below.update(stacked(told))

    # The name

    @on(Form.Changed)
    def _named(self) -> None:
        name = self.form.right().get("name", "")
        line = self.form.lines[0]
        if name:
            line.words.update(said(becomes(self._versions, name), "muted"))
        command = ""
        if name and self.reading is not None:
            command = "$ " + command_text(self.reading.command(name))
        self.query_one("#command", Static).update(said(command, "muted", cap=600))

    @on(Form.Filled)
    def _filled(self) -> None:
        self._named_early = self.reading is None
        if self.reading is not None:
            self.query_one("#apply").focus()

    # The type of the column under the cursor

    def why_not_type(self) -> str:
        """Only text has types that are guessed."""
        if self.reading is None:
            return "the file has not been read yet"
        if TYPES not in {option.name for option in self.reading.source.options}:
            return "the file itself says the types of its columns"
        return ""

    def act_type(self) -> None:
        """Choose a type, then read the file again with it."""
        reading = self.reading
        assert reading is not None
        columns = reading.preview.columns
        column = columns[min(self.table.column, len(columns) - 1)].name
        told = told_types(reading.given.get(TYPES))

        def chosen(kind: str | None) -> None:
            if kind is None:
                return
            types = {name: one for name, one in told.items() if name != column}
            types |= {column: kind} if kind != SNIFFED else {}
            given = {name: value for name, value in reading.given.items() if name != TYPES}
            given |= {TYPES: write_types(types)} if types else {}
            in_thread(self, lambda: read(reading.path, given, reading.source.name), self._show,
                      group="read", failed=self._tell_error)  # fmt: skip

        now = told.get(column, SNIFFED)
        choose = Choose(f"Type of {column}", [SNIFFED, *KINDS], now, head="Type")
        self.app.push_screen(choose, chosen)

    # The buttons

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#correct")
    def _correct(self) -> None:
        path, reading = self._path, self.reading

        def come(found: Reading | None) -> None:
            if found is not None:
                self._show(found)
                self.form.lines[0].input.focus()

        self.app.push_screen(correction(path, reading), come)

    @on(Button.Pressed, "#apply")
    def _pressed(self) -> None:
        values, reading = self.form.values(), self.reading
        if values is None or reading is None or self._busy:
            return
        self._set_busy(busy=True)
        name, project = values["name"], self._project

        def done(added: Added) -> None:
            version = added.version
            shape = f"{count(version.rows)} rows, {len(version.columns)} columns"
            words = "" if added.new else ", where the same table was already"
            self.app.post_message(
                Did(reading.command(name), f"Imported {version.reference}{words}: {shape}.")
            )
            for sentence in added.warnings:
                if sentence not in reading.preview.warnings:
                    self.app.post_message(Said(sentence, warning=True))
            self.dismiss(added)

        in_thread(
            self,
            lambda: reading.bring_in(project, name),
            done,
            group="import",
            failed=self._refused,
            exclusive=False,
        )

    def _refused(self, error: WorkbenchError) -> None:
        self._set_busy(busy=False)
        self._tell_error(error)

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self.query_one("#apply", Button).label = said("Importing …" if busy else "Import")


def stacked(parts: list[Content]) -> Content:
    """Put lines under each other."""
    return Content("\n").join(parts)


def _name(text: str) -> str:
    return check_name(text.strip(), "name of a dataset")
