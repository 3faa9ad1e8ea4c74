"""Splitting the rows of a chart by the values of a column: the most frequent ones, and the rest as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import label_of, most_frequent, others
from workbench.errors import BadInput
from workbench.explore.columns import fit_of, no_column
from workbench.explore.contract import SERIES

if TYPE_CHECKING:
    import polars as pl

MOST = len(SERIES)
"""Groups that a drawing tells apart."""

_FEW = 12
"""Distinct numbers or moments up to which they make groups."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a chart: their labels and rows, and the code of a row's group, from 0.

    Without a column there is one group without a label, and every row is in it.
    """

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    code: pl.Expr
    column: str = ""

    @property
    def count(self) -> int:
        """How many there are, at least one."""
        return len(self.labels)

    @property
    def data(self) -> dict[str, Any]:
        """What a drawing needs of them."""
        return {"group": self.column, "labels": list(self.labels), "sizes": list(self.counts)}

    @property
    def notes(self) -> tuple[str, ...]:
        """By what rows are grouped, in words."""
        return (f"by {self.column}",) if self.column else ()


def groups_of(table: pl.LazyFrame, column: str) -> Groups:
    """Return the groups that a column makes; raises BadInput for one of too many numbers."""
    import polars as pl

    if not column:
        return Groups(("",), (0,), pl.lit(0, pl.Int32))
    types = {name: str(dtype) for name, dtype in table.collect_schema().items()}
    if column not in types:
        raise no_column(column, types)
    counted = most_frequent(table, column, MOST)
    if fit_of(types[column]) != "word" and counted.distinct > _FEW:
        raise BadInput(
            f"Rows cannot be grouped by {column}",
            where=column,
            why=f"it has {counted.distinct:,} values on a line, not a few categories",
            fix="Group by a column of words, or put this one on an axis",
            code="chart.group",
        )
    missing = counted.rows - counted.filled
    shown = list(counted.values)
    whole = len(shown) == counted.distinct and len(shown) + bool(missing) <= MOST
    if not whole:
        shown = shown[: MOST - 1]
    labels = [label_of(value) or '""' for value, _ in shown]
    counts = [rows for _, rows in shown]
    found = pl.col(column)
    code = pl.lit(None, pl.Int32)
    rest = None
    if missing or not whole:
        rest = len(shown)
        labels.append("missing" if whole else others(counted.distinct - len(shown)))
        counts.append(counted.rows - sum(counts))
        code = pl.lit(rest, pl.Int32)
    for place in reversed(range(len(shown))):
        here = found == pl.lit(shown[place][0], table.collect_schema()[column])
        code = pl.when(here).then(pl.lit(place, pl.Int32)).otherwise(code)
    return Groups(tuple(labels) or ("",), tuple(counts) or (0,), code, column)
