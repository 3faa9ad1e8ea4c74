"""Runs as text: a table, one run in full, a comparison. All from outside passes clean()."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from workbench.cli.base import table
from workbench.cli.joblog import moment
from workbench.numbers import Figure, even, from_figure
from workbench.options import Value
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.experiments.compare import Comparison, MetricLine
    from workbench.experiments.runs import Run, RunRow
    from workbench.records.runs import RunFacts


def figure(value: Figure | None) -> str:
    """Return a figure to four significant digits, `-` for none."""
    return "-" if value is None else f"{from_figure(value):.4g}"


def duration(seconds: float | None) -> str:
    """Return a time span: `0.4s`, `41s`, `3m 05s`, `2h 10m`; `-` for none."""
    if seconds is None:
        return "-"
    if seconds < 60:
        return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def value_text(value: Value) -> str:
    """Return a parameter's value as people type it."""
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else clean(value, 60)


def run_table(
    runs: Sequence[RunRow], metric_of: Mapping[str, str], metric: str | None = None
) -> str:
    """Return runs as a table; `metric_of` maps experiment to its metric, `metric` shows one for all."""
    rows = []
    for run in runs:
        name = metric or metric_of.get(run.experiment, "")
        shown = f"{name} {figure(run.metrics[name])}" if name in run.metrics else "-"
        rows.append(
            (
                run.reference,
                run.state,
                run.trainer,
                run.experiment,
                run.dataset,
                shown,
                duration(run.seconds),
                moment(run.created_at),
            )
        )
    headings = ("RUN", "STATE", "TRAINER", "EXPERIMENT", "DATA", "METRIC", "TIME", "CREATED")
    return table(headings, rows, right=("TIME",))


def column_table(runs: Sequence[RunRow], columns: Sequence[str]) -> str:
    """Return runs as a table of these columns (facts, `metric.NAME`, `param.NAME`)."""
    from workbench.experiments.columns import value_of
    from workbench.experiments.listing import METRIC, PARAM

    def text(run: RunRow, name: str) -> str:
        value = value_of(run, name)
        if name.startswith(METRIC):
            return figure(run.metrics.get(name.removeprefix(METRIC)))
        if name == "time":
            return duration(run.seconds)
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, tuple):
            return " ".join(value) or "-"
        return value_text(value)  # type: ignore[arg-type]  # what is left are values

    heads = [name.removeprefix(METRIC).removeprefix(PARAM).upper() for name in columns]
    right = [
        head for head, name in zip(heads, columns, strict=True) if name.startswith((METRIC, "time"))
    ]
    rows = [[text(run, name) for name in columns] for run in runs]
    return table(heads, rows, right=right)


def run_text(run: Run, again: str = "", last_words: Sequence[str] = ()) -> str:
    """Return one run in full.

    `again` tells how it stands to the run that it reproduces, `last_words` is the end of its log.
    """
    facts = {
        "run": f"{run.reference} ({run.id})",
        "state": run.state,
        "error": run.error,
        "reproduced": again,
        "experiment": run.experiment,
        "trainer": f"{run.trainer}, seed {run.seed}",
        "data": run.dataset,
        "target": run.target,
        "created": f"{moment(run.created_at)} by {run.created_by}",
        "time": duration(run.seconds),
        "code": run.facts.commit
        + (" with uncommitted changes (--patch)" if run.facts.diff_object else ""),
        "left out": "; ".join(run.facts.left_out),
        "runtime": f"Python {run.facts.python}, "
        + ", ".join(f"{name} {version}" for name, version in run.facts.packages.items()),
        "locked": f"{run.facts.runtime[:12]} on {run.target} (--runtime)"
        if run.facts.runtime
        else "",
        "machine": f"{run.facts.host}, {run.facts.platform}, {_hardware(run.facts)}",
        "model": f"{run.model.format}, {run.model.bytes:,} bytes, {run.model.content}"
        if run.model
        else "",
    }
    facts["tags"] = " ".join((*(("archived",) if run.archived else ()), *run.tags))
    lines = [f"{key:11}{clean(value)}" for key, value in facts.items() if value]
    if last_words:
        lines += ["", "Where its log ends:", *(f"  {clean(line, 300)}" for line in last_words)]
    params = [(name, value_text(value)) for name, value in run.params.items()]
    if params:
        lines += ["", table(("PARAMETER", "VALUE"), params)]
    if run.metrics:
        lines += ["", _figures(run)]
    files = [(item.name, f"{item.bytes:,}", item.object[:12]) for item in run.artifacts]
    if files:
        lines += ["", table(("ARTIFACT", "BYTES", "OBJECT"), files, right=("BYTES",))]
    return "\n".join(lines)


def _hardware(facts: RunFacts) -> str:
    memory = f"{facts.memory / 2**30:.1f} GiB" if facts.memory else ""
    parts = (f"{facts.cores} cores", facts.processor, memory, *facts.gpus)
    return ", ".join(part for part in parts if part)


def _figures(run: Run) -> str:
    def last(name: str) -> Figure | None:
        return run.figures[name].last if name in run.figures else None

    rows = [
        (
            name,
            *_measured(value, last(f"low.{name}"), last(f"high.{name}")),
            figure(last(f"dummy.{name}")),
            f"{figure(last(f'cv.{name}'))} ± {figure(last(f'cv_std.{name}'))}",
        )
        for name, value in run.metrics.items()
    ]
    headings = ("METRIC", "TEST", "95 %", "DUMMY", "FOLDS")
    return table(headings, rows, right=headings[1:])


def _measured(value: Figure, low: Figure | None, high: Figure | None) -> tuple[str, str]:
    """Return a figure and its interval, `-` where the run is older than those."""
    if low is None or high is None:
        return figure(value), "-"
    text, *ends = even(value, low, high)
    return text, " to ".join(ends)


def comparison_text(found: Comparison) -> str:
    """Return a comparison as a table: what differs, then the metrics, `*` at the best."""
    differing = (*found.settings, *found.params)
    rows = [[line.name, *(value_text(value) for value in line.values)] for line in differing]
    places = range(len(found.runs))
    rows += [[line.name, *(_cell(line, place) for place in places)] for line in found.metrics]
    if not rows:
        return "Nothing differs."
    first, *others = [
        name + (f" ×{len(runs)}" if len(runs) > 1 else "")
        for name, runs in zip(found.runs, found.members, strict=True)
    ]
    words = (
        "Only what differs is shown, and every metric; * is the best, in () the change against the"
        " base, in [] the 95 % interval where there is one."
    )
    if found.group:
        words += (
            f"\n×n: the mean of n runs that are equal but for {found.group}, its interval by"
            " Student's t."
        )
    return table(("", f"{first} (base)", *others), rows) + "\n\n" + words


def _cell(line: MetricLine, place: int) -> str:
    value, low, high = line.values[place], line.low[place], line.high[place]
    text = figure(value)
    if value is not None and low is not None and high is not None:
        text = "{} [{}, {}]".format(*even(value, low, high))
    text += " *" if place in line.best else ""
    change = line.change[place]
    if place and change is not None and line.values[place] is not None:
        text += f" ({from_figure(change):+.4g})"
    return text
