"""A training job from its folder's inputs to its results: read, deal, fold by fold, fit, test, save."""

from __future__ import annotations

import os
import platform
import socket
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.compute.spec import decode_spec
from workbench.data.roles import infer_roles
from workbench.plugins import load_reference
from workbench.training.checks import check_table
from workbench.training.contract import Trainer
from workbench.training.features import plan_features
from workbench.training.fitting import Learning, Recipe, figures, read_target
from workbench.training.inputs import conform
from workbench.training.intervals import intervals
from workbench.training.metrics import BY_NAME, CV, DUMMY, Scored, score_all
from workbench.training.report import markdown, page
from workbench.training.report.record import PAGE, Report
from workbench.training.report.record import REPORT as RECORD
from workbench.training.report.tell import Story, tell
from workbench.training.result import RESULT, ModelFile, RunResult
from workbench.training.splitcolumn import deal_out
from workbench.training.splits import Deal
from workbench.training.work import TrainWork

if TYPE_CHECKING:
    from workbench.training.worker import Log

DATA = "data.parquet"
REPORT = "report.md"
PREDICTIONS = "predictions.parquet"
PACKAGES = ("ml-workbench", "msgspec", "numpy", "polars", "scikit-learn", "scipy", "skops")
"""What a worker computes with, for the record of the runtime."""


def run_job(folder: Path, log: Log) -> None:
    """Do the job in `folder`. Raises WorkbenchError, or whatever a trainer raises."""
    started = time.monotonic()
    spec = decode_spec((folder / "spec.json").read_bytes(), where=str(folder / "spec.json"))
    work = msgspec.convert(spec.work, TrainWork)
    problem = work.problem
    trainer = load_reference(work.trainer)
    rows, learner, dealt = _prepare(folder / "in" / DATA, work, trainer, log)
    folds = _cross_validate(learner, dealt, problem.metric, log)
    log.phase("fit")
    model = learner.fit(dealt.train)
    log.phase("test")
    tested = learner.score(model, dealt.test)
    test = score_all(problem.task, tested)
    blind = learner.blind(dealt.train, dealt.test)
    dummy = {name: BY_NAME[name].function(guess) for name, guess in blind.items()}
    log.metric(problem.metric, test[problem.metric])
    log.metric(DUMMY + problem.metric, dummy[problem.metric])
    log.phase("intervals")
    bounds = intervals(problem.task, tested, seed=problem.split.seed, groups=dealt.test_groups)
    story = Story(
        work=work,
        trainer=trainer,
        rows=rows,
        learner=learner,
        deal=dealt,
        model=model,
        tested=tested,
        blind=blind,
        figures=figures(test, folds, dummy, bounds),
        seconds=time.monotonic() - started,
        runtime=_runtime(),
        machine=_machine(),
    )
    log.phase("explain")
    report = tell(story)
    log.phase("save")
    _save(folder / "out", story, report, log)


def _prepare(data: Path, work: TrainWork, trainer: Trainer, log: Log) -> tuple[int, Learning, Deal]:
    """Read and check the table, deal its rows out, decide on the features."""
    problem = work.problem
    log.phase("read")
    frame = pl.read_parquet(data, glob=False)
    check_table(frame.lazy(), problem, where=work.dataset)
    rows = frame.height
    # Of all rows, as the profile shows them: what a column is good for is no figure that is fitted,
    # and whether a column counts the rows cannot be seen from a part of them.
    roles = infer_roles(frame)
    frame = frame.filter(pl.col(problem.target).is_not_null())
    if rows > frame.height:
        log.note(f"{rows - frame.height} of {rows} rows have no target and are left out")
    target = read_target(frame[problem.target], problem)
    dealt = deal_out(frame, target, problem, where=work.dataset)

    log.phase("prepare")
    known = frame[dealt.train]
    # The groups of the test rows are others: nothing that is learned of a group helps there.
    grouped = (problem.split.column,) if problem.split.method == "group" else ()
    plan = plan_features(known, roles, target=problem.target, drop=problem.drop, grouped=grouped)
    for name, why in plan.left_out.items():
        log.note(f"column {name} is left out: {why}")
    recipe = Recipe(problem.task, plan, trainer, work.params, work.seed)
    return rows, Learning(conform(frame, plan.fields), target, recipe), dealt


def _save(out: Path, story: Story, report: Report, log: Log) -> None:
    """Write model, reports and predictions, and last of all the result that names them."""
    out.mkdir(exist_ok=True)
    saved = _save_model(story.model, story.work.format, out, log)
    (out / REPORT).write_text(markdown.write(report), encoding="utf-8")
    (out / PAGE).write_text(page.write(report), encoding="utf-8")
    (out / RECORD).write_bytes(msgspec.json.encode(report))
    predictions(story.tested, story.deal).write_parquet(out / PREDICTIONS, compression="zstd")
    classes = [str(name) for name in getattr(story.model, "classes_", ())]
    signature = story.learner.signature(story.work.problem.target, classes)
    result = RunResult(
        metrics=dict(story.figures),
        model=ModelFile(signature=msgspec.json.encode(signature).decode(), **saved),
        report=REPORT,
        artifacts=(PREDICTIONS, RECORD, PAGE),
    )
    _write_last(out / RESULT, msgspec.json.encode(result))


def _cross_validate(
    learner: Learning, dealt: Deal, metric: str, log: Log
) -> list[dict[str, float]]:
    total = len(dealt.folds)
    log.phase("folds", 0, total)
    scores = []
    for number, scored in enumerate(learner.folds(dealt.folds), 1):
        scores.append(scored)
        for name, value in scored.items():
            # The log tells the problem's metric; whoever watches the events may want any.
            tell = log.metric if name == metric else log.events.metric
            tell(CV + name, value, number)
        log.phase("folds", number, total)
    return scores


def _save_model(model: Any, reference: str, out: Path, log: Log) -> dict[str, str]:
    plugin = load_reference(reference)
    path = out / f"model{plugin.suffix}"
    plugin.dump(model, path)
    if unknown := plugin.inspect(path):
        log.warn(
            "the model file has types that are not on the list of trusted ones, so it cannot be "
            "loaded: " + ", ".join(unknown[:5])
        )
    return {"file": path.name, "format": plugin.name, "content": plugin.content(path)}


def predictions(scored: Scored, dealt: Deal) -> pl.DataFrame:
    """Return the test rows' predictions, for classes with a probability each.

    `row` counts from 0 among the rows that have a target.
    """
    columns = {"row": dealt.test, "truth": scored.truth, "prediction": scored.predicted}
    if scored.probabilities is not None:
        for position, name in enumerate(scored.classes):
            columns[f"probability_{name}"] = scored.probabilities[:, position]
    return pl.DataFrame(columns)


def _write_last(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(data)
    temporary.replace(path)


def _runtime() -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            # Sent as a bundle: the code is there, its metadata is not.
            continue
    return found


def _machine() -> dict[str, str]:
    return {
        "host": socket.gethostname(),
        "platform": platform.platform(terse=True),
        "cores": f"{os.cpu_count()} cores",
    }
