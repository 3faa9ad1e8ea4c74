"""A comparison as a table: what differs, then every figure, the best of each line marked. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from screens.experiments.figures import figure, value_text
from screens.text import Styled, Tone
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.experiments.compare import Comparison, MetricLine
from workbench.numbers import even, from_figure


def source(found: Comparison, first_metrics: Sequence[str] = ()) -> MemorySource:
    """Return a line for each setting and parameter that differs and for each metric.

    `first_metrics` (those of the problems) stand above everything.
    """
    titles = [
        name + (f" ×{len(runs)}" if len(runs) > 1 else "")
        for name, runs in zip(found.runs, found.members, strict=True)
    ]
    heads = [Column("name", "", cap=20)]
    heads += [
        Column(name, title + "  ", right=True, cap=28, sortable=False)
        for name, title in zip(found.runs, titles, strict=True)
    ]
    if len(found.runs) == 2:
        heads.append(Column("change", "Change", right=True, cap=12, sortable=False))
    main = [line for line in found.metrics if line.name in first_metrics]
    rows = [_metric(line, main=True) for line in main]
    rows += [
        Row(f"setting {line.name}", (line.name, *(value_text(v) + "  " for v in line.values)))
        for line in (*found.settings, *found.params)
    ]
    # The figures on the test rows first, then those over the folds, then the baseline's.
    rest = sorted(found.metrics, key=lambda line: line.name.count("."))
    rows += [_metric(line) for line in rest if line not in main]
    return MemorySource(heads, rows)


def cells(runs: int) -> int:
    """Return about how wide a comparison of so many runs wants to be."""
    return 26 + 22 * runs


def note(found: Comparison) -> str:
    """Return what the title of the pane says of the columns."""
    if found.group:
        return f"over {found.group}: mean [95 %, t], * is best"
    return f"against {found.runs[0]}, * is best"


def _metric(line: MetricLine, *, main: bool = False) -> Row:
    cells: list[Cell] = [_figure(line, at) for at in range(len(line.values))]
    if len(line.values) == 2:
        change = line.change[1]
        cells.append(Styled(f"{from_figure(change):+.3g}" if change is not None else "–", "muted"))
    tone: Tone = "strong" if main else "muted" if "." in line.name else "plain"
    return Row(f"metric {line.name}", (Styled(line.name, tone), *cells))


def _figure(line: MetricLine, at: int) -> Cell:
    value, low, high = line.values[at], line.low[at], line.high[at]
    text = figure(value)
    if value is not None and low is not None and high is not None:
        text = "{} [{}, {}]".format(*even(value, low, high, digits=3))
    # Two cells behind every figure, so that the figures line up whether one is the best or not.
    return Styled(f"{text} *", "good") if at in line.best else f"{text}  "
