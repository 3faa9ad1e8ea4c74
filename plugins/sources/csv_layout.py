"""How a CSV file is cut into columns of text, before any type is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plugins.sources.csv_text import Plain
from plugins.sources.csv_types import literal
from workbench.data.names import unique_names
from workbench.errors import BadInput
from workbench.options import Value

_TABS = {"tab": "\t", r"\t": "\t", "space": " "}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the text is, its signs, and the names of its columns; `line` bounds a row in bytes."""

    plain: Plain
    delimiter: str
    quote: str
    header: bool
    skip: int
    names: tuple[str, ...]
    line: int
    warnings: tuple[str, ...] = ()

    def table(self, *, limit: int | None = None, rejects: bool = False) -> str:
        """SQL of the table with every column as text."""
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.names)
        sql = (
            f"read_csv({literal(str(self.plain.path))}, auto_detect=false, columns={{{columns}}}, "
            f"delim={literal(self.delimiter)}, quote={literal(self.quote)}, escape={literal(self.quote)}, "
            f"header={str(self.header).lower()}, skip={self.skip}, "
            f"nullstr='', allow_quoted_nulls=false, max_line_size={self.line}, compression='none'"
            + (", store_rejects=true, rejects_limit=1)" if rejects else ")")
        )
        return sql if limit is None else f"(SELECT * FROM {sql} LIMIT {limit})"  # noqa: S608  # literals above


def named(layout: Layout, first: Sequence[str | None], header: bool, *, guessed: bool) -> Layout:
    """Return the layout with its columns named: by the first row if `header`, else by number."""
    if header:
        names, warnings = unique_names([name or "" for name in first])
        return replace(layout, header=True, names=names, warnings=warnings)
    names = tuple(f"column_{place}" for place in range(1, len(first) + 1))
    told = ("The first line looks like data: the columns are called column_1 and so on.",)
    return replace(layout, names=names, warnings=told if guessed else ())


def one_sign(name: str, value: Value, none_word: str = "") -> str | None:
    """Return the sign that an option names, None when it was left out; raises BadInput."""
    if value is None:
        return None
    if none_word and value == none_word:
        return ""
    sign = _TABS.get(str(value), str(value))
    if len(sign) != 1 or ord(sign) > 127 or sign in "\r\n\0":
        raise BadInput(
            f"{value!r} cannot be the {name}",
            where=f"--{name}",
            why="it is one sign of ASCII",
            fix="Give one such as , ; | or tab"
            if name == "delimiter"
            else "Give one such as \" or 'none'",
            code="option.value",
        )
    return sign
