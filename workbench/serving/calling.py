"""Rows for a call: from JSON as it was typed, or from a dataset version."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.errors import BadInput, Unavailable
from workbench.project.project import Project
from workbench.serving.deployments import get, served_version
from workbench.text import clean


def parse_rows(data: bytes, where: str) -> list[dict[str, Any]]:
    """Return rows of column → value from one JSON object, a list of them, or one a line (JSON Lines)."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            found = msgspec.json.Decoder().decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise _not_rows(where, clean(error, 200)) from None
    rows = found if isinstance(found, list) else [found]
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _not_rows(where, f"item {place + 1} is not an object")
    return rows


def dataset_rows(
    project: Project, deployment: str, dataset: str, at: int, count: int
) -> list[dict[str, Any]]:
    """Return `count` rows of a dataset version from row `at` (0 is the first), as the model takes them.

    Columns that the model does not take are left out; values are brought to its types. Raises
    NotFound, or BadInput where there are no such rows or a column is missing.
    """
    import polars as pl  # 0.2 s

    from workbench.data import datasets
    from workbench.training.inputs import conform

    found = get(project, deployment)
    serving = served_version(project, found)
    if serving is None:
        raise Unavailable(
            f"{found.name} does not answer yet",
            where=found.name,
            why=f"it is {found.state}",
            fix=f"See workbench deploy show {found.name}",
            code="deployment.down",
        )
    version = datasets.get_version(project, dataset)
    if at >= version.rows:
        raise BadInput(
            f"{version.reference} has no row {at}",
            where=f"--at {at}",
            why=f"it has {version.rows} rows, the first is 0",
            fix="Choose a smaller number",
            code="call.rows",
        )
    table = pl.scan_parquet(datasets.path(project, version), glob=False).slice(at, count).collect()
    rows = conform(table, serving.signature.inputs).to_dicts()
    plain: list[dict[str, Any]] = msgspec.to_builtins(rows)
    return plain


def _not_rows(where: str, why: str) -> BadInput:
    return BadInput(
        "These are not rows",
        where=where,
        why=why,
        fix="""A row is a JSON object: {"column": value, ...}""",
        code="call.rows",
    )
