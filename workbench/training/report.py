"""The record of a run for people, as Markdown. Pure: facts in, text out; all names pass clean()."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.numbers import from_figure
from workbench.options import Value
from workbench.records.runs import MetricFigures
from workbench.text import clean
from workbench.training.features import FeaturePlan
from workbench.training.fitting import Target
from workbench.training.metrics import BY_NAME, CV, CV_STD, DUMMY, HIGH, LOW, Scored, metrics_of
from workbench.training.splits import Deal
from workbench.training.work import TrainWork

if TYPE_CHECKING:
    import numpy as np

MOST_CLASSES = 20
"""A confusion matrix shows at most this many classes."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class RunStory:
    """Everything that a report tells."""

    work: TrainWork
    trainer: str
    rows: int
    without_target: int
    target: Target
    deal: Deal
    plan: FeaturePlan
    columns_made: int
    figures: Mapping[str, MetricFigures]
    tested: Scored
    seconds: float
    runtime: Mapping[str, str]
    machine: Mapping[str, str]


def write_report(story: RunStory) -> str:
    """Return the report."""
    problem = story.work.problem
    parts = [
        f"# {_plain(problem.goal) or 'Report of a run'}",
        _section("Problem", _problem(story)),
        _section("Result", _result(story)),
        _section("Test rows", _outcome(story)),
        _section("Data", _data(story)),
        _section("Features", _features(story)),
        _section("Trainer", _trainer(story)),
        _section("Made by", _made_by(story)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _plain(text: object, cap: int = 200) -> str:
    """Text from outside inside a line of Markdown: nothing in it is markup, link or HTML."""
    escaped = clean(text, cap)
    for mark in "\\`*_{}[]<>()#|!~":
        escaped = escaped.replace(mark, "\\" + mark)
    return escaped


def _code(text: object, cap: int = 80) -> str:
    """A name from outside as Markdown code, for a line or a cell."""
    return "`" + clean(text, cap).replace("`", "'").replace("|", "¦") + "`"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table whose first `left` columns are flushed left, the others right."""
    rule = ["---" if place < left else "---:" for place in range(len(headings))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


def _number(value: float) -> str:
    return f"{value:.4g}"


def _figure(story: RunStory, name: str) -> str:
    return _number(from_figure(story.figures[name].last)) if name in story.figures else "-"


def _problem(story: RunStory) -> str:
    problem = story.work.problem
    more = "more" if problem.direction == "maximize" else "less"
    lines = [
        f"- Experiment: {_code(story.work.experiment)}",
        f"- Target: {_code(problem.target)}, task {problem.task}",
        f"- Metric: {problem.metric}, {more} is better",
    ]
    if problem.task == "binary":
        lines.append(f"- Positive class: {_code(story.target.positive)}")
    if problem.threshold is not None:
        reached = from_figure(story.figures[problem.metric].last)
        good = (
            reached >= problem.threshold
            if problem.direction == "maximize"
            else reached <= problem.threshold
        )
        verdict = "reached" if good else "not reached"
        lines.append(
            f"- Threshold: {_number(problem.threshold)}, {verdict} with {_number(reached)}"
        )
    return "\n".join(lines)


def _result(story: RunStory) -> str:
    rows = []
    for metric in metrics_of(story.work.problem.task):
        title = f"**{metric.title}**" if metric.name == story.work.problem.metric else metric.title
        folds = f"{_figure(story, CV + metric.name)} ± {_figure(story, CV_STD + metric.name)}"
        arrow = "more" if BY_NAME[metric.name].direction == "maximize" else "less"
        rows.append(
            [
                title,
                _figure(story, metric.name),
                f"{_figure(story, LOW + metric.name)} to {_figure(story, HIGH + metric.name)}",
                _figure(story, DUMMY + metric.name),
                folds,
                arrow,
            ]
        )
    count = len(story.deal.folds)
    table = _table(["Metric", "Test", "95 %", "Baseline", f"{count} folds", "Better"], rows)
    return (
        f"{table}\n\n95 %: the interval of the test figure, by bootstrap over the test rows. The "
        "baseline predicts without looking at the features (class shares, or the mean) on the same "
        "test rows. Folds: mean ± standard deviation, made of the training rows."
    )


def _outcome(story: RunStory) -> str:
    if story.work.problem.task == "regression":
        return _residuals(story.tested)
    return _confusion(story.tested)


def _confusion(scored: Scored) -> str:
    from sklearn.metrics import confusion_matrix

    matrix: np.ndarray[tuple[int, int], np.dtype[np.int64]] = confusion_matrix(
        scored.truth, scored.predicted, labels=list(scored.classes)
    )
    order = sorted(range(len(scored.classes)), key=lambda i: (-int(matrix[i].sum()), i))
    shown = sorted(order[:MOST_CLASSES])
    names = [_code(scored.classes[i], 40) for i in shown]
    rows = [
        [name, *(str(int(matrix[i, j])) for j in shown)]
        for name, i in zip(names, shown, strict=True)
    ]
    note = (
        f"\n\nThe {MOST_CLASSES} commonest of {len(scored.classes)} classes."
        if len(shown) < len(scored.classes)
        else ""
    )
    return (
        "Confusion matrix: true class down, predicted class across.\n\n"
        + _table(["", *names], rows)
        + note
    )


def _residuals(scored: Scored) -> str:
    import numpy as np

    values = np.quantile(scored.truth - scored.predicted, QUANTILES)
    return "Residuals (true minus predicted) by quantile.\n\n" + _table(
        [f"{share * 100:g} %" for share in QUANTILES], [[_number(float(v)) for v in values]], left=0
    )


def _data(story: RunStory) -> str:
    split = story.work.problem.split
    lines = [
        f"- Version: {_code(story.work.dataset)}, content {_code(story.work.content, 100)}",
        f"- Rows: {story.rows:,}"
        + (
            f", {story.without_target:,} of them without a target and left out"
            if story.without_target
            else ""
        ),
        f"- Split: {split.method}, {len(story.deal.train):,} to train, {len(story.deal.test):,} to "
        f"test ({split.test:g}), {len(story.deal.folds)} folds, seed {split.seed}",
    ]
    return "\n".join(lines)


def _features(story: RunStory) -> str:
    plan = story.plan
    made = f"{len(plan.fields)} columns are used; they make {story.columns_made} features."
    lines = [made, ""]
    for title, names in (
        ("Numbers", plan.numbers),
        ("Dates and times", plan.moments),
        ("Categories", plan.categories),
        ("Categories of many values, as means of the target", plan.many),
        ("Texts", plan.texts),
    ):
        if names:
            lines.append(f"- {title}: {_names(names)}")
    lines += [f"- Left out: {_code(name)}: {_plain(why)}" for name, why in _first(plan.left_out)]
    if len(plan.left_out) > _MOST_NAMES:
        lines.append(f"- Left out: {len(plan.left_out) - _MOST_NAMES} more")
    return "\n".join(lines)


_MOST_NAMES = 50


def _first(left_out: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(left_out.items())[:_MOST_NAMES]


def _names(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(_code(name) for name in names[:_MOST_NAMES]) + rest


def _trainer(story: RunStory) -> str:
    rows = [[_code(name), _value(value)] for name, value in story.work.params.items()]
    head = f"{_plain(story.trainer)}, seed {story.work.seed}."
    return f"{head}\n\n{_table(['Parameter', 'Value'], rows)}" if rows else head


def _value(value: Value) -> str:
    if value is None:
        return "-"
    return _code(str(value).lower() if isinstance(value, bool) else value)


def _made_by(story: RunStory) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in story.runtime.items())
    machine = ", ".join(_plain(value) for value in story.machine.values())
    return "\n".join(
        [
            f"- Run: {_code(story.work.run)}",
            f"- Time: {story.seconds:.1f} s",
            f"- Runtime: {_plain(packages, 1000)}",
            f"- Machine: {machine}",
        ]
    )
