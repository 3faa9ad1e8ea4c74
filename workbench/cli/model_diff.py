"""`workbench model diff`: two versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common, table
from workbench.cli.model_evidence import (
    SHOWN,
    bounds,
    latency_line,
    paired_words,
    rows_words,
    shape_lines,
)
from workbench.cli.model_text import figure, size
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.diff import Pair, VersionDiff
    from workbench.models.figures import MetricLine


@click.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--quick",
    is_flag=True,
    help="Leave out what takes seconds: the comparison on the same rows, the data's shape, latency.",
)
@common
def diff(context: Context, before: str, after: str, quick: bool) -> None:
    """Show what differs from version BEFORE to version AFTER (delay@1 delay@2)."""
    from workbench.models.diff import complete_diff, version_diff

    found = version_diff(context.project, before, after)
    if not quick:
        found = complete_diff(context.project, found)
    context.answer("model.diff@1", found, lambda: diff_text(found))


def diff_text(found: VersionDiff) -> str:
    """Return what differs, a part after the other."""
    parts = [
        f"From {found.before} to {found.after}",
        _figures(found),
        _table("MADE FROM", found.origin),
        _table("PARAMETER", found.params),
        _callers(found),
    ]
    if found.shape is not None:
        parts.append("\n".join(shape_lines(found.shape)))
    parts.append("\n".join(_file(found)))
    return "\n\n".join(part for part in parts if part)


def _figures(found: VersionDiff) -> str:
    headings = ["METRIC", found.before, "95 %", found.after, "95 %", "CHANGE"]
    rows = [_metric(line) for line in found.metrics]
    if found.rows is not None and found.rows.same_rows:
        headings.append("95 % OF IT, PAIRED")
        for row, line in zip(rows, found.metrics, strict=True):
            row.append(paired_words(found.rows.line(line.name)))
    shown = table(tuple(headings), [tuple(row) for row in rows], right=tuple(headings[1:]))
    return f"{shown}\n{rows_words(found.rows)}" if found.rows is not None else shown


def _metric(line: MetricLine) -> list[str]:
    change = "-" if line.difference is None else f"{line.difference:+.6g}"
    word = {True: " better", False: " worse", None: ""}[line.better]
    return [
        line.name,
        figure(line.live),
        bounds(line.live_low, line.live_high),
        figure(line.candidate),
        bounds(line.low, line.high),
        change + word,
    ]


def _table(heading: str, pairs: tuple[Pair, ...]) -> str:
    if not pairs:
        return f"{heading.capitalize()}: no difference"
    return table(
        (heading, "BEFORE", "AFTER"), [(pair.name, pair.before, pair.after) for pair in pairs]
    )


def _callers(found: VersionDiff) -> str:
    if not found.columns:
        return "Signature: the same columns"
    return table(
        ("COLUMN", "SIDE", "CHANGE", "BEFORE", "AFTER"),
        [(c.column, c.side[:-1], c.change, c.before, c.after) for c in found.columns],
    )


def _file(found: VersionDiff) -> list[str]:
    first, second = found.before_file, found.after_file
    lines = [
        f"file       {first.format}, {size(first.bytes)} → {second.format}, {size(second.bytes)}"
    ]
    for sign, names in (("-", found.types_gone), ("+", found.types_new)):
        lines += [f"  {sign} {clean(name)}" for name in names[:SHOWN]]
        if len(names) > SHOWN:
            lines.append(f"  {sign} {len(names) - SHOWN} more")
    for side in (first, second):
        lines += [f"warning    {clean(warning)}" for warning in side.warnings]
    return lines + [
        latency_line(one) for one in (found.before_latency, found.after_latency) if one is not None
    ]
