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
          SELECT dataset || '@' || name, 'tag', 1, dataset, 1000000000
          FROM dataset_tags WHERE version_id IS NOT NULL
          UNION ALL
          SELECT dataset || '@' || number, format('{:,} rows', "rows"), 1, dataset, number
          FROM dataset_versions)
        ORDER BY rank, dataset, number DESC LIMIT ?""",
    "run_tag": "SELECT tag, '' FROM run_tags WHERE present GROUP BY 1 ORDER BY 1 LIMIT ?",
    "dataset_tag": "SELECT name, dataset FROM dataset_tags WHERE version_id IS NOT NULL LIMIT ?",
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
        "kind": "compute",
    }.items():
        found[kind] = [[name, ""] for name in plugins.names(group)]
    found["target"] = [["local", "this machine"]] + [
        [name, str(table["kind"])] for name, table in sorted(project.settings.targets.items())
    ]
    found["served"] += [
        [f"{model}@{name}", "live there"]
        for model, _ in found["model"]
        for name in project.settings.environments
    ]
    return found


def _asked(view: View) -> Names:
    found: Names = {}
    for kind, question in _QUESTIONS.items():
        found[kind] = _pairs(view.query(question, [NEWEST] if "?" in question else []))
    found["columns"] = {
        str(row["dataset"]): [str(each["name"]) for each in json.loads(row["columns"])][:COLUMNS]
        for row in view.query(_COLUMNS, [NEWEST])
    }
    return found


def _pairs(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [[str(value) for value in row.values()] for row in rows]
