"""A report in words, for Markdown and HTML alike: verdicts, headings, rows of tables as plain text.

Nothing here is cleaned or escaped: whoever writes it does that once for each cell.
"""

from __future__ import annotations

import shlex

from workbench.numbers import Figure, even
from workbench.training.guardrails import bound_words
from workbench.training.report.record import Line, Report

Row = list[str]


def number(value: Figure) -> str:
    """Return a figure in four digits; a dash where there is none."""
    return "-" if float(value) != float(value) else even(value)[0]


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return "-" if value is None else f"{value * 100:.3g} %"


def between(low: Figure, high: Figure) -> str:
    """Return an interval: `0.690 to 0.730`; a dash where there is none."""
    return "-" if number(low) == "-" else " to ".join(even(low, high))


def measured(value: Figure, low: Figure, high: Figure) -> tuple[str, str]:
    """Return a figure of the test rows and its interval, written alike."""
    if number(low) == "-":
        return number(value), "-"
    text, *ends = even(value, low, high)
    return text, " to ".join(ends)


def spread(mean: Figure, deviation: Figure) -> str:
    """Return a mean with what it varies by: `0.8039 ± 0.0028`."""
    return " ± ".join(even(mean, deviation)) if number(mean) != "-" else "-"


def verdict(report: Report) -> str:
    """Return in a sentence what was reached, and whether it beats predicting without looking."""
    line = report.main
    test, bounds = measured(line.test, line.low, line.high)
    reached = f"{line.title} {test} ({bounds}) on the test rows"
    if line.beats:
        return (
            f"{reached}; better than the baseline ({number(line.baseline)}) by "
            f"{between(line.gain_low, line.gain_high)}."
        )
    if float(line.gain_high) < 0:
        return f"{reached}; worse than the baseline ({number(line.baseline)})."
    return f"{reached}; not shown to be better than the baseline ({number(line.baseline)})."


RESULT_HEAD = ["Metric", "Test", "95 %", "Baseline", "Gain, 95 %", "Folds", "Better"]
RESULT_NOTE = (
    "95 %: the interval of the test figure, by bootstrap over the test rows. The baseline does "
    "not look at the features: by each metric the best of the class shares, the commonest class, a draw "
    "by the shares and always the positive class, or of mean and median. The gain over it is drawn on "
    "the same rows for both, and more than 0 is better. Folds: mean ± standard "
    "deviation, made of the training rows."
)


def result(line: Line) -> Row:
    """Return the cells of a metric under RESULT_HEAD."""
    return [
        line.title,
        *measured(line.test, line.low, line.high),
        number(line.baseline),
        between(line.gain_low, line.gain_high),
        spread(line.folds, line.spread),
        "more" if line.direction == "maximize" else "less",
    ]


RAIL_HEAD = ["Asked for", "Test", "95 %", "Holds"]


def rails(report: Report) -> list[Row]:
    """Return the threshold and the guardrails with what was reached."""
    return [
        [
            bound_words(rail.metric, rail.threshold) + (" (threshold)" if rail.main else ""),
            *measured(rail.test, rail.low, rail.high),
            "yes" if rail.holds else "no",
        ]
        for rail in report.rails
    ]


IMPORTANCE_HEAD = ["Column", "Loss", "±"]
SLICE_HEAD = ["Column", "Value", "Rows", "Test", "95 %", "Worse"]
PART_HEAD = ["Column", "Used as", "Null in training", "Null in test"]
MOST_SHOWN = 30


def importance_note(report: Report) -> str:
    """Return what the importances are."""
    return (
        f"How much worse {report.main.title} becomes on {report.importance_rows:,} test rows when a "
        "column's values are shuffled, on average of five times. Columns that say the same hide each other."
    )


def importances(report: Report) -> list[Row]:
    """Return the most important columns, all figures written alike."""
    shown = report.importances[:MOST_SHOWN]
    figures = iter(even(*(value for item in shown for value in (item.mean, item.spread))))
    return [[item.column, next(figures), next(figures)] for item in shown]


def slice_note(report: Report) -> str:
    """Return what the slices are."""
    if not report.slices:
        return (
            f"Of {report.slices_seen} slices of {report.smallest_slice} test rows or more none is worse "
            "than the whole."
        )
    return (
        f"The worst of {report.slices_seen} slices of {report.smallest_slice} test rows or more, by "
        f"{report.main.title} ({number(report.main.test)} on all). Among many some are worse by chance: "
        "yes stands where the whole interval is."
    )


def slices(report: Report) -> list[Row]:
    """Return the worst slices."""
    return [
        [
            item.column,
            item.value,
            f"{item.rows:,}",
            *measured(item.test, item.low, item.high),
            "yes" if item.worse else "-",
        ]
        for item in report.slices
    ]


def parts(report: Report) -> list[Row]:
    """Return the columns and what was made of them."""
    return [
        [
            part.name,
            f"{part.kind}: {part.why}" if part.why else part.kind,
            share(part.train_null),
            share(part.test_null),
        ]
        for part in report.data.parts[: MOST_SHOWN * 3]
    ]


def split_words(report: Report) -> str:
    """Return how the rows were dealt out."""
    data = report.data
    by = f" by {data.column}" if data.column else ""
    return (
        f"{data.method}{by}, {data.train:,} to train, {data.test:,} to test ({data.share:g}), "
        f"{data.folds} folds, seed {data.seed}"
    )


def rows_words(report: Report) -> str:
    """Return how many rows there were."""
    data = report.data
    rest = (
        f", {data.without_target:,} of them without a target and left out"
        if data.without_target
        else ""
    )
    return f"{data.rows:,}{rest}"


def parameters(report: Report) -> list[Row]:
    """Return the trainer's parameters."""
    return [
        [name, "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)]
        for name, value in report.params.items()
    ]  # fmt: skip


def command(report: Report) -> str:
    """Return the run as a line for a shell."""
    return shlex.join(["workbench", *report.reproduce])
