"""The project's live names, asked from its tables (DuckDB: not at each Tab)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.cli.completing.decide import Names

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View

NEWEST = 200
COLUMNS = 300

_QUESTIONS = {
    "dataset": "SELECT dataset, '' FROM dataset_versions GROUP BY 1 ORDER BY 1",
    "version": """
        SELECT name, help FROM (
          SELECT dataset AS name, 'newest version' AS help, 0 AS rank, dataset, 0 AS number
          FROM dataset_versions GROUP BY dataset
          UNION ALL
          SELECT dataset || '@' || number, format('{:,} rows', "rows"), 1, dataset, number
          FROM dataset_versions)
        ORDER BY rank, dataset, number DESC LIMIT ?""",
    "experiment": "SELECT name, coalesce(goal, '') FROM experiments ORDER BY name",
    "run": "SELECT 'r_' || number, state || ' ' || trainer || ' on ' || experiment FROM runs"
    " WHERE NOT coalesce(deleted, false)"
    " ORDER BY number DESC LIMIT ?",
    "job": "SELECT 'j_' || number, state || ' ' || title FROM jobs ORDER BY number DESC LIMIT ?",
    "model": "SELECT model, '' FROM model_versions GROUP BY 1 ORDER BY 1",
    "served": "SELECT model || '@' || number, coalesce(note, '') FROM model_versions"
    " ORDER BY model, number DESC LIMIT ?",
    "deployment": "SELECT name, state || ' ' || model FROM deployments ORDER BY name",
    "metric": "SELECT DISTINCT name, '' FROM run_metrics ORDER BY 1 LIMIT ?",
}
"""Kind → question for (name, help)."""

_TAGS = {
    "version": ("dataset_tags", "dataset || '@' || tag"),
}
"""Kind → table with tags, where this version has one, and how a tag is written."""

_COLUMNS = """
SELECT dataset, arg_max(columns, number) AS columns FROM dataset_versions GROUP BY dataset LIMIT ?
"""


def names(project: Project) -> Names:
    """Return kind → [name, help], newest first where they have a number."""
    from workbench import plugins

    found: Names = project.store.read(_asked)
    found["environment"] = [[name, ""] for name in project.settings.environments]
    for kind, group in {
        "trainer": "trainers",
        "chart": "charts",
        "source": "sources",
        "target": "compute",
    }.items():
        found[kind] = [[name, ""] for name in plugins.names(group)]
    found["served"] += [
        [f"{model}@{name}", "live there"]
        for model, _ in found["model"]
        for name in project.settings.environments
    ]
    return found


def _asked(view: View) -> Names:
    found: Names = {}
    tables = {
        str(row["table_name"]) for row in view.query("SELECT table_name FROM duckdb_tables()")
    }
    for kind, question in _QUESTIONS.items():
        found[kind] = _pairs(view.query(question, [NEWEST] if "?" in question else []))
    for kind, (table, written) in _TAGS.items():
        if table in tables:
            sql = f"SELECT DISTINCT {written} AS name, 'tag' FROM {table} LIMIT ?"  # noqa: S608  # ours
            found[kind] += _pairs(view.query(sql, [NEWEST]))
    found["columns"] = {
        str(row["dataset"]): [str(each["name"]) for each in json.loads(row["columns"])][:COLUMNS]
        for row in view.query(_COLUMNS, [NEWEST])
    }
    return found


def _pairs(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[str(value) for value in row.values()] for row in rows]
