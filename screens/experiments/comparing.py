"""A comparison as a table: what differs, then every figure, the best of each line marked. Pure."""

from __future__ import annotations

from screens.experiments.figures import figure, value_text
from screens.text import Styled
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.experiments.compare import Comparison, MetricLine
from workbench.numbers import from_figure


def source(found: Comparison) -> MemorySource:
    """Return a line for each setting and parameter that differs and for each metric."""
    first, *others = found.runs
    heads = [Column("name", "", cap=20), Column(first, first, right=True, cap=16, sortable=False)]
    heads += [Column(name, name, right=True, cap=16, sortable=False) for name in others]
    if len(others) == 1:
        heads.append(Column("change", "Change", right=True, cap=12, sortable=False))
    rows = [
        Row(f"setting {line.name}", (line.name, *(value_text(v) + "  " for v in line.values)))
        for line in (*found.settings, *found.params)
    ]
    rows += [_metric(line) for line in _sorted(found)]
    return MemorySource(heads, rows)


def _sorted(found: Comparison) -> list[MetricLine]:
    """The figures on the test rows first, then those over the folds, then the baseline's."""
    return sorted(found.metrics, key=lambda line: line.name.count("."))


def _metric(line: MetricLine) -> Row:
    # Two cells behind every figure, so that the figures line up whether one is the best or not.
    cells: list[Cell] = [
        Styled(f"{figure(value)} *", "good") if at in line.best else f"{figure(value)}  "
        for at, value in enumerate(line.values)
    ]
    if len(line.values) == 2:
        change = line.change[1]
        cells.append(Styled(f"{from_figure(change):+.3g}" if change is not None else "–", "muted"))
    quiet = "." in line.name
    return Row(f"metric {line.name}", (Styled(line.name, "muted" if quiet else "plain"), *cells))
