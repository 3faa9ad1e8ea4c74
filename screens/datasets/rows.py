"""The list of versions: its columns and rows, and the column facts that stand in lists of columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from screens.text import Styled, ago, number, plural, size
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.data.bins import Scalar
from workbench.data.cells import cell_text
from workbench.data.datasets import DatasetVersion
from workbench.data.profile import ColumnProfile, Profile

VERSIONS = (
    Column("version", "Dataset", cap=24),
    Column("rows", "Rows", right=True),
    Column("columns", "Columns", right=True),
    Column("when", "Added"),
    Column("size", "Size", right=True),
    Column("tags", "Tags", cap=24),
    Column("who", "By", cap=16),
)
PROFILE = (
    Column("column", "Column", cap=24),
    Column("role", "Role"),
    Column("nulls", "Missing", right=True),
    Column("distinct", "Distinct", right=True),
    Column("minimum", "Min", right=True, cap=19),
    Column("median", "Median", right=True, cap=19),
    Column("maximum", "Max", right=True, cap=19),
    Column("top", "Most frequent", cap=28),
    Column("type", "Type", cap=24),
)


def versions(found: Sequence[DatasetVersion], now: datetime) -> MemorySource:
    """Return the list of versions, as given: by name, the newest of each first."""
    known = {version.reference: version for version in found}
    rows = [
        Row(
            reference,
            (
                reference,
                Styled(f"{version.rows:,}"),
                len(version.columns),
                Styled(ago(version.created_at, now), "muted"),
                size(version.bytes),
                Styled(", ".join(version.tags), "key") if version.tags else "",
                Styled(version.created_by, "muted"),
            ),
        )
        for reference, version in known.items()
    ]

    def order(key: str, column: str) -> Cell:
        version = known[key]
        values: dict[str, Cell] = {
            "version": f"{version.dataset}@{version.number:09}",
            "rows": version.rows,
            "columns": len(version.columns),
            "size": version.bytes,
            "when": version.created_at,
            "tags": ", ".join(version.tags),
            "who": version.created_by,
        }
        return values[column]

    if any(version.tags for version in found):
        return MemorySource(VERSIONS, rows, order=order)
    at = [column.name for column in VERSIONS].index("tags")  # nobody uses them: no room for them
    bare = [Row(row.key, (*row.cells[:at], *row.cells[at + 1 :])) for row in rows]
    return MemorySource((*VERSIONS[:at], *VERSIONS[at + 1 :]), bare, order=order)


BRIEF = ("column", "role", "nulls", "distinct", "type")
"""The columns of PROFILE that tell most in little room."""


def columns(profile: Profile, shown: Sequence[str] = ()) -> MemorySource:
    """Return a profile as a list of columns; `shown` names those of PROFILE that are wanted."""
    known = {column.name: column for column in profile.columns}
    kept = [at for at, column in enumerate(PROFILE) if not shown or column.name in shown]

    def order(key: str, column: str) -> Cell:
        return _value(known[key], column)

    rows = []
    for name, column in known.items():
        cells = _cells(column, profile.rows)
        rows.append(Row(name, tuple(cells[at] for at in kept)))
    return MemorySource([PROFILE[at] for at in kept], rows, order=order)


def plain_columns(version: DatasetVersion) -> MemorySource:
    """Return the columns of a version of which no more is known than name and type."""
    rows = [Row(c.name, (c.name, Styled(kind(c.type), "muted"))) for c in version.columns]
    return MemorySource((PROFILE[0], PROFILE[-1]), rows)


def duplicates(profile: Profile) -> str:
    """Return what stands beside the count of columns: how many rows equal an earlier one, how grave it is."""
    if not profile.duplicates:
        return ""
    words = plural(profile.duplicates, "duplicate row")
    grave = ", ".join(f"▲ {warned.severity}" for warned in profile.warnings)
    return f"{words} ({share(profile.duplicates, profile.rows)})  {grave}"


def _cells(column: ColumnProfile, rows: int) -> tuple[Cell, ...]:
    about = "" if column.distinct_exact else "~"
    return (
        Styled(column.name, "warn") if column.warnings else column.name,
        Styled(column.role, "muted"),
        Styled(share(column.nulls, rows), "warn") if column.nulls else None,
        f"{about}{column.distinct:,}",
        short(column.minimum),
        short(column.quantiles.get("0.5")),
        short(column.maximum),
        _most_frequent(column, rows),
        Styled(kind(column.type), "muted"),
    )


def _value(column: ColumnProfile, name: str) -> Cell:
    values: dict[str, Cell] = {
        "column": column.name,
        "role": column.role,
        "nulls": column.nulls,
        "distinct": column.distinct,
        "minimum": column.minimum,
        "median": column.quantiles.get("0.5"),
        "maximum": column.maximum,
        "top": column.top[0].count if column.top else None,
        "type": column.type,
    }
    return values[name]


def _most_frequent(column: ColumnProfile, rows: int) -> Cell:
    if not column.top or column.top[0].count < 2:
        return None
    most = column.top[0]
    return f"{cell_text(most.value, 18)} ({share(most.count, rows)})"


def share(part: int, whole: int) -> str:
    """Write a part of a whole in percent: `0.6%`, `44%`, `<0.1%`."""
    if not part or not whole:
        return "0"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def kind(column_type: str) -> str:
    """Write a type without its small print: `Datetime` for `Datetime('us', 'UTC')`."""
    return column_type.partition("(")[0]


def short(value: Scalar) -> Cell:
    """Write a value of a column in few cells; None stays None, which a table draws as a dash."""
    if value is None:
        return None
    if isinstance(value, float):
        return number(value, 6)
    return cell_text(value, 19).replace("T", " ").removesuffix(" 00:00:00")
