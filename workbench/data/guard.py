"""What a person may ask of DuckDB: one statement that only reads, by the parser's own account."""

from __future__ import annotations

import json
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
            where="the query",
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
