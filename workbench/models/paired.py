"""Two versions on the same test rows: which metrics differ by more than chance, else why nobody can say.

The rows are the same when both runs were tested on rows of one table (by content), with one target,
and their predictions name the same rows with the same truth. Then the difference of each metric is
bootstrapped over these rows, in pairs (workbench/statistics/bootstrap.py): what both find hard cancels
out. Else the figures stand beside each other, each with its own interval, and no difference is judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import WorkbenchError
from workbench.models.lineage import run_of
from workbench.project.project import Project
from workbench.store.store import View
from workbench.training.metrics import Scored, metrics_of
from workbench.training.signature import Signature
from workbench.training.signatures import recall

if TYPE_CHECKING:
    import polars as pl

PREDICTIONS = "predictions.parquet"
MOST_ROWS = 1_000_000
"""Test rows up to which differences are bootstrapped; beyond, intervals are hair-thin anyway."""
CLOSE = 1e-6
"""How far a figure made again from the predictions may lie from the recorded one, relative."""

BETTER, WORSE, EVEN = "better", "worse", "no clear difference"


class PairedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on the same rows: `after` minus `before` with its 95 % interval.

    `verdict` is `better` or `worse` where the interval leaves out 0, else `no clear difference`.
    """

    name: str
    direction: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    verdict: str


class RowComparison(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of two versions' predictions. `same_rows` false: `why` says what is in the way."""

    before: str
    after: str
    same_rows: bool
    why: str = ""
    rows: int = 0
    lines: tuple[PairedLine, ...] = ()

    def line(self, metric: str) -> PairedLine | None:
        """The line of one metric."""
        return next((line for line in self.lines if line.name == metric), None)


class _Side(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    run: dict[str, Any] | None
    content: str
    object: str
    signature: Signature
    figures: dict[str, float]


def compare_rows(project: Project, before: str, after: str) -> RowComparison:
    """Compare the versions with these ULIDs on their test rows. Takes up to some seconds."""
    first, second = _side(project, before), _side(project, after)
    why = _apart(first, second)
    found: tuple[PairedLine, ...] = ()
    rows = 0
    if not why:
        try:
            why, rows, found = _compare(project, first, second)
        except WorkbenchError as error:  # a lost or damaged object: said on the card
            why = f"{error.what}: {error.why}"
    return RowComparison(
        before=first.reference,
        after=second.reference,
        same_rows=not why,
        why=why,
        rows=rows,
        lines=found,
    )


def _side(project: Project, version: str) -> _Side:
    def ask(view: View) -> _Side:
        row = view.one("SELECT * FROM model_versions WHERE id = ?", [version])
        assert row is not None, "the caller has found it by its reference"
        run = run_of(view, row["run"])
        sql = "SELECT content FROM dataset_versions WHERE id = ?"
        data = view.one(sql, [run["dataset_version"]]) if run else None
        sql = "SELECT object FROM artifacts WHERE run = ? AND name = ?"
        artifact = view.one(sql, [row["run"], PREDICTIONS])
        sql = "SELECT name, last FROM run_metrics WHERE run_number = ?"
        return _Side(
            reference=f"{row['model']}@{row['number']}",
            run=run,
            # Runs recorded elsewhere may name data that is not here: then its ULID is its identity.
            content=data["content"] if data else run["dataset_version"] if run else "",
            object=artifact["object"] if artifact else "",
            signature=recall(project.store.objects, row["signature"]),
            figures={r["name"]: r["last"] for r in view.query(sql, [run and run["number"]])},
        )

    side: _Side = project.store.read(ask)
    return side


def _apart(first: _Side, second: _Side) -> str:
    """Say why the two cannot be compared, before any file is read; empty when they may be."""
    for side in (first, second):
        if side.run is None:
            return (
                f"{side.reference} was imported: it has no run whose test rows could be drawn again"
            )
    if first.content != second.content:
        a, b = (side.run["dataset"] if side.run else "" for side in (first, second))
        return f"tested on {b}, the other on {a}"
    one, other = first.signature, second.signature
    if (one.task, one.target) != (other.task, other.target):
        return f"one predicts {one.target} ({one.task}), the other {other.target} ({other.task})"
    for side in (first, second):
        if not side.object:
            return f"the run of {side.reference} kept no predictions"
    return ""


def _compare(
    project: Project, first: _Side, second: _Side
) -> tuple[str, int, tuple[PairedLine, ...]]:
    tables = [_table(project, side) for side in (first, second)]
    why = _other_rows(*tables)
    if why:
        return why, 0, ()
    rows = tables[0].height
    if rows > MOST_ROWS:
        return f"{rows:,} test rows are more than {MOST_ROWS:,}, and are not drawn again", rows, ()
    task = first.signature.task
    scored = [_scored(table, task) for table in tables]
    if task == "binary":
        positive = _positive(scored[0].classes, (first, second), scored)
        if not positive:
            return "the recorded figures cannot be found again from the predictions", rows, ()
        scored = [_about(one, positive) for one in scored]
    return "", rows, tuple(_lines(task, scored[0], scored[1]))


def _table(project: Project, side: _Side) -> pl.DataFrame:
    """Read a run's predictions, by row; verified, for anybody may have written the file."""
    import io

    import polars as pl

    from workbench.errors import BadInput

    data = project.store.objects.read(side.object)
    try:
        frame = pl.read_parquet(io.BytesIO(data))
        return frame.sort("row")
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            f"The predictions of {side.reference} cannot be read",
            where=PREDICTIONS,
            why=str(error).partition("\n")[0],
            fix="Train it again",
            code="model.predictions",
        ) from None


def _other_rows(first: pl.DataFrame, second: pl.DataFrame) -> str:
    if first.columns != second.columns:
        return "their predictions are of other classes"
    mine, theirs = first["row"], second["row"]
    if not mine.equals(theirs):
        both = len(set(mine.to_list()) & set(theirs.to_list()))
        return f"another split: {both:,} of {len(theirs):,} test rows are in both"
    if not first["truth"].equals(second["truth"]):
        return "their test rows have one number and another truth"
    return ""


def _scored(table: pl.DataFrame, task: str) -> Scored:
    import numpy as np

    truth, predicted = (table[name].to_numpy() for name in ("truth", "prediction"))
    if task == "regression":
        return Scored(truth, predicted)
    names = [name for name in table.columns if name.startswith("probability_")]
    chances = np.column_stack([table[name].to_numpy() for name in names])
    labels = tuple(name.removeprefix("probability_") for name in names)
    return Scored(truth.astype(np.str_), predicted.astype(np.str_), chances, labels)


def _about(scored: Scored, positive: str) -> Scored:
    return Scored(scored.truth, scored.predicted, scored.probabilities, scored.classes, positive)


def _positive(classes: tuple[str, ...], sides: tuple[_Side, _Side], scored: list[Scored]) -> str:
    """Find the class that the recorded figures are about: the one that gives these very figures."""
    for name in reversed(classes):
        pairs = zip(sides, scored, strict=True)
        if all(_agrees(side.figures, _about(one, name)) for side, one in pairs):
            return name
    return ""


def _agrees(recorded: Mapping[str, float], scored: Scored) -> bool:
    known = [metric.name for metric in metrics_of("binary") if metric.name in recorded]
    found = {name: _figure(name, scored) for name in known}
    return bool(found) and all(_same(value, recorded[name]) for name, value in found.items())


def _same(one: float, other: float | None) -> bool:
    if other is None or math.isnan(other) or math.isnan(one):
        return math.isnan(one) and (other is None or math.isnan(other))
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE)


def _figure(name: str, scored: Scored) -> float:
    """Return a metric on all rows; by counts of one each, which needs no scikit-learn."""
    import numpy as np

    from workbench.training.counted import counted

    return float(counted(name, scored)(np.ones((1, len(scored.truth))))[0])


def _lines(task: str, before: Scored, after: Scored) -> list[PairedLine]:
    from workbench.training.intervals import gain

    found = []
    for metric in metrics_of(task):  # type: ignore[arg-type]  # a recorded task is one of them
        was, now = _figure(metric.name, before), _figure(metric.name, after)
        how = gain(metric.name, after, before)
        verdict = BETTER if how.low > 0 else WORSE if how.high < 0 else EVEN
        # A gain is for the better whatever the direction; the difference is after minus before.
        low, high = how.low, how.high
        if metric.direction == "minimize":
            low, high = -how.high, -how.low
        found.append(
            PairedLine(
                name=metric.name,
                direction=metric.direction,
                before=was,
                after=now,
                difference=now - was,
                low=low,
                high=high,
                verdict=verdict,
            )
        )
    return found
