"""One column in a few lines: how its values lie, and the figures that matter for its role."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from screens.datasets.rows import share, short
from screens.text import STYLES, Styled, count, number, said
from screens.widgets.detail import Section
from screens.widgets.draw import fit
from screens.widgets.source import Cell, plain
from workbench.data.bins import Scalar
from workbench.data.cells import cell_text
from workbench.data.profile import ColumnProfile, Frequency
from workbench.numbers import from_figure

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_BLOCKS = "▁▂▃▄▅▆▇█"
_LABEL, _BAR = 20, 20
_LISTED = {"categorical", "boolean", "text", "constant"}
SHOWN = 8
"""Most frequent values that are listed."""


def sections(column: ColumnProfile, rows: int, *, chart: bool = True) -> list[Section]:
    """Return what is known of a column of a table with so many rows.

    Without `chart`, the shape of its values is left out: it is drawn elsewhere.
    """
    parts: list[Section] = []
    binned = len(column.counts) > 1
    if chart and binned:
        parts.append(Section(text=_spark(column)))
    if chart and column.role in _LISTED and column.top and column.top[0].count > 1:
        parts.append(Section(text=_bars(column.top[:SHOWN], rows)))
    ends = not (chart and binned)  # else the shape has them under it
    notes = [Styled(f"▲ {sentence}", "warn") for sentence in column.warnings]
    parts.append(Section(facts=_facts(column, rows, ends=ends), notes=notes))
    return parts


def _facts(column: ColumnProfile, rows: int, *, ends: bool) -> list[tuple[str, Cell]]:
    missing = f"{count(column.nulls)} ({share(column.nulls, rows)})" if column.nulls else "none"
    distinct = f"{'' if column.distinct_exact else 'about '}{count(column.distinct)}"
    facts: list[tuple[str, Cell]] = [
        ("missing", Styled(missing, "warn" if column.nulls else "plain")),
        ("distinct", distinct),
    ]
    ordered = column.role in {"numeric", "datetime"}
    if ends and ordered and column.minimum is not None:
        facts.append(("range", f"{brief(column.minimum)} … {brief(column.maximum)}"))
    low, median, high = (column.quantiles.get(name) for name in ("0.25", "0.5", "0.75"))
    if low is not None and median is not None and high is not None:
        facts.append(("median", brief(median)))
        facts.append(("middle half", f"{brief(low)} … {brief(high)}"))
    if column.mean is not None and column.std is not None:
        mean, std = from_figure(column.mean), from_figure(column.std)
        facts.append(("mean", f"{number(mean)} ± {number(std)}"))
    if column.skew is not None:
        facts.append(("skewness", number(from_figure(column.skew), 3)))
    facts += _counted(column, rows)
    if column.longest is not None:
        length = f"{count(column.shortest or 0)} to {count(column.longest)} characters"
        facts.append(("length", length))
    return facts


def brief(value: Scalar) -> str:
    """Write a value in few cells; a moment to the minute."""
    text = plain(short(value))
    return text[:16] if isinstance(value, str) and _MOMENT.match(text) else text


def _counted(column: ColumnProfile, rows: int) -> list[tuple[str, Cell]]:
    kinds = (
        ("zeros", column.zeros),
        ("negative", column.negatives),
        ("NaN, infinite", column.not_finite),
        ("empty texts", column.empty),
    )
    return [(label, f"{count(n)} ({share(n, rows)})") for label, n in kinds if n]


def _spark(column: ColumnProfile) -> Content:
    """A histogram of one line with its ends under it."""
    line = blocks(column.counts, max(column.counts))
    ends = between(brief(column.edges[0]), brief(column.edges[-1]), len(line))
    return Content.assemble((line, STYLES["key"]), "\n", (ends, STYLES["muted"]))


def blocks(counts: Sequence[float], highest: float) -> str:
    """Draw counts as blocks of one line, a cell each, the highest as high as a line is."""
    top = len(_BLOCKS) - 1
    return "".join(
        " " if not n else _BLOCKS[min(round(n / (highest or 1) * top), top)] for n in counts
    )


def between(low: str, high: str, wide: int) -> str:
    """Write two ends under a picture so many cells wide."""
    return low + " " * max(wide - cell_len(low) - cell_len(high), 1) + high


def _bars(top: Sequence[Frequency], rows: int) -> Content:
    """The most frequent values, each with its share as a bar."""
    labels = [cell_text(one.value, 60) or '""' for one in top]
    wide = min(max(cell_len(label) for label in labels), _LABEL)
    lines = []
    for label, one in zip(labels, top, strict=True):
        bar = "█" * max(round(one.count / max(rows, 1) * _BAR), 0) or "▏"
        lines.append(
            Content.assemble(
                fit(label, cell_len(label), wide, right=False) + "  ",
                (bar.ljust(_BAR), STYLES["key"]),
                (f"  {share(one.count, rows):>5}", STYLES["muted"]),
            )
        )
    return Content("\n").join(lines)


def error(text: str) -> list[Section]:
    """Say why there is nothing."""
    return [Section(text=said(text, "bad", cap=600))]
