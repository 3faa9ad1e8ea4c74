"""What an import is made of: a file, how it is read, what it is called; and the same as a command."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from screens.datasets import rows as listed
from screens.modals.form import FormModal
from screens.text import Styled
from screens.widgets.fields import Field, from_option
from screens.widgets.source import Column, MemorySource, Row
from workbench.data.cells import NULL
from workbench.data.contract import Preview, Source
from workbench.data.datasets import Added, DatasetVersion, bring_in, find_source, preview
from workbench.data.told import TYPES, told_types
from workbench.options import Value

if TYPE_CHECKING:
    from workbench.project.project import Project

_SIGNS = {"\t": "tab", " ": "space"}
_PLAIN: tuple[Value, ...] = (None, "", 0)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it would be brought in; `given` are the person's corrections of what was sniffed."""

    path: Path
    source: Source
    given: Mapping[str, Value]
    preview: Preview

    @property
    def words(self) -> str:
        """How the file is read: `read as csv  · delimiter ,  · encoding utf-8`."""
        told = [
            f"{name} {shown(value)}"
            for name, value in self.preview.sniffed.items()
            if value not in _PLAIN and name != "nul"
        ]
        return f"read as {self.source.name}" + ("  · " if told else "") + "  · ".join(told)

    def fields(self) -> list[Field]:
        """Return a field for each option of the source, holding what was sniffed or given."""
        values = {**self.preview.sniffed, **self.given}
        return [
            replace(from_option(option), default=_typed(values.get(option.name, option.default)))
            for option in self.source.options
        ]

    def corrected(self, values: Mapping[str, Value]) -> Reading:
        """Return the file read with these values; those that were sniffed so stay open.

        Raises what the source raises when the file cannot be read like that.
        """
        sniffed = self.preview.sniffed
        given = {
            name: value
            for name, value in values.items()
            if name in self.given or _typed(value) != _typed(sniffed.get(name))
        }
        plain = {option.name: option.default for option in self.source.options}
        given = {name: value for name, value in given.items() if value != plain.get(name)}
        return read(self.path, given, self.source.name)

    def command(self, name: str) -> list[str]:
        """Return the import as arguments of `workbench`."""
        argv = ["data", "add", str(self.path), "--name", name]
        for option, value in self.given.items():
            argv += ["-P", f"{option}={_typed(value)}"]
        return argv

    def bring_in(self, project: Project, name: str) -> Added:
        """Bring the table in. Raises BadInput with nothing stored."""
        return bring_in(
            project, self.path, name=name, source=self.source.name, options=dict(self.given)
        )


def read(path: Path, given: Mapping[str, Value], source: str | None = None) -> Reading:
    """Sniff a file, storing nothing. Raises BadInput, NotFound."""
    found = find_source(path, source)
    return Reading(path, found, given, preview(path, source=found.name, options=given))


def shown(value: Value) -> str:
    """Return an option's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _SIGNS.get(str(value), str(value))


def _typed(value: Value) -> str:
    """Return a value as it is typed into its field."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else "tab" if value == "\t" else str(value)


def likely_name(path: Path) -> str:
    """Return a name for the dataset of a file: its own, made of what a name may have."""
    stem = path.name.partition(".")[0].lower()
    name = re.sub(r"[^a-z0-9_]+", "_", stem).strip("_")
    name = re.sub(r"^[^a-z]+", "", name)[:63]
    return "" if name == "latest" else name


def becomes(versions: Sequence[DatasetVersion], name: str) -> str:
    """Say what an import under this name makes."""
    numbers = [version.number for version in versions if version.dataset == name]
    return f"becomes {name}@{max(numbers) + 1}" if numbers else "a new dataset"


def sample(reading: Reading) -> MemorySource:
    """Return the first rows as a table, the types of the columns over them; `!` stands at told ones."""
    found = reading.preview
    columns = [
        Column(f"{place} {column.name}", column.name, right=_is_number(column.type), cap=28)
        for place, column in enumerate(found.columns)
    ]
    told = told_types(reading.given.get(TYPES))
    types = [
        Styled(
            f"{listed.kind(column.type)}!" if column.name in told else listed.kind(column.type),
            "key",
        )
        for column in found.columns
    ]
    rows = [Row("types", tuple(types))]
    for place, values in enumerate(found.rows):
        cells = tuple(Styled(NULL, "muted") if value is None else value for value in values)
        rows.append(Row(str(place), cells))
    return MemorySource(columns, rows)


def _is_number(kind: str) -> bool:
    return kind.startswith(("Int", "UInt", "Float", "Decimal"))


def correction(path: Path, reading: Reading | None) -> FormModal:
    """Return the form that reads the file otherwise; its fields are the source's own options."""
    if reading is None:
        reading = Reading(path, find_source(path), {}, Preview((), ()))
    held = reading
    return FormModal(
        f"How {path.name} is read",
        held.fields(),
        held.corrected,
        verb="Read again",
        intro="Nothing is stored yet. An empty field is found out from the file.",
    )
