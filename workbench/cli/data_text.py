"""What `workbench data` writes for people: previews, versions, profiles, shape diffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.cli.base import table
from workbench.data.cells import cell_text
from workbench.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.data.contract import Preview
    from workbench.data.datasets import DatasetVersion
    from workbench.data.profile import ColumnProfile, Profile
    from workbench.data.shape import ShapeDiff

_NAME = 32
_CELL = 24


def preview_text(place: str, source: str, preview: Preview) -> str:
    """What was sniffed: how the file is read, the columns with first values, warnings."""
    read = ", ".join(
        f"{name} {_shown(value)}"
        for name, value in preview.sniffed.items()
        if value not in (None, "", 0) and name != "nul"
    )
    lines = [f"{clean(place, 200)}: read as {source}" + (f" ({read})" if read else "")]
    rows = [
        (
            clean(column.name, _NAME),
            column.type,
            ", ".join(cell_text(row[place], _CELL) for row in preview.rows[:4]),
        )
        for place, column in enumerate(preview.columns)
    ]
    lines.append(table(("COLUMN", "TYPE", "FIRST VALUES"), rows))
    lines += [f"! {clean(sentence)}" for sentence in preview.warnings]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "tab" if value == "\t" else clean(value, 40)


def version_text(version: DatasetVersion) -> str:
    """One version with its columns and where it came from."""
    lines = [
        f"{version.reference}  {version.rows:,} rows, {len(version.columns)} columns, "
        f"{size_text(version.bytes)}",
        f"id       {version.id}",
        f"content  {version.content}",
        f"object   {version.object}",
        *_from(version),
        *([f"tags     {', '.join(version.tags)}"] if version.tags else []),
        f"added    {version.created_at:%Y-%m-%d %H:%M:%S} UTC by {clean(version.created_by, 60)}",
        "",
        table(("COLUMN", "TYPE"), [(clean(c.name, _NAME), c.type) for c in version.columns]),
    ]
    return "\n".join(lines)


def _from(version: DatasetVersion) -> list[str]:
    origin = version.origin
    if origin.sql:
        return [f"from     {clean(origin.sql, 400)}", f"of       {', '.join(origin.inputs) or '-'}"]
    files = f", {origin.files:,} files" if origin.files else ""
    read = f"{origin.source}, {size_text(origin.bytes)}{files}"
    return [f"from     {clean(origin.place, 200)} ({read})"]


def size_text(size: int) -> str:
    """Bytes as a person reads them: `4.2 MB`, in powers of ten."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def rows_text(names: Iterable[str], rows: Sequence[Sequence[Any]]) -> str:
    """Rows of a table."""
    headings = [clean(name, _NAME) for name in names]
    return table(headings, [[cell_text(value, 40) for value in row] for row in rows])


def profile_text(profile: Profile) -> str:
    """Every column in a line, then the warnings: of the whole table, then column by column."""
    rows = [_column_row(column, profile.rows) for column in profile.columns]
    headings = (
        "COLUMN",
        "ROLE",
        "TYPE",
        "MISSING",
        "DISTINCT",
        "MIN",
        "MEDIAN",
        "MAX",
        "MOST FREQUENT",
    )
    again = profile.duplicates
    words = (
        f", {again:,} of them duplicates" if again else "" if again is None else ", no duplicates"
    )
    lines = [
        f"{profile.rows:,} rows{words}",
        table(headings, rows, right=("MISSING", "DISTINCT", "MIN", "MEDIAN", "MAX")),
    ]
    lines += [f"! {one.severity}: {clean(one.what)}" for one in profile.warnings]
    lines += [
        f"! {clean(column.name, _NAME)}: {clean(sentence)}"
        for column in profile.columns
        for sentence in column.warnings
    ]
    return "\n".join(lines)


def _column_row(column: ColumnProfile, rows: int) -> tuple[object, ...]:
    about = "" if column.distinct_exact else "~"
    most = column.top[0] if column.top and column.top[0].count > 1 else None
    share = "" if most is None else f"{cell_text(most.value, 20)} ({most.count / rows:.0%})"
    return (
        clean(column.name, _NAME),
        column.role,
        column.type.partition("(")[0],
        f"{column.nulls / rows:.1%}" if column.nulls else "0",
        f"{about}{column.distinct:,}",
        _short(column.minimum),
        _short(column.quantiles.get("0.5")),
        _short(column.maximum),
        share,
    )


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else cell_text(value, 19)


def diff_text(diff: ShapeDiff) -> str:
    """The differences, the gravest first."""
    lines = [f"{diff.before} -> {diff.after}: {diff.summary}"]
    if diff.differences:
        rows = [(one.severity, one.kind, clean(one.what, 200)) for one in diff.differences]
        widths = [max(len(row[at]) for row in rows) for at in (0, 1)]
        lines += [f"{s.ljust(widths[0])}  {k.ljust(widths[1])}  {w}" for s, k, w in rows]
    return "\n".join(lines)
