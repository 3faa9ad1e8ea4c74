"""What is worth a look in a table, and which families of models fit it: each with its reason.

From the profile, and from how strongly columns go together in a sample of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from workbench.data.profile import ColumnProfile, Profile
from workbench.errors import BadInput
from workbench.explore.columns import no_column
from workbench.explore.families import Family, families, task_of
from workbench.explore.hints import alone, by_target, pairs
from workbench.explore.suggestion import Suggestion, Ties

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project

SAMPLE = 20_000
"""Rows that the associations between columns are taken of."""

MOST = 20
"""Charts that are suggested."""

_COLUMNS = 30
_NO_TARGET = {"constant", "identifier", "text", "datetime", "compound"}
_OF_TIME = ("Duration", "Time")
"""Types whose role is numeric, though no model here predicts them."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """Charts that are worth a look, the best first, and families of models that fit the table."""

    dataset: str
    target: str
    task: str
    charts: tuple[Suggestion, ...]
    families: tuple[Family, ...]
    sample: int


def advise(project: Project, version: DatasetVersion, target: str = "") -> Advice:
    """Return what is worth a look in a version; with a target, what it depends on as well.

    Makes the profile if there is none yet. Raises BadInput for a target that is no column, and for
    one that nothing can be learned of.
    """
    from workbench.data.profile import profile

    known = profile(project, version)
    types = {column.name: column.type for column in version.columns}
    if target and target not in types:
        raise no_column(target, types)
    aim = known.column(target) if target else None
    of_time = aim is not None and aim.type.startswith(_OF_TIME)
    if aim is not None and (aim.role in _NO_TARGET or of_time):
        kind = f"it is a {aim.type.partition('(')[0]}" if of_time else f"its role is {aim.role}"
        raise BadInput(
            f"{target} cannot be a target",
            where=target,
            why=f"{kind}: there is nothing to be learned of it",
            fix="Name a column of numbers or of a few categories",
            code="explore.target",
        )
    step = max(1, -(-version.rows // SAMPLE))
    ties = _ties(project, version, known, target, step)
    return Advice(
        dataset=version.reference,
        target=target,
        task=task_of(aim) if aim else "",
        charts=suggestions(known, ties, target),
        families=families(known, aim),
        sample=-(-version.rows // step),
    )


def suggestions(known: Profile, ties: Ties, target: str = "") -> tuple[Suggestion, ...]:
    """Return the charts that are worth a look, each kind and columns once, the best first."""
    found = [*alone(known, target), *pairs(known, ties, target)]
    if target:
        found += by_target(known, ties, target)
    best: dict[tuple[str, tuple[str, ...]], Suggestion] = {}
    for one in sorted(found, key=lambda one: -one.weight):
        best.setdefault((one.kind, one.columns), one)
    return tuple(list(best.values())[:MOST])


def _ties(
    project: Project, version: DatasetVersion, known: Profile, target: str, step: int
) -> Ties:
    """Return how strongly columns go together in every k-th row: Pearson's r, Cramér's V, eta."""
    from workbench.explore.charts import find_chart
    from workbench.explore.rows import rows

    usable = [column.name for column in known.columns if _ties_with(column)]
    if target in usable:
        usable.remove(target)
        usable.insert(0, target)
    if len(usable) < 2:
        return {}
    table = rows(project, version).gather_every(step)
    numbers = find_chart("correlation").compute(table, tuple(usable[:_COLUMNS]), {})
    return read_ties(numbers.data["columns"], numbers.data["values"])


def read_ties(columns: Sequence[str], values: Sequence[Sequence[float | None]]) -> Ties:
    """Return each pair's association out of a heatmap's figures."""
    return {
        (a, b): value
        for a, row in zip(columns, values, strict=True)
        for b, value in zip(columns, row, strict=True)
        if a != b and value is not None
    }


def _ties_with(column: ColumnProfile) -> bool:
    return column.role in {"numeric", "categorical", "boolean"} and not column.type.startswith(
        _OF_TIME
    )
