"""What a person may ask of DuckDB: one statement that only reads, by the parser's own account."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput

if TYPE_CHECKING:
    import duckdb

_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})


def single_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the text of the one statement in `sql`, after the parser has said that it only reads.

    Raises BadInput for text that is no SQL, no SELECT, more than one, or that writes anywhere.
    """
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise BadInput(
            "The query cannot be read",
            where=f"the query{place_of(error, sql)}",
            why=first_line(error),
            fix="Correct it; DuckDB's SQL is spoken here",
            code="query.syntax",
        ) from None
    if len(statements) != 1:
        raise _refused(f"it has {len(statements) or 'no'} statement{'s' if statements else ''}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise _refused(f"it is a statement of the kind {statements[0].type.name}")
    # DuckDB 2 counts WITH x AS (COPY ... TO ...) SELECT as a SELECT: the tree must hold no such node.
    select = str(statements[0].query).strip().rstrip(";")
    ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [select]).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise _refused(str(tree.get("error_message", "")))
    if writing := sorted(_nodes(tree) - _READING):
        raise _refused(f"it has a part of the kind {writing[0].removesuffix('_QUERY_NODE')}")
    return select


def _nodes(tree: Any) -> set[str]:
    """Return the types of all query nodes in DuckDB's own account of a statement."""
    found: set[str] = set()
    left = [tree]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            kind = item.get("type")
            if isinstance(kind, str) and kind.endswith("_NODE"):
                found.add(kind)
            left += item.values()
        elif isinstance(item, list):
            left += item
    return found


def tables_of(connection: duckdb.DuckDBPyConnection, select: str) -> frozenset[str]:
    """Return the names of tables in a statement that `single_select` let pass, in small letters."""
    ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [select]).fetchall()
    found: set[str] = set()
    left = [json.loads(text)]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            if item.get("type") == "BASE_TABLE":
                found.add(str(item.get("table_name")).lower())
            left += item.values()
        elif isinstance(item, list):
            left += item
    return frozenset(found)


_EXCERPT = re.compile(r"^(LINE (\d+): )(.*)\n( *)\^", re.MULTILINE)
_NAMED = re.compile(r'column "([^"]+)"|[Nn]ame "?([^ "]+)"? does not exist|near "([^"]+)"')


def place_of(error: Exception, sql: str, shift: int = 0) -> str:
    """Return `, line 2, column 9` where an error is, empty when DuckDB does not tell.

    By its excerpt (`shift` lines later than in `sql`), else by where the name that it names is first.
    """
    message = str(error)
    if found := _EXCERPT.search(message):
        line = int(found[2]) - shift
        column = len(found[4]) - len(found[1]) + 1
        whole, shown = (sql.splitlines() or [""])[line - 1 : line], found[3]
        if whole and shown.startswith("...") and shown[3:].removesuffix("...") in whole[0]:
            column += whole[0].index(shown[3:].removesuffix("...")) - 3
        return f", line {line}, column {column}"
    named = _NAMED.search(message)
    name = next((part for part in named.groups() if part), "") if named else ""
    at = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE) if name else None
    if at is None:
        return ""
    line = sql.count("\n", 0, at.start()) + 1
    return f", line {line}, column {at.start() - sql.rfind(chr(10), 0, at.start())}"


def _refused(why: str) -> BadInput:
    return BadInput(
        "Only one SELECT can be asked",
        where="the query",
        why=why,
        fix='Write one SELECT over dataset names, such as SELECT * FROM "flights@3"',
        code="query.select_only",
    )


def first_line(error: Exception) -> str:
    """Return the first line of what DuckDB says, without the excerpt of the query."""
    return str(error).partition("\n")[0].strip()
