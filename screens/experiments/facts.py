"""What is shown of one run beside the list: figures against the baseline, settings, where it ran. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from screens.experiments.figures import figure, reached, value_text
from screens.experiments.live import Progress
from screens.states import cell
from screens.text import STYLES, Styled, ago, bar, duration, said, size
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.experiments.experiments import ExperimentRow
from workbench.experiments.runs import Run
from workbench.numbers import from_figure
from workbench.records.runs import RunFacts
from workbench.states import JOB_ENDED
from workbench.text import clean
from workbench.training.metrics import CV, CV_STD, DUMMY, direction_of
from workbench.widths import fit

NAME = 17
"""Cells of a metric's name: the longest of those that have a column of their own."""


@dataclass(frozen=True, slots=True)
class Known:
    """A run with what is known around it."""

    run: Run
    problem: ExperimentRow | None = None
    models: str = ""
    """The versions registered from it."""
    job: str = ""
    progress: Progress | None = None
    again: str = ""
    """How it compares with the run that it reproduces."""
    last_words: Sequence[str] = ()
    """Of a run that failed: the end of its log."""


def sections(known: Known, now: datetime) -> list[Section]:
    """Return everything about a run: first how it stands, then what it is made of."""
    run = known.run
    found = [Section(facts=_state(known, now))]
    if run.error and run.state not in {"succeeded", "cancelled"}:
        found.append(Section("Why", text=said(run.error, "bad", cap=2000)))
    if known.last_words:
        words = Content("\n").join(said(line, "muted", cap=300) for line in known.last_words)
        found.append(Section("Where its log ends", text=words))
    if known.again:
        found.append(Section("Reproduced", text=said(known.again, cap=300)))
    if known.progress is not None and run.state not in JOB_ENDED:
        found += _progress(known.progress)
    if run.metrics:
        found.append(Section("Figures on the test rows", text=_figures(known)))
    found.append(Section("Parameters", facts=_params(run)))
    found.append(Section("Made from", facts=_origin(known)))
    found.append(Section("Known as", text=_identity(run)))
    if run.artifacts:
        files = [(item.name, size(item.bytes)) for item in run.artifacts]
        found.append(Section("Files", facts=files))
    return found


def _state(known: Known, now: datetime) -> list[tuple[str, Cell]]:
    run, problem = known.run, known.problem
    facts: list[tuple[str, Cell]] = [("state", cell(run.state))]
    if problem is not None and problem.metric:
        facts += _main_figure(run, problem)
    if run.archived or run.tags:
        words = (*(("archived",) if run.archived else ()), *run.tags)
        facts.append(("tags", Styled(" ".join(words), "key")))
    if known.models:
        facts.append(("registered as", Styled(known.models, "key")))
    seconds = run.seconds
    if seconds is None and run.started_at and run.state not in JOB_ENDED:
        seconds = (now - run.started_at).total_seconds()
    if seconds is not None:
        facts.append(("time", duration(seconds)))
    facts.append(("asked for", f"{ago(run.created_at, now)} by {run.created_by}"))
    return facts


def _main_figure(run: Run, problem: ExperimentRow) -> list[tuple[str, Cell]]:
    name = problem.metric
    value = run.metrics.get(name)
    if value is None:
        return []
    facts: list[tuple[str, Cell]] = []
    good = reached(value, problem.threshold, problem.direction)
    bound = "≥" if problem.direction == "maximize" else "≤"
    if good is None:
        facts.append((name, Styled(figure(value), "strong")))
    else:
        words = f"{figure(value)}  {'✓' if good else '✗ not'} {bound} {problem.threshold:g}"
        facts.append((name, Styled(words, "good" if good else "warn")))
    folds = run.figures.get(CV + name)
    spread = run.figures.get(CV_STD + name)
    if folds is not None:
        words = figure(folds.last) + (f" ± {figure(spread.last)}" if spread else "")
        facts.append(("over the folds", words))
    return facts


def _progress(progress: Progress) -> list[Section]:
    if not progress.phase:
        return []
    parts = [said(progress.phase, "busy")]
    if progress.share is not None:
        parts.append(Content.styled(bar(progress.share, 16), STYLES["busy"]))
        parts.append(said(f"{progress.done} of {progress.total}"))
    found = [Section("Now", text=Content("  ").join(parts))]
    if progress.folds:
        found.append(Section("Folds so far", text=_folds(progress)))
    if progress.note:
        found.append(Section("Last said", text=said(progress.note, "muted", cap=300)))
    return found


def _folds(progress: Progress) -> Content:
    lines = []
    for name, values in progress.folds.items():
        mean = sum(map(from_figure, values)) / len(values)
        lines.append(
            Content.assemble(
                said(_cut(name), "muted"),
                f"  {figure(mean):>7}",
                (f"  {figure(values[-1]):>8}", "$text-muted"),
            )
        )
    head = Content.styled(f"{'metric':{NAME}}  {'mean':>7}  {'newest':>8}", "$text-muted")
    return Content("\n").join([head, *lines])


def _figures(known: Known) -> Content:
    run, main = known.run, known.problem.metric if known.problem else ""
    names = sorted(run.metrics, key=lambda name: (name != main, name))
    head = f"{'metric':{NAME}}  {'run':>7}  {'baseline':>8}"
    lines = [Content.styled(head, "$text-muted")]
    for name in names:
        dummy = run.figures.get(DUMMY + name)
        sign, style = _against(name, run, dummy.last if dummy else None)
        lines.append(
            Content.assemble(
                said(_cut(name), "strong" if name == main else "plain"),
                f"  {figure(run.metrics[name]):>7}",
                (f"  {figure(dummy.last) if dummy else '–':>8}", "$text-muted"),
                (f" {sign}", style),
            )
        )
    return Content("\n").join(lines)


def _cut(name: str) -> str:
    """Return a name in so many cells: some characters take two."""
    return fit(clean(name), NAME)


def _against(name: str, run: Run, dummy: object) -> tuple[str, str]:
    """Tell whether the run is better than predicting without looking: sign and style."""
    direction = direction_of(name)
    if dummy is None or direction is None:
        return "", ""
    mine, blind = from_figure(run.metrics[name]), float(str(dummy))
    if mine != mine or blind != blind or mine == blind:
        return "=" if mine == blind else "", "$text-muted"
    better = mine > blind if direction == "maximize" else mine < blind
    return ("▲", STYLES["good"]) if better else ("▼", STYLES["warn"])


def _params(run: Run) -> Sequence[tuple[str, Cell]]:
    return [
        ("trainer", run.trainer),
        ("seed", run.seed),
        *((name, value_text(value)) for name, value in run.params.items()),
    ]


def _origin(known: Known) -> list[tuple[str, Cell]]:
    run, facts = known.run, known.run.facts
    model = run.model
    rows: list[tuple[str, Cell]] = [
        ("experiment", run.experiment),
        ("data", run.dataset),
        ("job", f"{known.job} on {run.target}" if known.job else run.target),
        ("code", _code(run)),
        *(("left out", words) for words in facts.left_out[:3]),
        ("runtime", f"Python {facts.python}" if facts.python else None),
        *((name, version) for name, version in facts.packages.items() if name in _SHOWN),
        ("locked as", facts.runtime[:12] or None),
        ("machine", _machine(facts)),
        ("model", f"{model.format}, {size(model.bytes)}" if model else None),
    ]
    return [(name, value) for name, value in rows if value is not None]


def _identity(run: Run) -> Content:
    names = [f"run {run.id}"]
    if run.model:
        names.append(f"model {run.model.content[:24]}…")
    return Content("\n").join([said(name, "muted") for name in names])


_SHOWN = frozenset({"scikit-learn", "polars"})


def _machine(facts: RunFacts) -> str | None:
    cores = f"{facts.cores} cores" if facts.cores else ""
    memory = size(facts.memory) if facts.memory else ""
    words = (facts.host, cores, memory, facts.processor, *facts.gpus)
    return ", ".join(word for word in words if word) or None


def _code(run: Run) -> str:
    if not run.facts.commit:
        return "no git commit"
    dirty = " with uncommitted changes" if run.facts.diff_object else ""
    return run.facts.commit[:12] + dirty
