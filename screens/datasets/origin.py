"""Where a version comes from, and the digests that say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from screens.text import Styled, ago, count, size
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.data.datasets import DatasetVersion

_SIGNS = {"\t": "tab", " ": "space"}


def sections(
    version: DatasetVersion, others: Sequence[DatasetVersion], now: datetime
) -> list[Section]:
    """Return origin, digests and the dataset's other versions."""
    origin = version.origin
    came: list[tuple[str, Cell]] = [
        ("file", origin.place),
        ("read as", origin.source),
        ("size then", size(origin.bytes) if origin.bytes else None),
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
    same = [
        (other.reference, f"{count(other.rows)} rows, {ago(other.created_at, now)}")
        for other in others
        if other.dataset == version.dataset and other.id != version.id
    ]
    if same:
        parts.append(Section("Other versions", facts=same))
    note = Styled("Equal content means equal tables, however they were written.", "muted")
    return [*parts, Section(notes=[note])]


def _words(value: object) -> str:
    return "yes" if value is True else "no" if value is False else str(value)
