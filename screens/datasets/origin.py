"""Where a version comes from, and the digests that say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from screens.text import Styled, ago, count, size
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.data.cells import cell_text
from workbench.data.datasets import DatasetVersion

_SIGNS = {"\t": "tab", " ": "space"}


def sections(
    version: DatasetVersion, others: Sequence[DatasetVersion], now: datetime
) -> list[Section]:
    """Return origin, digests and the dataset's other versions."""
    origin = version.origin
    came: list[tuple[str, Cell]] = [
        *_source(version, others),
        ("added", f"{version.created_at:%Y-%m-%d %H:%M:%S} UTC, {ago(version.created_at, now)}"),
        ("by", version.created_by),
    ]
    stored: list[tuple[str, Cell]] = [
        ("rows", count(version.rows)),
        ("columns", count(len(version.columns))),
        ("size", f"{size(version.bytes)} as Parquet"),
        ("id", version.id),
    ]
    digests: list[tuple[str, Cell]] = [
        ("content", version.content),
        ("object", version.object),
        ("file", origin.sha256 or None),
    ]
    if version.tags:
        came.append(("tags", ", ".join(version.tags)))
    parts = [Section("Came from", facts=came)]
    options = [
        (name, _SIGNS.get(str(value), _words(value)))
        for name, value in origin.options.items()
        if value not in ("", 0)
    ]
    if options:
        parts.append(Section("Read with", facts=options))
    parts += [Section("Stored", facts=stored), Section("Digests (SHA-256)", facts=digests)]
    if made := _made_of(version, others):
        parts.append(Section("Made of it", facts=made))
    same = [
        (other.reference, f"{count(other.rows)} rows, {ago(other.created_at, now)}")
        for other in others
        if other.dataset == version.dataset and other.id != version.id
    ]
    if same:
        parts.append(Section("Other versions", facts=same))
    note = Styled("Equal content means equal tables, however they were written.", "muted")
    return [*parts, Section(notes=[note])]


def _source(version: DatasetVersion, others: Sequence[DatasetVersion]) -> list[tuple[str, Cell]]:
    origin = version.origin
    if origin.sql:
        known = {other.id: other.reference for other in others}
        asked = [("of", known.get(one, one)) for one in origin.inputs]
        return [("query", cell_text(origin.sql, 1000)), *asked]
    files = f", {count(origin.files)} files" if origin.files else ""
    return [
        ("file", origin.place),
        ("read as", origin.source),
        ("size then", f"{size(origin.bytes)}{files}" if origin.bytes else None),
    ]


def _made_of(version: DatasetVersion, others: Sequence[DatasetVersion]) -> list[tuple[str, Cell]]:
    """Return the versions that queries have made of this one."""
    return [
        (other.reference, cell_text(other.origin.sql, 200))
        for other in others
        if version.id in other.origin.inputs
    ]


def _words(value: object) -> str:
    return "yes" if value is True else "no" if value is False else str(value)
