"""The evidence card of a promotion as text for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.base import table
from workbench.cli.model_text import GLYPHS, evaluated_line, figure, lineage_lines, size
from workbench.numbers import even
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.contract import GateOutcome
    from workbench.models.datashape import TrainingShape
    from workbench.models.evidence import Evidence, FileFacts
    from workbench.models.figures import MetricLine
    from workbench.models.latency import Latency
    from workbench.models.paired import PairedLine, RowComparison

SHOWN = 12
"""Differences of the data, and types of the file, that are told one by one; `--json` has all."""


def evidence_text(evidence: Evidence) -> str:
    """Return the card: figures, rows, gates, data, callers, file, latency, lineage."""
    live = evidence.live_reference or "nothing"
    parts = [
        f"{evidence.reference} to {evidence.environment}, where {live} is promoted now",
        _figures(evidence),
        "\n".join([_gate(gate) for gate in evidence.gates] or ["No gates are set here."]),
    ]
    if evidence.shape is not None:
        parts.append("\n".join(shape_lines(evidence.shape)))
    changes = [f"{c.side[:-1]} {clean(c.column)} {c.change}" for c in evidence.signature_changes]
    facts = []
    if evidence.live_reference:
        facts.append(f"signature  {', '.join(changes) or 'the same columns'}")
    facts += file_lines(evidence.file)
    facts += [latency_line(found) for found in (evidence.latency, evidence.live_latency) if found]
    facts += lineage_lines(evidence.lineage)
    facts += [evaluated_line(evidence.evaluated)] if evidence.evaluated else []
    parts.append("\n".join(facts))
    return "\n\n".join(parts)


def _figures(evidence: Evidence) -> str:
    live = evidence.live_reference or "-"
    headings = ["METRIC", evidence.reference, "95 %", "ASKED", "BASELINE", live, "95 %", "CHANGE"]
    rows: list[list[str]] = [_metric(line) for line in evidence.metrics]
    if evidence.rows is not None and evidence.rows.same_rows:
        headings.append("95 % OF IT, PAIRED")
        for row, line in zip(rows, evidence.metrics, strict=True):
            row.append(paired_words(evidence.rows.line(line.name)))
    shown = [table(tuple(headings), [tuple(row) for row in rows], right=tuple(headings[1:]))]
    if evidence.rows is not None:
        shown.append(rows_words(evidence.rows))
    elif evidence.same_data is False:
        mine, live = clean(evidence.tested_on), clean(evidence.live_tested_on)
        shown.append(f"Tested on different data: {mine} and {live}.")
    return "\n".join(shown)


def _metric(line: MetricLine) -> list[str]:
    change = "-" if line.difference is None else f"{line.difference:+.6g}"
    word = {True: " better", False: " worse", None: ""}[line.better]
    asked = "-"
    if line.threshold is not None:
        asked = f"{figure(line.threshold)} {GLYPHS['pass' if line.reached else 'fail']}"
    return [
        line.name,
        figure(line.candidate),
        bounds(line.low, line.high),
        asked,
        figure(line.baseline),
        figure(line.live),
        bounds(line.live_low, line.live_high),
        change + word,
    ]


def bounds(low: float | None, high: float | None) -> str:
    """Return an interval, `-` for none."""
    return "-" if low is None or high is None else " to ".join(even(low, high))


def paired_words(line: PairedLine | None) -> str:
    """Return the interval of a difference and what it says."""
    if line is None:
        return "-"
    return " to ".join(even(line.low, line.high, digits=3, signed=True)) + f" {line.verdict}"


def rows_words(rows: RowComparison) -> str:
    """Say whether both were tested on the same rows."""
    if rows.same_rows:
        return f"Both were tested on the same {rows.rows:,} rows."
    return f"Not the same rows: {clean(rows.why)}. The figures stand side by side, unpaired."


def _gate(gate: GateOutcome) -> str:
    return (
        f"{GLYPHS[gate.outcome]} {gate.outcome}  {clean(gate.gate)}: {clean(gate.what)}"
        f" {figure(gate.measured)}, asked {figure(gate.required)} ({clean(gate.why)})"
    )


def shape_lines(shape: TrainingShape) -> list[str]:
    """Return what differs in the training data, the gravest first."""
    if shape.why:
        return [f"data       cannot be compared: {clean(shape.why)}"]
    if shape.same:
        return [f"data       the same table: {clean(shape.after)}"]
    lines = [f"data       {clean(shape.after)} against {clean(shape.before)}: {shape.summary}"]
    lines += [f"  {found.severity:<7}  {clean(found.what)}" for found in shape.differences[:SHOWN]]
    if len(shape.differences) > SHOWN:
        lines.append(f"  and {len(shape.differences) - SHOWN} more: workbench data diff")
    return lines


def file_lines(file: FileFacts) -> list[str]:
    """Return size, format and types of a file."""
    other = "" if file.live_bytes is None else f", the other {size(file.live_bytes)}"
    safe = "cannot run code when loaded" if file.safe else "MAY RUN CODE when loaded"
    unknown = f", not trusted: {clean(', '.join(file.unknown_types[:SHOWN]))}"
    words = f"{len(file.types)} types{unknown if file.unknown_types else ', all trusted'}"
    return [
        f"file       {file.format}, {size(file.bytes)}{other}; {safe}",
        f"types      {words}",
        *[f"warning    {clean(warning)}" for warning in file.warnings],
    ]


def latency_line(latency: Latency) -> str:
    """Return what one row takes."""
    if latency.median_ms is None or latency.p95_ms is None:
        return f"latency    {latency.reference}: not measured: {clean(latency.why)}"
    return (
        f"latency    {latency.reference}: {latency.median_ms:.3g} ms a row, p95 {latency.p95_ms:.3g} ms,"
        f" {latency.calls} calls on {clean(latency.machine)}"
    )
