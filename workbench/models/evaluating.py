"""The process that measures a model on a table: reads EvaluateWork on stdin, writes Measured on stdout."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version as package_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import BadInput
from workbench.models.apart import answer
from workbench.models.contract import Signature
from workbench.models.loading import load_model
from workbench.numbers import Figure, to_figure
from workbench.text import clean
from workbench.training.metrics import HIGH, LOW, Scored, score_all

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 1_000_000
"""Rows that are predicted at the most: of more, every k-th."""
BATCH = 50_000
"""Rows that are predicted at once."""


class EvaluateWork(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told on its standard input. `positive` may be empty: the usual one."""

    path: str
    format: str
    object: str
    content: str
    signature: Signature
    table: str
    target: str
    positive: str = ""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Figures on `rows` rows, with the bounds of each; `left_out` rows have no target.

    `step` is k where every k-th row was taken. `runtime` says by what it was measured.
    """

    rows: int
    left_out: int
    step: int
    positive: str
    metrics: dict[str, Figure]
    runtime: str


def measure(work: EvaluateWork) -> Measured:
    """Load, predict and score. Raises what load_model and conform raise, BadInput for the target."""
    import polars as pl

    from workbench.training.inputs import conform
    from workbench.training.intervals import intervals

    model = load_model(Path(work.path), work.format, object=work.object, content=work.content)
    table = pl.scan_parquet(work.table, glob=False)
    schema = table.collect_schema()
    wanted = [field.name for field in work.signature.inputs if field.name in schema]
    counts = table.select(pl.len().alias("all"), pl.col(work.target).count().alias("known"))
    rows, known = counts.collect(engine="streaming").row(0)
    if known < 2:
        raise _refusal("The table has too few rows with a target", f"{known} of {rows}", work)
    step = -(-known // MOST_ROWS)
    there = table.filter(pl.col(work.target).is_not_null()).gather_every(step)
    frame = there.select(*dict.fromkeys([*wanted, work.target])).collect(engine="streaming")
    given = conform(frame, work.signature.inputs)
    if work.signature.task == "regression":
        scored = _numbers(model, given, frame[work.target], work)
    else:
        scored = _classes(model, given, frame[work.target], work)
    task: Any = work.signature.task
    figures = score_all(task, scored)
    for name, bounds in intervals(task, scored).items():
        figures |= {LOW + name: bounds.low, HIGH + name: bounds.high}
    return Measured(
        rows=frame.height,
        left_out=rows - known,
        step=step,
        positive=scored.positive,
        metrics={name: to_figure(value) for name, value in figures.items()},
        runtime=f"Python {platform.python_version()}, scikit-learn {package_version('scikit-learn')}",
    )


def _batches(ask: Any, given: pl.DataFrame) -> Any:
    import numpy as np

    parts = [np.asarray(ask(part)) for part in given.iter_slices(BATCH)]
    return np.concatenate(parts)


def _numbers(model: Any, given: pl.DataFrame, truth: pl.Series, work: EvaluateWork) -> Scored:
    import numpy as np
    import polars as pl

    if not truth.dtype.is_numeric():
        raise _refusal("The target is no number", f"it is {truth.dtype}", work)
    values = truth.cast(pl.Float64).to_numpy()
    predicted = _batches(model.predict, given).astype(np.float64).reshape(-1)
    for what, found in (("target", values), ("prediction", predicted)):
        if odd := int((~np.isfinite(found)).sum()):
            raise _refusal(f"The {what} is not finite", f"in {odd:,} of {len(found):,} rows", work)
    return Scored(values, predicted)


def _classes(model: Any, given: pl.DataFrame, truth: pl.Series, work: EvaluateWork) -> Scored:
    import numpy as np

    from workbench.training.inputs import as_labels

    own = [str(name) for name in model.classes_]
    if set(own) != set(work.signature.classes):
        why = f"its classes are {', '.join(own[:8])}, the signature says others"
        raise _refusal("The model is not what its signature says", why, work)
    # In the order of the text, as every figure has them; the model's may be that of numbers.
    order = sorted(range(len(own)), key=own.__getitem__)
    classes = tuple(own[place] for place in order)
    chances = _batches(model.predict_proba, given)[:, order].astype(np.float64)
    predicted = np.asarray(classes, dtype=np.str_)[chances.argmax(axis=1)]
    labels = as_labels(truth)
    known = {label: named(label, classes) for label in labels.unique().to_list()}
    if odd := sorted(label for label, name in known.items() if name is None):
        why = f"it knows {', '.join(classes[:8])}, the target has {', '.join(odd[:3])}"
        raise _refusal("The target has a value that the model does not know", why, work)
    positive = ""
    if work.signature.task == "binary":
        positive = _positive(work, own, classes)
    values = np.asarray([known[label] for label in labels.to_list()], dtype=np.str_)
    return Scored(values, predicted, chances, classes, positive)


def _positive(work: EvaluateWork, own: list[str], classes: tuple[str, ...]) -> str:
    """Return the class that the figures are about: the one named, else the last by the values' order."""
    if not work.positive:
        return own[-1]
    found = named(work.positive, classes)
    if found is None:
        why = f"it has {', '.join(classes[:8])}"
        raise _refusal(f"The model has no class {clean(work.positive, 60)}", why, work)
    return found


def named(label: str, classes: tuple[str, ...]) -> str | None:
    """Return the class that a value of a table means: `true` is `True`, `1` is `1.0`; None for none."""
    if label in classes:
        return label
    alike = [name for name in classes if name.casefold() == label.casefold()]
    if not alike:
        alike = [name for name in classes if _same_number(name, label)]
    return alike[0] if len(alike) == 1 else None


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _refusal(what: str, why: str, work: EvaluateWork) -> BadInput:
    return BadInput(what, where=f"column {clean(work.target, 60)}", why=clean(why, 300))


def main() -> int:
    """Do the work that comes on stdin."""
    return answer(EvaluateWork, measure, cannot="it cannot predict these rows: ", where=True)


if __name__ == "__main__":
    sys.exit(main())
